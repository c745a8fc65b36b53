package iptables

import "strings"

// saveLine reads a line of iptables-save, or of iptables -S, which has -P and
// -N instead of the lines with a colon:
//
//	*filter
//	:FORWARD ACCEPT [0:0]
//	-A FORWARD -d 169.254.169.254/32 -j DROP
//	-A OUTPUT -d 169.254.169.254/32 -p tcp -m tcp --dport 80 -m owner --uid-owner 0 -j REJECT --reject-with icmp-port-unreachable
//	[20:1192] -A OUTPUT -j KUBE-FIREWALL
//
// Written by save_rule and the save functions of the extensions, in iptables/
// and extensions/ of https://git.netfilter.org/iptables (v1.8.9).
func (p *parser) saveLine(s string) {
	switch s[0] {
	case '*':
		p.torn = p.torn || p.open != ""
		p.table, p.open, p.chain = s[1:], s[1:], ""
		return
	case ':':
		p.saveChain(s[1:])
		return
	}
	var c Counters
	if s[0] == '[' {
		head, rest, ok := strings.Cut(s[1:], "] ")
		if c = saveCounters(head); !ok || !c.Known {
			p.rules.Notes.Add(p.num, s)
			return
		}
		s = rest
	}
	p.args = tokens(p.args[:0], s)
	switch {
	case len(p.args) >= 2 && p.args[0].text == "-A":
		p.add(p.saveRule(s, c))
	case len(p.args) >= 3 && p.args[0].text == "-P":
		p.addChain(Chain{Line: p.num, Table: p.table, Name: p.args[1].text, Policy: p.args[2].text, References: -1})
	case len(p.args) == 2 && p.args[0].text == "-N":
		p.addChain(Chain{Line: p.num, Table: p.table, Name: p.args[1].text, References: -1})
	default:
		p.rules.Notes.Add(p.num, s)
	}
}

// saveChain reads what follows the colon: "FORWARD ACCEPT [0:0]".
func (p *parser) saveChain(s string) {
	f := strings.Fields(s)
	if len(f) < 2 {
		p.rules.Notes.Add(p.num, ":"+s)
		return
	}
	c := Chain{Line: p.num, Table: p.table, Name: f[0], References: -1}
	if f[1] != "-" {
		c.Policy = f[1]
	}
	if len(f) > 2 {
		c.Counters = saveCounters(strings.Trim(f[2], "[]"))
	}
	// Without --counters iptables-save writes [0:0] for every chain.
	c.Known = c.Known && c.Packets+c.Bytes > 0
	p.addChain(c)
}

// saveCounters reads "20:1192".
func saveCounters(s string) Counters {
	a, b, _ := strings.Cut(s, ":")
	pkts, ok1 := number(a)
	bytes, ok2 := number(b)
	return Counters{ok1 && ok2, pkts, bytes}
}

// saveRule reads the options after "-A CHAIN" in p.args, the tokens of s.
func (p *parser) saveRule(s string, c Counters) Rule {
	r := Rule{Line: p.num, Table: p.table, Chain: p.args[1].text, Counters: c}
	o := options{line: s, args: p.args[2:], rule: &r}
	for o.next() {
	}
	return r
}

// options walks over the options of a rule. Conditions that it does not know
// run from their "-m" (or "!") to the next option that it does know.
type options struct {
	line string
	args []token
	rule *Rule

	not     bool
	notAt   int  // where the "!" stands
	inTail  bool // after -j: unknown options are the target's
	rawFrom int
	rawTo   int // 0: no unknown condition is open
}

// next reads one option and its values; false at the end.
func (o *options) next() bool {
	if len(o.args) == 0 {
		o.closeRaw()
		return false
	}
	t := o.args[0]
	if t.text == "!" && !t.quoted {
		o.not, o.notAt = true, t.start
		o.args = o.args[1:]
		return true
	}
	if t.quoted || !o.known(t) {
		o.unknown(t)
	}
	o.not = false
	return true
}

// known reads the option if it is one of those with a field in Rule.
func (o *options) known(t token) bool {
	r := o.rule
	switch t.text {
	case "-s", "--source", "--src":
		return o.addr(&r.Src)
	case "-d", "--destination", "--dst":
		return o.addr(&r.Dst)
	case "--src-range":
		return o.addr(&r.Src)
	case "--dst-range":
		return o.addr(&r.Dst)
	case "-i", "--in-interface":
		return o.value(func(v string, not bool) { r.In = iface(v, not) })
	case "-o", "--out-interface":
		return o.value(func(v string, not bool) { r.Out = iface(v, not) })
	case "-p", "--protocol", "--proto":
		return o.value(func(v string, not bool) { r.Proto, r.NotProto = proto(v), not })
	case "--sport", "--source-port", "--sports", "--source-ports":
		return o.value(func(v string, not bool) { r.SrcPorts = ports(v, not) })
	case "--dport", "--destination-port", "--dports", "--destination-ports":
		return o.value(func(v string, not bool) { r.DstPorts = ports(v, not) })
	case "--uid-owner":
		return o.value(func(v string, not bool) { w := owner(r); w.UID, w.NotUID = v, not })
	case "--gid-owner":
		return o.value(func(v string, not bool) { w := owner(r); w.GID, w.NotGID = v, not })
	case "--comment":
		return o.value(func(v string, _ bool) { r.Comment = v })
	case "-m", "--match":
		return o.startModule(t)
	case "-j", "--jump", "-g", "--goto":
		if o.inTail {
			return false
		}
		ok := o.value(func(v string, _ bool) { r.Target = v })
		r.Goto = t.text == "-g" || t.text == "--goto"
		o.inTail = ok
		return ok
	}
	return false
}

// value takes the option's value. iptables before 1.4.3 wrote the "!" between
// the option and the value.
func (o *options) value(set func(v string, not bool)) bool {
	args, not := o.args[1:], o.not
	if len(args) > 1 && args[0].text == "!" && !args[0].quoted {
		args, not = args[1:], true
	}
	if len(args) == 0 {
		return false
	}
	o.closeRaw()
	set(args[0].text, not)
	o.args = args[1:]
	return true
}

// addr takes an address; a second one on the same side (-d and --dst-range)
// stays a condition as written, as a rule has one field for them.
func (o *options) addr(a *Addr) bool {
	if !a.Any() {
		return false
	}
	return o.value(func(v string, not bool) { *a = addr(v, not) })
}

// modules are those whose options are all read above. The name of any other
// one stays in the text of its condition.
var modules = map[string]bool{"tcp": true, "udp": true, "comment": true, "multiport": true, "owner": true, "iprange": true}

// startModule reads "-m NAME".
func (o *options) startModule(t token) bool {
	if len(o.args) < 2 {
		return false
	}
	o.closeRaw()
	if name := o.args[1]; !modules[name.text] {
		o.rawFrom, o.rawTo = t.start, name.end
	}
	o.args = o.args[2:]
	return true
}

// unknown adds the token to the open condition, or opens one.
func (o *options) unknown(t token) {
	if o.rawTo == 0 {
		o.rawFrom = t.start
		if o.not {
			o.rawFrom = o.notAt
		}
	}
	o.rawTo = t.end
	o.args = o.args[1:]
}

// closeRaw keeps the open condition, or the target's arguments.
func (o *options) closeRaw() {
	if o.rawTo == 0 {
		return
	}
	raw := o.line[o.rawFrom:o.rawTo]
	o.rawTo = 0
	if !o.inTail {
		o.rule.Matches = append(o.rule.Matches, raw)
		return
	}
	if o.rule.TargetArgs != "" {
		raw = o.rule.TargetArgs + " " + raw
	}
	o.rule.TargetArgs = raw
}

// A token is a word of a line, without its quotes.
type token struct {
	text       string
	start, end int
	quoted     bool
}

// tokens splits at blanks, but not inside "...", where a backslash hides the
// next character. The words are parts of s where nothing is hidden in them.
func tokens(out []token, s string) []token {
	for i := 0; ; {
		for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
			i++
		}
		if i == len(s) {
			return out
		}
		t := token{start: i}
		if s[i] == '"' {
			t.quoted = true
			t.text, i = unquote(s, i+1)
		} else {
			for i < len(s) && s[i] != ' ' && s[i] != '\t' {
				i++
			}
			t.text = s[t.start:i]
		}
		t.end = i
		out = append(out, t)
	}
}

// unquote returns the text from i to the closing quote and the place after it.
func unquote(s string, i int) (string, int) {
	start := i
	for i < len(s) && s[i] != '"' && s[i] != '\\' {
		i++
	}
	if i == len(s) || s[i] == '"' {
		return s[start:i], min(i+1, len(s))
	}
	b := []byte(s[start:i])
	for i < len(s) && s[i] != '"' {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
		i++
	}
	return string(b), min(i+1, len(s))
}
