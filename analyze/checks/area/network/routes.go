package network

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/sysctl"
)

func routesState(r *area.Reader) {
	forwarding(r)
	if files := inOrder(analyze.Facts[iproute2.Routes](r.Pass)); len(files) == 0 {
		r.NotJudged("routes", whole.Absent(r.Pass, "networking/iproute.txt"))
	} else {
		mainTable(r, files)
		otherTables(r, files)
	}
	if files := analyze.Facts[iproute2.Rules](r.Pass); len(files) == 0 {
		r.NotJudged("routing rules", whole.Absent(r.Pass, "networking/iprule.txt"))
	} else {
		routingRules(r, files)
	}
}

// forwarding tells the parameters without which no packet of a pod is routed.
func forwarding(r *area.Reader) {
	parameters(r, "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding", "net.ipv4.conf.all.rp_filter")
}

// parameters tells parameters of the kernel that the bundle has.
func parameters(r *area.Reader, names ...string) {
	f := area.First[sysctl.Params](r, nil)
	if f == nil {
		r.NotJudged(strings.Join(names, ", "), whole.Absent(r.Pass, "sysctls/sysctl_all.txt"))
		return
	}
	for _, name := range names {
		if v, ok := f.Value.Get(name); ok {
			r.Say(name, strings.ReplaceAll(v.Value, "\t", " "), at(f.Path, v.Line))
		}
	}
}

// toPod reports a route of the VPC CNI to one pod. Amazon Linux 2 has one of the same
// form to the metadata service:
//
//	169.254.169.254 dev eth0
//	172.31.3.129 dev eni1e3dd7d66d7 scope link
func toPod(x *iproute2.Route) bool {
	if x.Dst.IsValid() && x.Dst.Addr().IsLinkLocalUnicast() {
		return false
	}
	return x.Dst.IsValid() && x.Dst.IsSingleIP() && !x.Via.IsValid() && !x.Src.IsValid() && x.Type == "unicast" && x.Dev != ""
}

// inOrder puts iproute.txt, which has IPv6 behind IPv4, before ip6route.txt, which
// has IPv6 again.
func inOrder(files []analyze.FileFact[iproute2.Routes]) []analyze.FileFact[iproute2.Routes] {
	slices.Reverse(files)
	return files
}

// mainTable lists the routes of the main table, those to pods as a number.
func mainTable(r *area.Reader, files []analyze.FileFact[iproute2.Routes]) {
	t := r.Table("main table", area.Text("to"), area.Text("via"), area.Text("device"), area.Text("proto"))
	pods, links := 0, 0
	var first, firstLink parsers.Pos
	seen := map[string]bool{}
	for _, f := range files {
		for i := range f.Value.Routes {
			x := &f.Value.Routes[i]
			if x.Table != "main" || seen[routeKey(x)] {
				continue
			}
			seen[routeKey(x)] = true // iproute.txt has IPv6 too, and ip6route.txt again
			switch {
			case toPod(x):
				if pods++; pods == 1 {
					first = at(f.Path, x.Line)
				}
				continue
			case x.V6 && x.Dst.Addr().IsLinkLocalUnicast(): // one for each interface
				if links++; links == 1 {
					firstLink = at(f.Path, x.Line)
				}
				continue
			}
			t.Row(at(f.Path, x.Line), destination(x), gateway(x), devices(x), cmp.Or(x.Proto, "-"))
		}
	}
	for _, f := range files {
		if f.Value.Cut {
			r.NotJudged("the last routes", f.Path+" has more than are kept")
		}
	}
	if pods == 0 {
		first = at(files[0].Path, 0)
	}
	r.Count("routes to pods", int64(pods), "routes", first)
	if links > 0 {
		r.Count("link-local of IPv6", int64(links), "routes", firstLink)
	}
}

func routeKey(x *iproute2.Route) string {
	return fmt.Sprint(x.V6, x.Table, x.Type, x.Dst, x.Via, x.Dev, x.Metric)
}

func destination(x *iproute2.Route) string {
	words := x.Dst.String()
	if x.Default() {
		words = "default"
		if x.V6 {
			words = "default (IPv6)"
		}
	}
	if x.Type != "unicast" {
		words = x.Type + " " + words
	}
	return words
}

func gateway(x *iproute2.Route) string {
	if x.Via.IsValid() {
		return x.Via.String()
	}
	var all []string
	for _, n := range x.Nexthops {
		if n.Via.IsValid() {
			all = append(all, n.Via.String())
		}
	}
	return cmp.Or(strings.Join(all, " "), "-")
}

func devices(x *iproute2.Route) string {
	all := []string{x.Dev}
	for _, n := range x.Nexthops {
		all = append(all, n.Dev)
	}
	return cmp.Or(strings.TrimSpace(strings.Join(all, " ")), "-")
}

// An otherTable is a routing table besides main and the kernel's own.
type otherTable struct {
	name   string
	first  *iproute2.Route
	way    *iproute2.Route // the default route; nil without one
	file   string
	routes int
}

// otherTables lists the tables of interfaces: which way out each has.
func otherTables(r *area.Reader, files []analyze.FileFact[iproute2.Routes]) {
	t := r.Table("other tables", area.Text("table"), area.Text("default route via"), area.Text("device"), area.N("routes"))
	for _, k := range tablesOf(files) {
		if k.way == nil {
			t.Row(at(k.file, k.first.Line), k.name, "none", devices(k.first), k.routes)
			continue
		}
		t.Row(at(k.file, k.way.Line), k.name, gateway(k.way), devices(k.way), k.routes)
	}
}

func tablesOf(files []analyze.FileFact[iproute2.Routes]) []*otherTable {
	by := map[string]*otherTable{}
	var order []*otherTable
	seen := map[string]bool{}
	for _, f := range files {
		for i := range f.Value.Routes {
			x := &f.Value.Routes[i]
			if x.Table == "main" || x.Table == "local" || x.Table == "default" || seen[routeKey(x)] {
				continue
			}
			seen[routeKey(x)] = true
			k := by[x.Table]
			if k == nil {
				k = &otherTable{name: x.Table, first: x, file: f.Path}
				by[x.Table] = k
				order = append(order, k)
			}
			if k.routes++; x.Default() && k.way == nil {
				k.way, k.file = x, f.Path
			}
		}
	}
	slices.SortStableFunc(order, func(a, b *otherTable) int { return compareNumbers(a.name, b.name) })
	return order
}

// compareNumbers orders "2" before "10", and names behind numbers.
func compareNumbers(a, b string) int {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	if errX == nil && errY == nil {
		return x - y
	}
	if (errX == nil) != (errY == nil) {
		if errX == nil {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

// A ruleKind are the routing rules of one priority that are for the same.
type ruleKind struct {
	words    string
	priority uint32
	line, n  int
}

// routingRules counts the rules by what they are for, in their order.
func routingRules(r *area.Reader, files []analyze.FileFact[iproute2.Rules]) {
	t := r.Table("routing rules", area.Text("family"), area.Text("priority"), area.Text("rule"), area.N("rules"))
	slices.SortStableFunc(files, func(a, b analyze.FileFact[iproute2.Rules]) int {
		return strings.Compare(family(a.Value.V6), family(b.Value.V6))
	})
	for _, f := range files {
		for _, k := range ruleKinds(f.Value) {
			t.Row(at(f.Path, k.line), family(f.Value.V6), k.priority, k.words, k.n)
		}
		if f.Value.Cut {
			r.NotJudged("the last routing rules", f.Path+" has more than are kept")
		}
	}
}

func ruleKinds(rules *iproute2.Rules) []*ruleKind {
	var order []*ruleKind
	by := map[string]*ruleKind{}
	for i := range rules.Rules {
		x := &rules.Rules[i]
		words := ruleWords(x)
		key := fmt.Sprint(x.Priority, words)
		k := by[key]
		if k == nil {
			k = &ruleKind{words: words, priority: x.Priority, line: x.Line}
			by[key] = k
			order = append(order, k)
		}
		k.n++
	}
	return order
}

// ruleWords says what a rule is for. Those for single pods, or addresses, are one
// kind.
func ruleWords(x *iproute2.Rule) string {
	_, toOne := network.IsHost(x.To)
	_, fromOne := network.IsHost(x.From)
	one := "one address"
	if x.Priority == network.ToPod || x.Priority == network.FromPod {
		one = "one pod"
	}
	var words []string
	if x.Not {
		words = append(words, "not")
	}
	switch {
	case fromOne:
		words = append(words, "from "+one)
	case x.From.IsValid():
		words = append(words, "from "+x.From.String())
	}
	switch {
	case toOne:
		words = append(words, "to "+one)
	case x.To.IsValid():
		words = append(words, "to "+x.To.String())
	}
	if x.Mask != 0 {
		words = append(words, fmt.Sprintf("fwmark %#x/%#x", x.Mark, x.Mask))
	}
	if x.In != "" {
		words = append(words, "iif "+short(x.In))
	}
	if x.Rest != "" {
		words = append(words, x.Rest)
	}
	if len(words) == 0 {
		words = append(words, "all")
	}
	return strings.Join(append(words, string(x.Action)+strings.TrimRight(" "+x.Table, " ")), " ") + madeBy(x)
}

// short leaves the number of a veth out, so that those of pods are one kind.
func short(dev string) string {
	if strings.HasPrefix(dev, "eni") || strings.HasPrefix(dev, "vlan.eth") {
		return strings.TrimRight(dev, "0123456789abcdef") + "*"
	}
	return dev
}

func madeBy(x *iproute2.Rule) string {
	if owner := network.RuleOwner(x); owner != "" {
		return " (" + owner + ")"
	}
	return ""
}
