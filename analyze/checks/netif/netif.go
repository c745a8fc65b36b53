// Package netif judges the network interfaces of a node: their errors, the
// address of the primary one, and the size of the packets that they take.
package netif

import (
	_ "embed"
	"regexp"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ifconfig"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the family state.if.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.if.errors":       failing,
	"state.if.no_address":   noAddress,
	"state.if.mtu_mismatch": mtuMismatch,
})

// place is where the collector writes the interfaces, if ifconfig is installed:
// it is not on Amazon Linux 2023.
const place = "networking/ifconfig.txt"

// card is the name of a network card: eth0, ens5, enp0s5, enX0.
var card = regexp.MustCompile(`^(eth|ens|eno|enX)\d+$|^enp\d+s\d+(f\d+)?$`)

// maxMatches is how many interfaces a check names.
const maxMatches = 20

// listed are the interfaces of ifconfig. Without them the note says why; whole
// is false when some may be missing.
func listed(p *analyze.Pass) (path string, all *ifconfig.Interfaces, note string) {
	facts := analyze.Facts[ifconfig.Interfaces](p)
	if len(facts) == 0 {
		return "", nil, whole.Absent(p, place)
	}
	f := facts[0]
	if note = whole.Cut(p, f.Path); note == "" && f.Value.Cut {
		note = f.Path + " has more interfaces than are read"
	}
	return f.Path, f.Value, note
}

// primary is the interface of the default route of the main table; "" when the
// bundle does not tell. That of IPv4 comes first.
func primary(p *analyze.Pass) string {
	for _, v6 := range []bool{false, true} {
		for _, f := range analyze.Facts[iproute2.Routes](p) {
			for _, r := range f.Value.Table("main", v6) {
				if r.Default() && r.Dev != "" {
					return r.Dev
				}
			}
		}
	}
	return ""
}

func noData(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note}, nil
}

func isClear(note string) (analyze.Verdict, error) {
	return analyze.Verdict{Outcome: analyze.Clear, Note: note}, nil
}

// match is a finding about an interface.
func match(dev, summary string, at ...parsers.Pos) analyze.Match {
	return analyze.Match{Entity: dev, Entities: map[string][]string{"interface": {dev}}, Summary: summary, At: at}
}
