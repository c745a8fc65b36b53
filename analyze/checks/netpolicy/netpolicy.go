// Package netpolicy looks at what the network policy agent of the VPC CNI denies.
package netpolicy

import (
	"context"
	_ "embed"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/enis"
)

//go:embed check.yaml
var doc []byte

// Check is state.netpolicy.strict_denied.
var Check = &analyze.Check{ID: "state.netpolicy.strict_denied", Doc: analyze.MustDoc(doc), Run: run}

const mode = "NETWORK_POLICY_ENFORCING_MODE"

// run looks for pods of the node to which, or from which, packets are denied
// while the agent lets pass nothing that no policy allows.
func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, ok := network.Get(p, mode)
	switch {
	case !ok:
		return network.NoData("how policies are enforced is not known: no " + mode), nil
	case s.Value != "strict":
		return network.Clear(fmt.Sprintf("%s is %s (%s)", s.Name, s.Value, s.At)), nil
	case !logged(p):
		return network.NoData("no log of the network policy agent"), nil
	}
	pods := pods(p)
	if len(pods) == 0 {
		return network.NoData("no addresses of pods: ipamd/enis.json"), nil
	}
	d := denied(p, pods)
	if d.count == 0 {
		return network.Clear("the log of the network policy agent tells of no packet of a pod of this node that was denied"), nil
	}
	return network.Found(d.match(p, s)), nil
}

// logged reports a log of the agent.
func logged(p *analyze.Pass) bool {
	for _, f := range p.Files {
		if strings.HasPrefix(f.Path, "var_log/aws-routed-eni/network-policy-agent") && f.Lines > 0 {
			return true
		}
	}
	return false
}

// pods are the addresses of the pods of the node.
func pods(p *analyze.Pass) map[netip.Addr]enis.Address {
	all := map[netip.Addr]enis.Address{}
	for _, f := range network.Pools(p) {
		for _, c := range f.Value.Cards {
			for _, e := range c.ENIs {
				for _, r := range e.Ranges {
					for _, a := range r.Addresses {
						if a.Assigned {
							all[a.IP] = a
						}
					}
				}
			}
		}
	}
	return all
}

// A denial is the packets that were denied.
type denial struct {
	count int // of pods of the node
	all   int // of any
	last  time.Time
	at    []parsers.Pos
	ips   []string
	pods  []string
}

// Bounds of what is told of one kind, and of the lines that are read: the last ones.
const (
	maxSaid = 5
	maxRead = 50
)

// denied counts the packets of pods that were denied.
func denied(p *analyze.Pass, pods map[netip.Addr]enis.Address) (d denial) {
	hits := p.Hits("npa.flow_denied")
	hits = hits[max(0, len(hits)-maxRead):]
	d.all = len(hits)
	for _, h := range hits {
		for _, ip := range ends(p.Line(h.Pos)) {
			a, ok := pods[ip]
			if !ok {
				continue
			}
			if d.count++; d.count <= maxSaid {
				d.at = append(d.at, h.Pos)
			}
			if h.At.After(d.last) {
				d.last = h.At
			}
			if !slices.Contains(d.ips, ip.String()) && len(d.ips) < maxSaid {
				d.ips = append(d.ips, ip.String())
				if a.Pod != "" {
					d.pods = append(d.pods, a.Namespace+"/"+a.Pod)
				}
			}
			break
		}
	}
	return d
}

// ends reads both ends of a flow, of a line of the agent before and since 1.2:
//
//	"msg":"Flow Info: Src IP: 10.0.1.5 Src Port: 33333 Dest IP: 10.0.2.9 Dest Port: 443 Proto: TCP Verdict: DENY Direction: egress Tier: DEFAULT"}
//	"msg":"Flow Info:  ","Src IP":"10.0.141.167","Src Port":39197,"Dest IP":"172.20.0.10","Dest Port":53,"Proto":"UDP","Verdict":"DENY"}
func ends(line string) (all []netip.Addr) {
	for _, key := range []string{"Src IP", "Dest IP"} {
		_, rest, _ := strings.Cut(line, key)
		rest = strings.TrimLeft(rest, `": `)
		if i := strings.IndexAny(rest, `" ,`); i > 0 {
			if ip, err := netip.ParseAddr(rest[:i]); err == nil {
				all = append(all, ip)
			}
		}
	}
	return all
}

// recent is how long before the collection the last packet may have been denied
// for the denials to be going on.
const recent = 10 * time.Minute

func (d *denial) match(p *analyze.Pass, s network.Setting) analyze.Match {
	m := analyze.Match{
		Entity:   "pods",
		Count:    d.count,
		Entities: map[string][]string{"ip": d.ips},
		At:       append([]parsers.Pos{s.At}, d.at...),
	}
	who := strings.Join(d.ips, ", ")
	if len(d.pods) > 0 {
		m.Entities["pod"] = d.pods
		who += " (" + strings.Join(d.pods, ", ") + ")"
	}
	m.Summary = fmt.Sprintf("%s is strict, and packets to or from %s were denied, %d of the last %d denials", s.Name, who, d.count, d.all)
	over := !d.last.IsZero() && !p.Clock.Collected.IsZero() && p.Clock.Collected.Sub(d.last) > recent
	if over || float64(d.count) < p.Limit("medium") {
		m.Severity = analyze.Low
	}
	return m
}
