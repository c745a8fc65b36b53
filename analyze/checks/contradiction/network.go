package contradiction

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/ifconfig"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/ipvsadm"
	"github.com/eksleuth/eksleuth/parsers/nft"
)

// noAddress are the rules whose events are pods that got no address.
var noAddress = []string{"cni.ipamd.no_available_ip", "cni.plugin.assign_ip_failed"}

// addresses compares the last refusals of ipamd with the addresses that it had
// free at the collection.
//
//	{"level":"error","ts":"2026-11-21T01:12:20.212Z","caller":"datastore/data_store.go:618","msg":"DataStore has no available IP/Prefix addresses"}
func addresses(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	h, ok := last(p, noAddress...)
	if !ok {
		return unsaid(p, "no line says that a pod got no address", "var_log/aws-routed-eni/ipamd.log", "bottlerocket-logs/ipamd.log")
	}
	d, known := age(p, h)
	switch {
	case !known:
		return noData("the time of the collection is not known")
	case d > minutes(p, "recent"):
		return isClear("pods were refused an address until " + clockTime(h) + " only")
	case float64(since(p, h.At.Add(-minutes(p, "recent")), noAddress...)) < p.Limit("events"):
		return isClear("pods were refused an address for a moment, at " + clockTime(h))
	}
	if given, ok := last(p, "mark.ipamd.ip_assigned"); ok && given.At.After(h.At) {
		return isClear("a pod got an address at " + clockTime(given))
	}
	pools := network.Pools(p)
	if len(pools) == 0 {
		return noData("no addresses of ipamd: ipamd/enis.json")
	}
	free, at := int64(0), parsers.Pos{File: pools[0].Path}
	for _, f := range pools {
		for _, c := range f.Value.Cards {
			if n := ready(p, &c); n > free {
				free, at = n, parsers.Pos{File: f.Path, Line: c.Line}
			}
		}
	}
	if float64(free) < p.Limit("free") {
		return isClear(fmt.Sprintf("pods were refused an address until %s, and %d are free", clockTime(h), free))
	}
	return found(analyze.Match{
		Summary: fmt.Sprintf("pods were refused an address until %s, and ipamd has %d free ones", clockTime(h), free),
		At:      []parsers.Pos{h.Pos, at},
	})
}

// cooldown is how long ipamd does not give out an address that came back, unless
// it is told otherwise.
const cooldown = 30 * time.Second

// ready counts the addresses of a card that ipamd can give out at once.
func ready(p *analyze.Pass, c *enis.Card) (n int64) {
	for _, e := range c.ENIs {
		if e.Excluded || e.Trunk {
			continue
		}
		for _, r := range e.Ranges {
			n += r.Size() - r.Assigned()
			for _, a := range r.Addresses {
				if a.Cooling(p.Clock.Collected, cooldown+minutes(p, "recent")) {
					n--
				}
			}
		}
	}
	return n
}

// proxyMode looks for what kube-proxy of another mode has left in the kernel.
//
//	server_linux.go:145] "Using iptables Proxier"
//	-A -t 172.20.0.1:443 -s rr
func proxyMode(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	h, ok := lastMode(p)
	if !ok {
		return noData("no log of kube-proxy says its mode")
	}
	mode := network.Mode(h.Entities["value"])
	left := leftOvers(p, mode)
	if len(left) == 0 {
		return isClear(fmt.Sprintf("kube-proxy works with %s, and nothing of another mode is seen", mode))
	}
	m := analyze.Match{Entity: string(mode), At: []parsers.Pos{h.Pos}}
	var said []string
	for _, l := range left {
		said = append(said, l.what)
		m.At = append(m.At, l.at)
	}
	m.Summary = fmt.Sprintf("kube-proxy works with %s, and of another mode there is: %s", mode, strings.Join(said, ", "))
	return found(m)
}

// lastMode is the last line that says the mode, of this boot.
func lastMode(p *analyze.Pass) (analyze.Hit, bool) {
	hits := p.Hits("mark.node.proxy_mode")
	if len(hits) == 0 {
		return analyze.Hit{}, false
	}
	h := hits[len(hits)-1]
	if newer, ok := last(p, "mark.node.proxy_mode"); ok {
		h = newer
	}
	old := !h.At.IsZero() && h.At.Before(p.Clock.Boot)
	return h, h.Entities["value"] != "" && !old
}

// A leftOver is what another mode has left.
type leftOver struct {
	what string
	at   parsers.Pos
}

// leftOvers are the rules and servers of modes other than the one in use.
func leftOvers(p *analyze.Pass, mode network.Mode) (all []leftOver) {
	if mode != network.IPVS {
		all = append(all, servers(p)...)
	}
	if mode != network.Nftables {
		for _, f := range analyze.Facts[nft.Ruleset](p) {
			for _, t := range f.Value.Tables {
				if t.Name == "kube-proxy" {
					all = append(all, leftOver{"the table kube-proxy of nftables", parsers.Pos{File: f.Path, Line: t.Line}})
				}
			}
		}
	}
	if t := network.GetTable(p, "nat", false); t != nil && mode != network.Iptables {
		n, at := 0, parsers.Pos{}
		for _, c := range t.Chains {
			if strings.HasPrefix(c.Name, "KUBE-SVC-") {
				if n++; n == 1 {
					at = t.Pos(c.Line)
				}
			}
		}
		if n > 0 {
			all = append(all, leftOver{fmt.Sprintf("chains of Services in iptables (%d)", n), at})
		}
	}
	return all
}

// servers are what the IPVS mode makes. Another program may have virtual servers
// too: those of Services are on the interface of kube-proxy.
//
//	local 172.20.0.1 dev kube-ipvs0 table local proto kernel scope host src 172.20.0.1
func servers(p *analyze.Pass) (all []leftOver) {
	const name = "kube-ipvs0"
	var at parsers.Pos
	for _, f := range analyze.Facts[iproute2.Routes](p) {
		for _, r := range f.Value.Routes {
			if r.Dev == name && at.File == "" {
				at = parsers.Pos{File: f.Path, Line: r.Line}
			}
		}
	}
	for _, f := range analyze.Facts[ifconfig.Interfaces](p) {
		for _, x := range f.Value.Interfaces {
			if x.Name == name {
				at = parsers.Pos{File: f.Path, Line: x.Line}
			}
		}
	}
	if at.File == "" {
		return nil
	}
	all = append(all, leftOver{"the interface " + name, at})
	for _, f := range analyze.Facts[ipvsadm.Servers](p) {
		if s := f.Value.All(); len(s) > 0 {
			return append(all, leftOver{fmt.Sprintf("virtual servers of IPVS (%d)", len(s)), parsers.Pos{File: f.Path, Line: s[0].Line}})
		}
	}
	return all
}

// conntrackFull compares what the kernel said of a full table with how full it
// was at the collection.
//
//	nf_conntrack: nf_conntrack: table full, dropping packet
func conntrackFull(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	h, ok := last(p, "net.conntrack.table_full")
	if !ok {
		return unsaid(p, "no line says that a table was full", "kernel/dmesg.current", "kernel/dmesg.human.current", "dmesg", "bottlerocket-logs/dmesg")
	}
	d, known := age(p, h)
	e := ledger.Conntrack(p.Ledger())
	switch {
	case !known:
		return noData("the time of the collection is not known")
	case d > minutes(p, "recent"):
		return isClear("a table was full at " + clockTime(h) + " for the last time")
	case !e.Known() || e.Unknown != "":
		return noData(e.Unknown)
	case e.Percent() >= p.Limit("low"):
		return isClear(fmt.Sprintf("a table was full at %s, and that of the node is %.0f %% full", clockTime(h), e.Percent()))
	}
	return found(analyze.Match{
		Summary: fmt.Sprintf("the kernel dropped packets at %s because a table was full, and that of the node holds %d of %d connections (%.0f %%)",
			clockTime(h), e.Used.Value, e.Allowed.Value, e.Percent()),
		At: []parsers.Pos{h.Pos, e.Used.Pos(), e.Allowed.Pos()},
	})
}

// nodeIP compares the address that kubelet is told with those of the node.
func nodeIP(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	ips, at, note := toldIPs(p)
	switch {
	case note != "":
		return noData(note)
	case len(ips) == 0:
		return isClear("kubelet is told no address: no --node-ip")
	}
	own, first := network.Addresses(p)
	if own == nil {
		return noData("nothing lists the addresses of the node")
	}
	var strange []string
	for _, ip := range ips {
		switch {
		case ip.IsUnspecified() || own[ip]:
		case ip.Is6() && !routable6(own):
			return noData("no IPv6 address of the node is listed")
		default:
			strange = append(strange, ip.String())
		}
	}
	if len(strange) == 0 {
		return isClear("the node has the address that kubelet is told")
	}
	return found(analyze.Match{
		Entity:   strange[0],
		Entities: map[string][]string{"ip": strange},
		Summary:  fmt.Sprintf("kubelet is told the address %s (--node-ip), which no interface of the node has", strings.Join(strange, ", ")),
		At:       []parsers.Pos{at, first},
	})
}

// toldIPs are those of the flag of the kubelet that runs, none without it.
//
//	/usr/bin/kubelet --node-ip=10.0.12.34 --cloud-provider external
func toldIPs(p *analyze.Pass) (ips []netip.Addr, at parsers.Pos, note string) {
	proc, at, listed := network.Process(p, "kubelet")
	if proc == nil {
		proc, at, listed = network.Process(p, "kubelet-eks") // of the snap of Ubuntu
	}
	switch {
	case !listed:
		return nil, at, "no list of processes: system/ps.txt"
	case proc == nil:
		return nil, at, "no kubelet runs"
	}
	words := strings.Fields(proc.Command)
	i := slices.IndexFunc(words, func(w string) bool { return w == "--node-ip" || strings.HasPrefix(w, "--node-ip=") })
	if i < 0 {
		return nil, at, ""
	}
	text, ok := strings.CutPrefix(words[i], "--node-ip=")
	if !ok && i+1 < len(words) {
		text = words[i+1]
	}
	for part := range strings.SplitSeq(strings.Trim(text, `"'`), ",") {
		ip, err := netip.ParseAddr(strings.TrimSpace(part))
		if err != nil {
			return nil, at, fmt.Sprintf("--node-ip %q is no address", part)
		}
		ips = append(ips, ip)
	}
	return ips, at, ""
}

// routable6 reports addresses of IPv6 among some that hold beyond their link.
func routable6(own map[netip.Addr]bool) bool {
	for ip := range own {
		if ip.Is6() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
			return true
		}
	}
	return false
}
