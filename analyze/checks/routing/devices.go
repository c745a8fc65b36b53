package routing

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ifconfig"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/sysctl"
)

// interfaceOf is the name that the VPC CNI gives the node's end of the network
// of a pod: the prefix and the start of a hash of its name.
//
//	eni295aa140a91 is that of default/web-j2wfxwqgw-wnbth
//
// amazon-vpc-cni-k8s pkg/networkutils/names.go, GeneratePodHostVethName.
func interfaceOf(prefix, namespace, pod string) string {
	sum := sha1.Sum([]byte(namespace + "." + pod))
	return prefix + hex.EncodeToString(sum[:])[:11]
}

// devices are the interfaces of the node by name, each with the place that says
// so. Why is not "" when some may be missing.
func devices(p *analyze.Pass) (all map[string]parsers.Pos, at parsers.Pos, why string) {
	all = map[string]parsers.Pos{}
	for _, f := range analyze.Facts[ifconfig.Interfaces](p) {
		for _, x := range f.Value.Interfaces {
			name, _, _ := strings.Cut(x.Name, ":")
			all[name] = parsers.Pos{File: f.Path, Line: x.Line}
		}
		if f.Value.Cut || whole.Cut(p, f.Path) != "" {
			why = f.Path + " does not list all interfaces"
		}
		if len(all) > 0 {
			return all, parsers.Pos{File: f.Path, Line: 1}, why
		}
	}
	return byParameters(p)
}

// byParameters reads the names from the parameters of the kernel.
//
//	net.ipv4.conf.eni295aa140a91.forwarding = 1
func byParameters(p *analyze.Pass) (all map[string]parsers.Pos, at parsers.Pos, why string) {
	all = map[string]parsers.Pos{}
	for _, f := range analyze.Facts[sysctl.Params](p) {
		for _, v := range f.Value.All {
			rest, ok := strings.CutPrefix(v.Name, "net.ipv4.conf.")
			i := strings.LastIndexByte(rest, '.')
			if ok && i > 0 && all[rest[:i]].File == "" {
				all[rest[:i]] = parsers.Pos{File: f.Path, Line: v.Line}
			}
		}
		if at = all["lo"]; at.File != "" {
			if f.Value.Cut || whole.Cut(p, f.Path) != "" {
				why = f.Path + " does not list all interfaces"
			}
			return all, at, why
		}
	}
	return nil, at, "nothing lists the interfaces: no networking/ifconfig.txt, and no net.ipv4.conf.lo in sysctls/sysctl_all.txt"
}

// podDevices looks at where the routes to pods lead: to the interface of
// another pod, to one that is not there, or to one whose other end is down.
func podDevices(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	pl, why := compare(p)
	if why != "" {
		return network.NoData(why), nil
	}
	there, at, unlisted := devices(p)
	owners := owners(p, pl)
	m := analyze.Match{Entity: "pods", Severity: analyze.Medium, Entities: map[string][]string{}}
	var said []string
	judged := 0
	for _, x := range pl.pods {
		if x.route == nil {
			continue
		}
		judged++
		wrong, pos := misled(x, owners, there, at, unlisted)
		if wrong == "" {
			continue
		}
		if owners[x.route.Dev] != nil && owners[x.route.Dev] != x {
			m.Severity = analyze.High // no pod that ends explains that
		}
		if m.Count++; m.Count > maxSaid {
			continue
		}
		said = append(said, fmt.Sprintf("the route to %s (%s/%s) %s", x.IP, x.Namespace, x.Pod, wrong))
		m.Entities["ip"] = append(m.Entities["ip"], x.IP.String())
		m.Entities["pod"] = append(m.Entities["pod"], x.Namespace+"/"+x.Pod)
		m.Entities["interface"] = append(m.Entities["interface"], x.route.Dev)
		m.At = append(m.At, pl.routes.pos(x.route.Line))
		m.At = appendNew(m.At, x.at)
		if pos.File != "" {
			m.At = appendNew(m.At, pos)
		}
	}
	switch {
	case m.Count > 0:
		m.Summary = strings.Join(said, "; ")
		if rest := m.Count - len(said); rest > 0 {
			m.Summary += fmt.Sprintf("; and %d more", rest)
		}
		return network.Found(m), nil
	case unlisted != "":
		return network.NoData(unlisted), nil
	}
	return network.Clear(words.Count(judged, "route leads to the interface of its pod", "routes lead to the interfaces of their pods")), nil
}

// owners are the pods of this node by the names of their interfaces.
func owners(p *analyze.Pass, pl *plan) map[string]*pod {
	all := map[string]*pod{}
	prefix := network.VethPrefix(p)
	for _, x := range pl.pods {
		if x.Pod != "" {
			all[interfaceOf(prefix, x.Namespace, x.Pod)] = x
		}
	}
	return all
}

// misled says what is wrong with the route to a pod; "" when nothing is.
func misled(x *pod, owners map[string]*pod, there map[string]parsers.Pos, list parsers.Pos, unlisted string) (string, parsers.Pos) {
	dev := x.route.Dev
	switch owner := owners[dev]; {
	case owner != nil && x.Pod != "" && (owner.Pod != x.Pod || owner.Namespace != x.Namespace):
		return fmt.Sprintf("leads to %s, which is the interface of %s/%s", dev, owner.Namespace, owner.Pod), parsers.Pos{}
	case slices.Contains(x.route.Flags, "linkdown"):
		return fmt.Sprintf("leads to %s, whose other end is down", dev), there[dev]
	case unlisted == "" && there[dev].File == "":
		return fmt.Sprintf("leads to %s, which is not there", dev), list
	}
	return "", parsers.Pos{}
}

// leftOvers looks for interfaces of pods to which no route leads: their pods
// are gone.
func leftOvers(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	switch t, why := routes(p); {
	case why != "":
		return network.NoData(why), nil
	case len(t.value.Table("main", false))+len(t.value.Table("main", true)) == 0:
		return network.NoData("no route in the main table: " + t.file), nil
	}
	if other := network.OtherCNI(p); other != "" {
		return network.Clear("the interfaces of pods are those of " + other), nil
	}
	there, _, unlisted := devices(p)
	if there == nil {
		return network.NoData(unlisted), nil
	}
	used := routed(p)
	veth := regexp.MustCompile(`^` + regexp.QuoteMeta(network.VethPrefix(p)) + `[0-9a-f]{11}$`)
	var names []string
	pods := 0
	for name := range there {
		if veth.MatchString(name) {
			if pods++; !used[name] {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	switch {
	case float64(len(names)) >= p.Limit("interfaces"):
	case unlisted != "":
		return network.NoData(unlisted), nil
	default:
		return network.Clear(fmt.Sprintf("%d interfaces of pods, %d without a route", pods, len(names))), nil
	}
	m := analyze.Match{
		Entity: "interfaces", Count: len(names), Entities: map[string][]string{"interface": names[:min(len(names), maxSaid)]},
		Summary: fmt.Sprintf("%d of %d interfaces of pods have no route: %s", len(names), pods, strings.Join(names[:min(len(names), maxSaid)], ", ")),
	}
	for _, name := range names[:min(len(names), maxSaid)] {
		m.At = append(m.At, there[name])
	}
	return network.Found(m), nil
}

// routed are the interfaces that routes lead to, but for those that the kernel
// adds by itself. Routes of IPv6 may be in a file of their own.
func routed(p *analyze.Pass) map[string]bool {
	used := map[string]bool{}
	for _, f := range analyze.Facts[iproute2.Routes](p) {
		for _, r := range f.Value.Routes {
			if r.Type == "unicast" && r.Proto != "kernel" {
				used[r.Dev] = true
			}
		}
	}
	return used
}
