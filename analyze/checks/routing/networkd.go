package routing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/networkd"
)

// macPolicy asks what udev does with the addresses of the veths of pods: the
// first link file, by name, that fits an interface is the one for it.
func macPolicy(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	var links []analyze.FileFact[networkd.Config]
	for _, f := range analyze.Facts[networkd.Config](p) {
		if f.Value.Kind == networkd.Link && forVeth(f.Value) {
			links = append(links, f)
		}
	}
	slices.SortStableFunc(links, func(a, b analyze.FileFact[networkd.Config]) int { return cmp.Compare(a.Value.Name, b.Value.Name) })
	if len(links) == 0 {
		return network.NoData("no configuration of links that holds for veths: networking/systemd-network/99-default.link"), nil
	}
	f := links[0]
	s, ok := f.Value.MACAddressPolicy()
	at := parsers.Pos{File: f.Path, Line: s.Line}
	switch {
	case f.Value.Cut || whole.Cut(p, f.Path) != "":
		return network.NoData(f.Path + " is cut"), nil
	case !ok || s.Value != "persistent":
		return network.Clear(fmt.Sprintf("MACAddressPolicy of %s is %s", f.Path, cmp.Or(s.Value, "not set"))), nil
	case strings.HasPrefix(p.Case.Node.OS, "Amazon Linux 2") && !strings.HasPrefix(p.Case.Node.OS, "Amazon Linux 2023"):
		return network.Clear("systemd 219 of Amazon Linux 2 leaves veths alone"), nil
	case network.OtherCNI(p) != "" || len(network.Conflists(p)) == 0 && len(network.Pools(p)) == 0:
		return network.NoData("MACAddressPolicy is persistent, and nothing shows that the VPC CNI makes the veths of this node"), nil
	}
	return network.Found(analyze.Match{
		Entity:  f.Value.Name,
		Summary: "MACAddressPolicy=persistent is the last setting for veths",
		At:      []parsers.Pos{at},
	}), nil
}

// forVeth reports a configuration that udev takes for the veth of a pod. It
// has no path, no address and no property that another condition could name.
func forVeth(c *networkd.Config) bool {
	for _, s := range c.Settings {
		if s.Section != "Match" || s.Value == "" {
			continue
		}
		switch s.Key {
		case "OriginalName", "Name":
			if !c.Matches(s.Key, "eni776d0ffff46") {
				return false
			}
		case "Driver", "Kind":
			if !c.Matches(s.Key, "veth") {
				return false
			}
		case "Type":
			if !c.Matches(s.Key, "ether") {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// foreignRules tells whether systemd-networkd may have taken the rules of the
// CNI: rules are gone that the routes show to have been there. The file that
// forbids it, networkd.conf, is not in a bundle.
func foreignRules(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	pl, why := compare(p)
	if why != "" {
		return network.NoData(why), nil
	}
	var taken []*pod
	for _, x := range pl.pods {
		if x.route != nil && (x.to == nil || x.second && x.from == nil) {
			taken = append(taken, x)
		}
	}
	if len(taken) == 0 {
		return network.Clear("no pod has lost its rules"), nil
	}
	proc, at, listed := network.Process(p, "systemd-networkd")
	switch {
	case !listed:
		return network.NoData("rules of pods are gone; no list of processes shows whether systemd-networkd runs"), nil
	case proc == nil:
		return network.Clear("systemd-networkd does not run"), nil
	case float64(len(taken)) < p.Limit("pods") || 2*len(taken) < len(pl.pods):
		return network.Clear(fmt.Sprintf("%d of %d pods lack rules: networkd takes those of all", len(taken), len(pl.pods))), nil
	}
	m := noWay(pl, taken)
	m.Entity = "systemd-networkd"
	m.Summary = fmt.Sprintf("systemd-networkd runs, and the rules of %d of %d pods are gone while their routes are there", len(taken), len(pl.pods))
	m.At = append([]parsers.Pos{at}, m.At...)
	m.Explains = []string{"state.iprule.pod_rule_missing"}
	return network.Found(m), nil
}
