package network

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/ifconfig"
)

func eniState(r *area.Reader) {
	r.FromCard("instance type", "instance.type")
	r.FromCard("its limits", "instance.limits")
	if pools := network.Pools(r.Pass); len(pools) > 0 {
		attached(r, pools)
	} else {
		r.NotJudged("interfaces that pods get addresses of", whole.Absent(r.Pass, "ipamd/enis.json"))
	}
	links(r)
}

// attached lists the interfaces that ipamd takes addresses from.
func attached(r *area.Reader, pools []analyze.FileFact[enis.Pool]) {
	t := r.Table("interfaces of ipamd", area.Text("id"), area.N("device"), area.Text("kind"), area.Text("subnet"), area.Text("table"), area.N("in use"), area.N("total"))
	for _, f := range pools {
		for _, c := range f.Value.Cards {
			all := slices.SortedStableFunc(slices.Values(c.ENIs), func(a, b enis.ENI) int { return cmp.Compare(a.Device, b.Device) })
			for _, e := range all {
				used, total := count(&e)
				table := "-"
				if e.RouteTable != 0 {
					table = fmt.Sprint(e.RouteTable)
				}
				t.Row(at(f.Path, e.Line), e.ID, e.Device, kindOf(&e, c.Number), cmp.Or(e.Subnet, "-"), table, used, total)
			}
		}
	}
}

func count(e *enis.ENI) (used, total int64) {
	for _, x := range e.Ranges {
		used, total = used+x.Assigned(), total+x.Size()
	}
	return used, total
}

// kindOf says what is special about an interface.
func kindOf(e *enis.ENI, card int) string {
	var words []string
	if e.Primary {
		words = append(words, "primary")
	}
	if e.Trunk {
		words = append(words, "trunk")
	}
	if e.EFA {
		words = append(words, "EFA")
	}
	if e.Excluded {
		words = append(words, "without pods")
	}
	if slices.ContainsFunc(e.Ranges, func(x enis.Range) bool { return x.Delegated }) {
		words = append(words, "prefixes")
	}
	if card > 0 {
		words = append(words, fmt.Sprintf("card %d", card))
	}
	return cmp.Or(strings.Join(words, ", "), "-")
}

// links lists the interfaces of the node as the kernel has them, those of pods as
// a number.
func links(r *area.Reader) {
	f := area.First[ifconfig.Interfaces](r, nil)
	if f == nil {
		r.NotJudged("links of the node", whole.Absent(r.Pass, "networking/ifconfig.txt"))
		return
	}
	t := r.Table("links of the node", area.Text("name"), area.Text("address"), area.N("MTU"), area.Text("up"), area.N("errors"), area.N("dropped"))
	pods := 0
	var first parsers.Pos
	mtus := map[int]bool{}
	for i := range f.Value.Interfaces {
		x := &f.Value.Interfaces[i]
		if ofPod(x) {
			if pods++; pods == 1 {
				first = at(f.Path, x.Line)
			}
			mtus[x.MTU] = true
			continue
		}
		up := "no"
		if x.Has("UP") {
			up = "yes"
		}
		t.Row(at(f.Path, x.Line), x.Name, firstAddress(x), x.MTU, up, x.RX.Errors+x.TX.Errors, x.RX.Dropped+x.TX.Dropped)
	}
	if pods > 0 {
		var sizes []string
		for m := range mtus {
			sizes = append(sizes, fmt.Sprint(m))
		}
		slices.Sort(sizes)
		r.Count("links to pods", int64(pods), "links", first).With("MTU %s", strings.Join(sizes, ", "))
	}
}

// ofPod reports a link that the VPC CNI made for a pod: they have no IPv4 address
// of their own. Of security groups for pods there are two links, one to the pod and
// one to the trunk:
//
//	vlan1c357e15edb: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 9001
//	vlan.eth.2: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 9001
func ofPod(x *ifconfig.Interface) bool {
	made := strings.HasPrefix(x.Name, "eni") || strings.HasPrefix(x.Name, "vlan") && !strings.HasPrefix(x.Name, "vlan.")
	return made && !slices.ContainsFunc(x.Addrs, func(a ifconfig.Addr) bool { return a.Prefix.Addr().Is4() })
}

func firstAddress(x *ifconfig.Interface) string {
	best := netip.Prefix{}
	for _, a := range x.Addrs {
		if !best.IsValid() || a.Prefix.Addr().Is4() && !best.Addr().Is4() {
			best = a.Prefix
		}
	}
	if !best.IsValid() {
		return "-"
	}
	return best.String()
}
