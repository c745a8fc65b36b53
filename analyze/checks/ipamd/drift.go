package ipamd

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/ipam"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
)

// places are addresses, and where each stands.
type places map[netip.Addr]parsers.Pos

// without returns those of a that b has not, in order.
func (a places) without(b places) (all []netip.Addr) {
	for ip := range a {
		if _, ok := b[ip]; !ok {
			all = append(all, ip)
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return all
}

// checkpoint are the addresses of the files of ipamd: one for each card. Why is
// not "" when some may be missing.
func checkpoint(p *analyze.Pass) (all places, why string) {
	files := analyze.Facts[ipam.Checkpoint](p)
	if len(files) == 0 {
		return nil, "no checkpoint of ipamd: ipamd/ipam.json"
	}
	all = places{}
	for _, f := range files {
		if strings.Contains(f.Path, ".tmp") {
			continue
		}
		if f.Value.Damaged || whole.Cut(p, f.Path) != "" {
			return nil, f.Path + " does not go to its end"
		}
		for _, a := range f.Value.Allocations {
			for _, ip := range []netip.Addr{a.IPv4, a.IPv6} {
				if ip.IsValid() {
					all[ip] = parsers.Pos{File: f.Path, Line: a.Line}
				}
			}
		}
	}
	return all, ""
}

// assigned are the addresses that pods have, as ipamd answers.
func assigned(pools []analyze.FileFact[enis.Pool]) places {
	all := places{}
	for _, f := range pools {
		addresses(f.Value, func(a enis.Address) {
			if a.Assigned {
				all[a.IP] = parsers.Pos{File: f.Path, Line: a.Line}
			}
		})
	}
	return all
}

func addresses(pool *enis.Pool, visit func(enis.Address)) {
	for _, c := range pool.Cards {
		for _, e := range c.ENIs {
			for _, r := range e.Ranges {
				for _, a := range r.Addresses {
					visit(a)
				}
			}
		}
	}
}

// mismatch compares the checkpoint with what ipamd answers. The collector reads
// them within a second, so one address may differ.
func mismatch(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	pools := network.Pools(p)
	if len(pools) == 0 {
		return network.NoData("no addresses of ipamd: ipamd/enis.json"), nil
	}
	kept, why := checkpoint(p)
	if why != "" {
		return network.NoData(why), nil
	}
	told := assigned(pools)
	onlyKept, onlyTold := kept.without(told), told.without(kept)
	n := len(onlyKept) + len(onlyTold)
	foreign := outside(pools, onlyKept)
	if float64(n) < p.Limit("addresses") && len(foreign) == 0 {
		return network.Clear(fmt.Sprintf("%d addresses in the checkpoint, %d in use, %d differ", len(kept), len(told), n)), nil
	}
	m := analyze.Match{Entity: "checkpoint", Count: n, Entities: map[string][]string{}}
	var said []string
	for _, part := range []struct {
		what string
		ips  []netip.Addr
		from places
	}{
		{"of pods in the checkpoint and not in ipamd", onlyKept, kept},
		{"of pods in ipamd and not in the checkpoint", onlyTold, told},
	} {
		if len(part.ips) == 0 {
			continue
		}
		said = append(said, words.Count(len(part.ips), "address ", "addresses ")+part.what)
		for _, ip := range part.ips[:min(len(part.ips), maxSaid)] {
			m.Entities["ip"] = append(m.Entities["ip"], ip.String())
			if at := part.from[ip]; !slices.Contains(m.At, at) {
				m.At = append(m.At, at)
			}
		}
	}
	if len(foreign) > 0 {
		said = append(said, fmt.Sprintf("no interface of the node has %s", list(foreign)))
	}
	m.Summary = strings.Join(said, ", ")
	return network.Found(m), nil
}

// outside are the addresses that no interface of the node has: no pod that comes
// or goes explains these.
func outside(pools []analyze.FileFact[enis.Pool], ips []netip.Addr) (all []netip.Addr) {
	for _, ip := range ips {
		if !slices.ContainsFunc(pools, func(f analyze.FileFact[enis.Pool]) bool { return has(f.Value, ip) }) {
			all = append(all, ip)
		}
	}
	return all
}

// has reports an address of one of the interfaces.
func has(pool *enis.Pool, ip netip.Addr) bool {
	for _, c := range pool.Cards {
		for _, e := range c.ENIs {
			if slices.ContainsFunc(e.Ranges, func(r enis.Range) bool { return r.CIDR.Contains(ip) }) {
				return true
			}
		}
	}
	return false
}

// list names the first of some addresses.
func list(ips []netip.Addr) string {
	var words []string
	for _, ip := range ips[:min(len(ips), maxSaid)] {
		words = append(words, ip.String())
	}
	return strings.Join(words, ", ")
}

// A holder is a sandbox that has an address.
type holder struct {
	container, pod string
	at             parsers.Pos
}

// duplicates looks for addresses that two pods have at once.
//
//	{"networkName":"aws-cni","containerID":"2eb3ee86...","ifName":"eth0","ipv4":"10.0.14.70",...}
func duplicates(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	holders := map[netip.Addr][]holder{}
	add := func(ip netip.Addr, h holder) {
		same := func(x holder) bool { return x.container == h.container }
		if ip.IsValid() && h.container != "" && !slices.ContainsFunc(holders[ip], same) {
			holders[ip] = append(holders[ip], h)
		}
	}
	_, why := checkpoint(p)
	for _, f := range analyze.Facts[ipam.Checkpoint](p) {
		if strings.Contains(f.Path, ".tmp") {
			continue
		}
		for _, a := range f.Value.Allocations {
			if a.Migrated() {
				continue // of the time before an upgrade: another check is about these
			}
			h := holder{a.Container, a.Namespace + "/" + a.Pod, parsers.Pos{File: f.Path, Line: a.Line}}
			add(a.IPv4, h)
			add(a.IPv6, h)
		}
	}
	m := analyze.Match{Entity: "checkpoint", Entities: map[string][]string{}}
	twice := places{}
	for ip, all := range holders {
		if len(all) > 1 {
			twice[ip] = all[0].at
		}
	}
	var said []string
	for _, ip := range twice.without(nil) {
		if m.Count++; m.Count > maxSaid {
			continue
		}
		var pods []string
		for _, h := range holders[ip] {
			pods = append(pods, h.pod)
			if !slices.Contains(m.At, h.at) {
				m.At = append(m.At, h.at)
			}
		}
		said = append(said, fmt.Sprintf("%s is that of %s", ip, strings.Join(pods, " and ")))
		m.Entities["ip"] = append(m.Entities["ip"], ip.String())
		m.Entities["pod"] = append(m.Entities["pod"], pods...)
	}
	switch {
	case m.Count > 0:
		m.Summary = strings.Join(said, "; ")
		return network.Found(m), nil
	case why != "":
		return network.NoData(why), nil
	}
	return network.Clear(fmt.Sprintf("%d addresses, each of one pod", len(holders))), nil
}

// migrated looks for what an old CNI took over from the container runtime, and
// whose pod is gone. While the pod runs its address has a route to its veth.
func migrated(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	known := false
	old := places{}
	for _, f := range analyze.Facts[ipam.Checkpoint](p) {
		known = known || !f.Value.Damaged && whole.Cut(p, f.Path) == ""
		for _, a := range f.Value.Allocations {
			if a.Migrated() && a.IPv4.IsValid() {
				old[a.IPv4] = parsers.Pos{File: f.Path, Line: a.Line}
			}
		}
	}
	for _, f := range network.Pools(p) {
		known = true
		addresses(f.Value, func(a enis.Address) {
			if _, ok := old[a.IP]; a.Assigned && a.Network == ipam.Migrated && !ok {
				old[a.IP] = parsers.Pos{File: f.Path, Line: a.Line}
			}
		})
	}
	routed, routes := podRoutes(p)
	gone := old
	if routes {
		gone = places{}
		for _, ip := range old.without(routed) {
			gone[ip] = old[ip]
		}
	}
	switch {
	case len(gone) > 0:
		return network.Found(leftOver(gone, routes)), nil
	case !known:
		return network.NoData("no checkpoint and no answer of ipamd"), nil
	}
	return network.Clear(fmt.Sprintf("%d allocations of an old CNI, all of pods that run", len(old))), nil
}

// leftOver makes the finding. Without routes the pods may still run.
func leftOver(gone places, routes bool) analyze.Match {
	all := gone.without(nil)
	m := analyze.Match{Entity: ipam.Migrated, Count: len(all), Confidence: 0.9, Entities: map[string][]string{}}
	m.Summary = words.Count(len(all), "address is", "addresses are") + " kept for pods of the time before an upgrade"
	if routes {
		m.Summary += ", without a route to a pod"
	} else {
		m.Confidence = 0.5
		m.Summary += "; whether these still run is not known"
	}
	for _, ip := range all[:min(len(all), maxSaid)] {
		m.Entities["ip"] = append(m.Entities["ip"], ip.String())
		if !slices.Contains(m.At, gone[ip]) {
			m.At = append(m.At, gone[ip])
		}
	}
	return m
}

// podRoutes are the addresses with a route of their own in the main table.
func podRoutes(p *analyze.Pass) (all places, ok bool) {
	all = places{}
	for _, f := range analyze.Facts[iproute2.Routes](p) {
		if f.Value.Cut || whole.Cut(p, f.Path) != "" {
			continue
		}
		for _, r := range f.Value.Table("main", false) {
			ok = true
			if ip, host := network.IsHost(r.Dst); host && !r.Via.IsValid() && r.Type == "unicast" {
				all[ip] = parsers.Pos{File: f.Path, Line: r.Line}
			}
		}
	}
	return all, ok
}

// stuck looks for addresses that were given out again after they came back, and
// that belong to nobody.
func stuck(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	pools := network.Pools(p)
	if len(pools) == 0 {
		return network.NoData("no addresses of ipamd: ipamd/enis.json"), nil
	}
	m := analyze.Match{Entity: "aws-node", Entities: map[string][]string{}}
	seen := 0
	for _, f := range pools {
		addresses(f.Value, func(a enis.Address) {
			seen++
			if a.Assigned || a.UnassignedAt.IsZero() || !a.AssignedAt.After(a.UnassignedAt) {
				return
			}
			m.Count++
			if m.Count <= maxSaid {
				m.Entities["ip"] = append(m.Entities["ip"], a.IP.String())
			}
			if at := (parsers.Pos{File: f.Path, Line: a.Line}); !slices.Contains(m.At, at) && len(m.At) < maxSaid {
				m.At = append(m.At, at)
			}
		})
	}
	if m.Count == 0 {
		return network.Clear(fmt.Sprintf("%d addresses that pods have or had", seen)), nil
	}
	m.Summary = fmt.Sprintf("%s to no pod, given out after coming back: %s", words.Count(m.Count, "address belongs", "addresses belong"), strings.Join(m.Entities["ip"], ", "))
	return network.Found(m), nil
}
