package imdsblock

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/iptables"
)

// find returns the rules of a file that keep requests from the service, and
// sentences about those that would if an earlier rule let any request come to
// them.
func find(file string, rules *iptables.Ruleset) (blocks []*block, void []string) {
	ip := imds4
	if rules.V6 {
		ip = imds6
	}
	w := &walk{file: file, ip: ip, chains: map[name][]int{}, rules: rules.Rules, found: map[int]*block{}, void: map[int]string{}}
	for i := range rules.Rules {
		r := &rules.Rules[i]
		w.chains[name{r.Table, r.Chain}] = append(w.chains[name{r.Table, r.Chain}], i)
	}
	for _, table := range []string{"raw", "mangle", "nat", "filter", "security"} {
		for _, base := range []string{"PREROUTING", "FORWARD", "OUTPUT", "POSTROUTING"} {
			w.follow(table, base)
		}
		for _, base := range []string{"PREROUTING", "INPUT", "FORWARD"} {
			w.answers(table, base)
		}
	}
	w.unreached()
	for i := range rules.Rules {
		if b := w.found[i]; b != nil {
			blocks = append(blocks, b)
		} else if s := w.void[i]; s != "" {
			void = append(void, s)
		}
	}
	return blocks, void
}

// A name is that of a chain.
type name struct{ table, chain string }

// A walk follows requests through the rules of a file.
type walk struct {
	file   string
	ip     netip.Addr
	rules  []iptables.Rule
	chains map[name][]int
	found  map[int]*block
	void   map[int]string // rules that no request comes to
	taken  int
}

// maxTaken is how many rules of a file are looked at closely. Nodes have one or
// two; for each one the rules before it are read again.
const maxTaken = 200

// A step is a chain on the way, with the jump that named the service on the
// way to it; -1 when none did.
type step struct {
	chain string
	via   int
}

// follow walks from a base chain to all chains that a request may come to. A
// chain is entered at most twice: named and not.
func (w *walk) follow(table, base string) {
	type key struct {
		chain string
		named bool
	}
	seen := map[key]bool{}
	queue := []step{{base, -1}}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		if k := (key{s.chain, s.via >= 0}); seen[k] {
			continue
		} else {
			seen[k] = true
		}
		for _, i := range w.chains[name{table, s.chain}] {
			r := &w.rules[i]
			if !w.request(r) {
				continue
			}
			via := s.via
			if via < 0 && !r.Dst.Any() {
				via = i
			}
			switch {
			case !blocks(r, table):
				if _, ok := w.chains[name{table, r.Target}]; ok {
					queue = append(queue, step{r.Target, via})
				}
			case via >= 0:
				w.take(i, via, base)
			}
		}
	}
}

// request reports whether a request may match the rule.
func (w *walk) request(r *iptables.Rule) bool {
	return tcp(r) && r.Dst.Contains(w.ip) && r.DstPorts.Contains(80) && !answersOnly(r)
}

// tcp reports whether the rule may match tcp.
func tcp(r *iptables.Rule) bool { return r.Proto == "" || (r.Proto == "tcp") != r.NotProto }

// blocks reports whether a rule ends the way of a packet.
func blocks(r *iptables.Rule, table string) bool {
	switch r.Target {
	case "DROP", "REJECT":
		return true
	case "DNAT", "REDIRECT":
		return table == "nat"
	case "TPROXY":
		return table == "mangle"
	}
	return false
}

// take notes that the rule i takes requests that come from a base chain. Via is
// the rule on the way that named the service, often i itself.
func (w *walk) take(i, via int, base string) {
	if w.taken++; w.taken > maxTaken {
		return
	}
	if s := w.shadow(i, newConn); s != "" {
		w.void[i] = s
		return
	}
	if via != i {
		if s := w.shadow(via, newConn); s != "" {
			w.void[i] = s
			return
		}
	}
	b := w.block(i)
	host, pods := base == "OUTPUT" || base == "POSTROUTING", base != "OUTPUT"
	for _, on := range slices.Compact([]int{via, i}) {
		b.limit(&w.rules[on])
		b.except(w, on)
	}
	if host {
		b.host = max(b.host, b.extent(&w.rules[via], &w.rules[i], true))
		b.sparesRoot = b.sparesRoot || !w.rules[via].Owner.Root() || !w.rules[i].Owner.Root()
	}
	if pods {
		b.pods = max(b.pods, b.extent(&w.rules[via], &w.rules[i], false))
	}
	if at := (parsers.Pos{File: w.file, Line: w.rules[via].Line}); !slices.Contains(b.at, at) {
		b.at = append(b.at, at)
	}
}

// block returns the block of a rule, made at the first call.
func (w *walk) block(i int) *block {
	r := w.rules[i]
	if b := w.found[i]; b != nil {
		return b
	}
	w.found[i] = &block{rule: r, ip: w.ip, at: []parsers.Pos{{File: w.file, Line: r.Line}}, packets: r.Packets, counted: r.Known}
	return w.found[i]
}

// extent is how much of the requests both rules take.
func (b *block) extent(via, r *iptables.Rule, host bool) extent {
	for _, r := range []*iptables.Rule{via, r} {
		if host && !r.Owner.Root() || !host && r.Owner != nil || len(conditions(r)) > 0 {
			return some
		}
	}
	if host && b.freeRoot || !host && b.freePods {
		return some
	}
	return most
}

// limit notes the conditions of a rule that only some requests meet.
func (b *block) limit(r *iptables.Rule) {
	for _, c := range conditions(r) {
		if len(b.partial) < 4 && !slices.Contains(b.partial, c) {
			b.partial = append(b.partial, c)
		}
	}
}

// conditions are those of a rule that do not hold for every request: other
// than the destination, the owner, and what each new connection has.
func conditions(r *iptables.Rule) []string {
	var out []string
	if !r.Src.Any() && !r.Src.Not {
		out = append(out, "from "+r.Src.String())
	}
	if r.In.Name != "" && !podSide(r.In) {
		out = append(out, "in through "+signed(r.In))
	}
	if r.Out.Name != "" && !r.Out.Not {
		out = append(out, "out through "+signed(r.Out))
	}
	if r.SrcPorts.Text != "" {
		out = append(out, "from port "+r.SrcPorts.Text)
	}
	for _, m := range r.Matches {
		if !stateHas(m, newConn) && !strings.Contains(m, "--tcp-flags") && !strings.Contains(m, "--syn") && !strings.Contains(m, "flags:") {
			out = append(out, "with "+m)
		}
	}
	return out
}

// podSide reports whether an interface condition holds for the veth of every
// pod: their names start with eni or vlan with the VPC CNI. A condition that
// leaves an interface out leaves out the node's own.
func podSide(i iptables.Iface) bool {
	return i.Not || slices.Contains([]string{"eni+", "veth+", "cali+", "lxc+", "cni+"}, i.Name)
}

func signed(i iptables.Iface) string {
	if i.Not {
		return "all but " + i.Name
	}
	return i.Name
}

// The states of a connection that a request and an answer belong to.
const (
	newConn     = "NEW"
	established = "ESTABLISHED"
)

// stateHas reports whether a match is one on the state of the connection that
// holds for a state: "-m conntrack --ctstate NEW", in a listing "ctstate NEW".
func stateHas(match, state string) bool {
	states, not, ok := connState(match)
	return ok && strings.Contains(","+states+",", ","+state+",") != not
}

// connState reads the states of a match.
func connState(match string) (states string, not, ok bool) {
	f := strings.Fields(match)
	for i, w := range f {
		if (w == "--ctstate" || w == "--state" || w == "ctstate" || w == "state") && i+1 < len(f) {
			return f[i+1], i > 0 && f[i-1] == "!", true
		}
	}
	return "", false, false
}

// answersOnly reports a rule that never sees the first packet of a connection.
func answersOnly(r *iptables.Rule) bool {
	for _, m := range r.Matches {
		if _, _, ok := connState(m); ok && !stateHas(m, newConn) {
			return true
		}
	}
	return false
}

// passes reports that a rule ends the chain for the packets it matches and
// lets them go on.
func passes(r *iptables.Rule) bool { return r.Target == "ACCEPT" || r.Target == "RETURN" }

// before calls f for the rules of i's chain that stand before i.
func (w *walk) before(i int, f func(r *iptables.Rule) (more bool)) {
	for _, j := range w.chains[name{w.rules[i].Table, w.rules[i].Chain}] {
		if j == i || !f(&w.rules[j]) {
			return
		}
	}
}

// shadow says which earlier rule of the chain lets every packet of that state
// through, so that none comes to rule i.
func (w *walk) shadow(i int, state string) (why string) {
	w.before(i, func(r *iptables.Rule) bool {
		if passes(r) && w.always(r, state) {
			why = fmt.Sprintf("%s:%d is never reached: line %d lets the same traffic through first", w.file, w.rules[i].Line, r.Line)
		}
		return why == ""
	})
	return why
}

// always reports that a rule matches every packet of a request, or with
// ESTABLISHED of an answer.
func (w *walk) always(r *iptables.Rule, state string) bool {
	if !tcp(r) || r.Owner != nil || r.In.Name != "" || r.Out.Name != "" {
		return false
	}
	for _, m := range r.Matches {
		if !stateHas(m, state) {
			return false
		}
	}
	if state == established {
		return r.Dst.Any() && r.DstPorts.Text == "" && r.Src.Contains(w.ip) && r.SrcPorts.Contains(80)
	}
	return r.Src.Any() && r.SrcPorts.Text == "" && r.Dst.Contains(w.ip) && r.DstPorts.Contains(80)
}

// except notes earlier rules of the chain that let some requests through: for
// root, for a daemon, for a range of pods.
func (b *block) except(w *walk, i int) {
	w.before(i, func(r *iptables.Rule) bool {
		if passes(r) && w.request(r) && (!r.Dst.Any() || r.Owner != nil) && len(b.against) < 3 {
			b.freeRoot = b.freeRoot || r.Owner.Root()
			b.freePods = b.freePods || r.Owner == nil
			b.sparesRoot = b.sparesRoot || r.Owner != nil && r.Owner.Root() && len(conditions(r)) == 0
			s := fmt.Sprintf("line %d lets %s through first", r.Line, whom(r))
			if !slices.Contains(b.against, s) {
				b.against = append(b.against, s)
			}
		}
		return true
	})
}

// whom names the requests that a rule lets through.
func whom(r *iptables.Rule) string {
	if o := owner(r); o != "" {
		return o
	}
	if c := conditions(r); len(c) > 0 {
		return "requests " + c[0]
	}
	return "requests"
}

// answers looks for rules that drop what the service answers.
func (w *walk) answers(table, base string) {
	for _, i := range w.chains[name{table, base}] {
		r := &w.rules[i]
		if r.Src.Any() || r.Src.Not || !r.Src.Contains(w.ip) || !r.Dst.Any() || !tcp(r) || !r.SrcPorts.Contains(80) || r.DstPorts.Text != "" {
			continue
		}
		if r.Target != "DROP" && r.Target != "REJECT" || newOnly(r) {
			continue
		}
		if w.taken++; w.taken > maxTaken {
			return
		}
		if s := w.shadow(i, established); s != "" {
			w.void[i] = s
			continue
		}
		b := w.block(i)
		reach := most
		if len(r.Matches) > 0 || r.In.Name != "" && r.In.Not {
			reach = some
		}
		if base != "FORWARD" {
			b.host = max(b.host, reach)
		}
		if base != "INPUT" {
			b.pods = max(b.pods, reach)
		}
	}
}

// newOnly reports a rule that never sees an answer.
func newOnly(r *iptables.Rule) bool {
	for _, m := range r.Matches {
		if _, _, ok := connState(m); ok && !stateHas(m, established) {
			return true
		}
	}
	return false
}

// unreached notes rules that name the service and to which no base chain leads.
func (w *walk) unreached() {
	for i := range w.rules {
		r := &w.rules[i]
		if w.taken > maxTaken || w.found[i] != nil || w.void[i] != "" || r.Dst.Any() || r.Dst.Not || !blocks(r, r.Table) || !w.request(r) {
			continue
		}
		w.taken++
		b := w.block(i)
		b.unused = "requests do not come to this chain"
		if r.Chain == "INPUT" {
			b.unused = "INPUT sees no packets to the service"
		}
	}
}
