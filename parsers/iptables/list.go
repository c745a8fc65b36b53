package iptables

import (
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/internal/rows"
	"github.com/eksleuth/eksleuth/parsers/internal/size"
)

// columns says which columns a listing has. -v adds the counters and the
// interfaces, --line-numbers the first one.
type columns struct{ num, counters, ifaces bool }

// chainHead reads the first line of a chain. The numbers of its policy are
// those of the packets that no rule decided.
//
//	Chain FORWARD (policy ACCEPT 0 packets, 0 bytes)
//	Chain OUTPUT (policy ACCEPT)
//	Chain KUBE-FIREWALL (2 references)
func (p *parser) chainHead(s string) {
	p.rules.Listing = true
	name, info, ok := strings.Cut(strings.TrimPrefix(s, "Chain "), " (")
	if !ok {
		p.rules.Notes.Add(p.num, s)
		return
	}
	p.chain, p.columns = name, columns{}
	c := Chain{Line: p.num, Table: p.table, Name: name, References: -1}
	f := strings.Fields(strings.TrimRight(info, ") "))
	switch {
	case len(f) >= 2 && f[0] == "policy":
		c.Policy = f[1]
		if len(f) >= 6 {
			c.Counters = listCounters(f[2], f[4])
		}
	case len(f) >= 2 && strings.HasPrefix(f[1], "reference"):
		if n, ok := number(f[0]); ok {
			c.References = int(min(n, 1<<31-1))
		}
	}
	p.addChain(c)
}

// listLine reads a line below the head of a chain; false if it is no rule.
//
//	pkts bytes target     prot opt in     out     source               destination
//	  20  1192 REJECT     6    --  *      *       0.0.0.0/0            169.254.169.254      tcp dpt:80 owner UID match 0 reject-with icmp-port-unreachable
//	   0     0            all  --  *      *       0.0.0.0/0            0.0.0.0/0
//
// and of a plain iptables -L
//
//	target     prot opt source               destination
//	REJECT     tcp  --  anywhere             169.254.169.254      owner UID match 1000-10000 reject-with icmp-port-unreachable
//
// Written by print_rule in iptables/iptables.c, ip6tables.c and nft-shared.c
// of https://git.netfilter.org/iptables (v1.8.4, v1.8.9). The column opt is
// blank in ip6tables of the old kind; the target may be blank everywhere.
func (p *parser) listLine(s string) bool {
	f := &rows.Words{Rest: s}
	first := f.Peek()
	if first == "num" || first == "pkts" || first == "target" {
		head := " " + strings.Join(strings.Fields(s), " ") + " "
		p.columns = columns{
			num:      strings.Contains(head, " num "),
			counters: strings.Contains(head, " pkts bytes "),
			ifaces:   strings.Contains(head, " in out "),
		}
		return true
	}
	r := Rule{Line: p.num, Table: p.table, Chain: p.chain}
	if p.columns.num {
		f.Next()
	}
	if p.columns.counters {
		r.Counters = listCounters(f.Next(), f.Next())
		if !r.Known {
			return false
		}
	}
	if !p.listColumns(f, &r) {
		return false
	}
	listExtras(&r, strings.TrimSpace(f.Rest))
	p.add(r)
	return true
}

// listColumns reads the columns from target to destination.
func (p *parser) listColumns(f *rows.Words, r *Rule) bool {
	var word string
	if r.Target, word = targetOf(f); word == "" {
		return false
	}
	not := strings.HasPrefix(word, "!")
	r.Proto = proto(strings.TrimPrefix(word, "!"))
	r.NotProto = not && r.Proto != ""
	switch opt := f.Peek(); opt {
	case "--":
		f.Next()
	case "-f", "!f":
		r.Matches = append(r.Matches, strings.Replace(f.Next(), "!f", "! -f", 1))
	}
	if p.columns.ifaces {
		r.In = listIface(f.Next())
		r.Out = listIface(f.Next())
	}
	src, dst := f.Next(), f.Next()
	r.Src, r.Dst = listAddr(src), listAddr(dst)
	return dst != ""
}

// targetOf reads the columns target, which may be blank, and prot, which is "" if
// there is none. The column opt tells where prot ends, else the protocol itself.
func targetOf(f *rows.Words) (target, prot string) {
	save := f.Rest
	first := f.Next()
	behind := f.Rest
	second := f.Next()
	switch third := f.Peek(); {
	case isOpt(second) || !isOpt(third) && isProto(first) && (!isProto(second) || second == "0"):
		f.Rest = behind
		return "", first
	case isOpt(third) || isProto(second):
		return first, second
	}
	f.Rest = save
	return "", ""
}

func isOpt(s string) bool { return s == "--" || s == "-f" || s == "!f" }

// listExtras reads what follows the destination: the conditions of the
// extensions, a comment, and the arguments of the target, in one line of words.
//
//	/* kube-system/metrics-server:https has no endpoints */ tcp dpt:443 reject-with icmp-port-unreachable
//	multiport dports 80,443 ! owner UID match 0-999
//	/* AWS, SNAT */ ADDRTYPE match dst-type !LOCAL to:10.0.7.118 random-fully
func listExtras(r *Rule, s string) {
	s = takeComment(r, s)
	f := &rows.Words{Rest: s}
	var raw []string
	for {
		not := false
		word := f.Next()
		if word == "!" {
			not, word = true, f.Next()
		}
		if word == "" {
			break
		}
		if isTargetArg(r.Target, word) {
			r.TargetArgs = strings.TrimSpace(word + " " + strings.TrimSpace(f.Rest))
			break
		}
		if word == "[goto]" {
			r.Goto = true
			continue
		}
		if listKnown(r, f, word, not) {
			continue
		}
		if not {
			raw = append(raw, "!")
		}
		raw = append(raw, word)
	}
	if t, ok := strings.CutSuffix(r.TargetArgs, "[goto]"); ok {
		r.TargetArgs, r.Goto = strings.TrimSpace(t), true
	}
	if len(raw) > 0 {
		r.Matches = append(r.Matches, strings.Join(raw, " "))
	}
}

// listKnown reads a condition that has a field in Rule.
func listKnown(r *Rule, f *rows.Words, word string, not bool) bool {
	if v, ok := cutPort(word, "dpt"); ok {
		r.DstPorts = listPorts(v, not)
		return true
	}
	if v, ok := cutPort(word, "spt"); ok {
		r.SrcPorts = listPorts(v, not)
		return true
	}
	switch word {
	case "tcp", "udp":
		// The name of the extension before its ports.
		next := f.Peek()
		return strings.HasPrefix(next, "dpt") || strings.HasPrefix(next, "spt")
	case "multiport":
		return listMultiport(r, f, not)
	case "owner":
		return listOwner(r, f, not)
	case "source", "destination":
		return listRange(r, f, word, not)
	}
	return false
}

// cutPort reads "dpt:80" and "dpts:80:90".
func cutPort(word, kind string) (string, bool) {
	v, ok := strings.CutPrefix(word, kind)
	if !ok {
		return "", false
	}
	return strings.CutPrefix(strings.TrimPrefix(v, "s"), ":")
}

// listMultiport reads "multiport dports 80,443" after its first word.
func listMultiport(r *Rule, f *rows.Words, not bool) bool {
	save := f.Rest
	kind, v := f.Next(), f.Next()
	switch {
	case v == "" || strings.HasPrefix(v, "0x"):
	case kind == "dports":
		r.DstPorts = listPorts(v, not)
		return true
	case kind == "sports":
		r.SrcPorts = listPorts(v, not)
		return true
	}
	f.Rest = save
	return false
}

// listOwner reads "owner UID match 0" after its first word.
func listOwner(r *Rule, f *rows.Words, not bool) bool {
	save := f.Rest
	kind, match, v := f.Next(), f.Next(), f.Next()
	if match == "match" && v != "" {
		switch kind {
		case "UID":
			w := owner(r)
			w.UID, w.NotUID = v, not
			return true
		case "GID":
			w := owner(r)
			w.GID, w.NotGID = v, not
			return true
		}
	}
	f.Rest = save
	return false
}

// listRange reads "destination IP range 169.254.0.0-169.254.255.255".
func listRange(r *Rule, f *rows.Words, side string, not bool) bool {
	save := f.Rest
	ip, rang, v := f.Next(), f.Next(), f.Next()
	a := &r.Src
	if side == "destination" {
		a = &r.Dst
	}
	if ip != "IP" || rang != "range" || v == "" || !a.Any() {
		f.Rest = save
		return false
	}
	*a = addr(v, not)
	return true
}

// isTargetArg reports whether word starts the arguments of a target.
func isTargetArg(target, word string) bool {
	switch target {
	case "REJECT":
		return word == "reject-with"
	case "DNAT", "SNAT":
		return strings.HasPrefix(word, "to:")
	case "REDIRECT":
		return word == "redir"
	case "MARK", "CONNMARK", "LOG", "NFLOG", "TPROXY", "CT", "CLASSIFY", "TCPMSS":
		return word == target
	case "MASQUERADE":
		return word == "masq" || strings.HasPrefix(word, "random")
	}
	return false
}

// takeComment cuts "/* ... */" out of s. The text of a comment may hold "*/"
// itself; what is behind its first one is then taken for conditions.
func takeComment(r *Rule, s string) string {
	before, rest, ok := strings.Cut(s, "/* ")
	if !ok {
		return s
	}
	text, after, ok := strings.Cut(rest, " */")
	if !ok {
		r.Comment = rest
		return before
	}
	r.Comment = text
	return before + after
}

// listCounters reads two numbers of a listing.
func listCounters(pkts, bytes string) Counters {
	p, ok1 := size.Counter(pkts)
	b, ok2 := size.Counter(bytes)
	return Counters{ok1 && ok2, p, b}
}

// number reads a plain decimal number.
func number(s string) (uint64, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 63)
	return n, err == nil
}
