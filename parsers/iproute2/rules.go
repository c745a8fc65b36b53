package iproute2

import (
	"bytes"
	"net/netip"
	"path"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Rules are the policy rules of a family, in the order in which they are tried.
type Rules struct {
	V6    bool
	Rules []Rule
	Cut   bool       // there were more than are kept
	Notes rows.Notes // lines that are none
}

// A Rule is a line of ip rule show.
type Rule struct {
	Line     int
	Priority uint32
	Not      bool         // the action is for packets that do not fit
	From, To netip.Prefix // not valid: all
	Mark     uint32       // the packet's mark, under Mask, has to be this
	Mask     uint32       // 0: any mark
	In, Out  string       // interfaces; "" is any
	Action   Action
	Table    string // of Lookup: "main", "local", "2"
	Goto     uint32 // of Goto: the priority
	Rest     string // more conditions and words, as written
}

// An Action is what a rule does with a packet.
type Action string

// The actions of rules.
const (
	Lookup      Action = "lookup"
	Unreachable Action = "unreachable"
	Prohibit    Action = "prohibit"
	Blackhole   Action = "blackhole"
	Goto        Action = "goto"
	Nop         Action = "nop"
)

// Plain reports that a rule holds for the packets of its addresses, whatever
// else they are.
func (r *Rule) Plain() bool {
	return !r.Not && r.Mask == 0 && r.In == "" && r.Out == "" && r.Rest == ""
}

// ParseRules reads a file of rules. The VPC CNI writes 512 for each pod, 1024
// for marked packets and 1536 for pods of secondary interfaces.
//
//	0:	from all lookup local
//	512:	from all to 10.0.8.239 lookup main
//	1024:	from all fwmark 0x80/0x80 lookup main
//	1025:	not from all to 10.0.0.0/16 lookup 2
//	1536:	from 10.0.97.30 lookup 2
func ParseRules(file string, text []byte) (*Rules, error) {
	r, num := &Rules{V6: strings.Contains(path.Base(file), "6")}, 0
	for raw := range bytes.Lines(text) {
		line := string(raw) // what is kept holds one line in memory, not the file
		num++
		line = strings.TrimSpace(line)
		rule, ok := parseRule(line, num)
		switch {
		case line == "":
		case !ok:
			r.Notes.Add(num, line)
		case len(r.Rules) == maxRows:
			r.Cut = true
		default:
			r.Rules = append(r.Rules, rule)
		}
	}
	if len(r.Rules) == 0 {
		return nil, noRows(file, "rules")
	}
	return r, nil
}

func parseRule(line string, num int) (Rule, bool) {
	prio, rest, ok := strings.Cut(line, ":")
	n, ok2 := number(prio)
	r := Rule{Line: num, Priority: n}
	if len(line) > maxLine || !digits(prio) {
		return r, false
	}
	w := words{left: strings.Fields(rest)}
	if !ok || !ok2 || len(w.left) == 0 {
		return r, false
	}
	for s := w.next(); s != ""; s = w.next() {
		r.word(s, &w)
	}
	r.Rest = w.rest()
	return r, true
}

// word reads a word and its value.
func (r *Rule) word(s string, w *words) {
	switch s {
	case "not":
		r.Not = true
	case "from":
		w.selector(s, &r.From)
	case "to":
		w.selector(s, &r.To)
	case "fwmark":
		r.fwmark(w)
	case "iif", "dev":
		r.In = w.next()
	case "oif":
		r.Out = w.next()
	case "lookup", "table":
		r.Action, r.Table = Lookup, w.next()
	case "goto":
		if w.number(s, &r.Goto) {
			r.Action = Goto
		}
	case "unreachable", "prohibit", "blackhole", "nop":
		r.Action = Action(s)
	default:
		w.unknown(s)
	}
}

// selector reads the value of from and to.
func (w *words) selector(word string, p *netip.Prefix) {
	if w.peek() == "all" {
		w.next()
		return
	}
	v, ok := prefix(w.peek())
	if !ok {
		w.unknown(word)
		return
	}
	*p = v
	w.next()
}

// fwmark reads "0x80/0x80", or "0x5", which is under the mask of all bits.
func (r *Rule) fwmark(w *words) {
	mark, mask, masked := strings.Cut(w.peek(), "/")
	m, ok := number(mark)
	k, ok2 := ^uint32(0), true
	if masked {
		k, ok2 = number(mask)
	}
	if !ok || !ok2 {
		w.unknown("fwmark")
		return
	}
	w.next()
	r.Mark, r.Mask = m, k
}
