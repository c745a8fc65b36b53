// Package resolv judges the resolver configuration of a node.
package resolv

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/resolv"
)

//go:embed check.yaml
var doc []byte

// Checks are those of resolv.conf.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.resolv.too_many_nameservers": on(tooMany),
	"state.resolv.stub_resolver":        on(stub),
	"state.resolv.not_vpc_dns":          on(notVPC),
	"state.resolv.use_vc":               on(useVC),
	"state.resolv.no_nameserver":        on(noServer),
})

// A conf is the file of a bundle.
type conf struct {
	*analyze.Pass
	*resolv.Conf
	path string
}

func (c *conf) at(line int) parsers.Pos { return parsers.Pos{File: c.path, Line: line} }

// on runs a check on resolv.conf, when that is whole.
func on(run func(*conf) analyze.Verdict) analyze.Run {
	return func(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
		files := analyze.Facts[resolv.Conf](p)
		if len(files) == 0 {
			return noData("no resolv.conf"), nil
		}
		c := &conf{p, files[0].Value, files[0].Path}
		if len(c.Notes) > 0 && len(c.Servers)+len(c.Search)+len(c.Options) == 0 {
			return noData(c.path + " has nothing but lines that are no configuration"), nil
		}
		v := run(c)
		if why := gates.Cut(p, c.path); why != "" && v.Outcome == analyze.Clear {
			return noData(why), nil
		}
		return v, nil
	}
}

func noData(note string) analyze.Verdict {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note}
}

func clear(format string, args ...any) analyze.Verdict {
	return analyze.Verdict{Outcome: analyze.Clear, Note: fmt.Sprintf(format, args...)}
}

func found(matches ...analyze.Match) analyze.Verdict {
	return analyze.Verdict{Outcome: analyze.Found, Matches: matches}
}

func tooMany(c *conf) analyze.Verdict {
	var matches []analyze.Match
	if n := len(c.Servers); float64(n) > c.Limit("servers") {
		m := analyze.Match{
			Entity:  "nameserver",
			Summary: fmt.Sprintf("resolv.conf has %d name servers; those after the first %.0f are not used", n, c.Limit("servers")),
		}
		for _, s := range c.Servers[:min(n, 8)] {
			m.At = append(m.At, c.at(s.Line))
		}
		matches = append(matches, m)
	}
	domains, characters := c.Limit("domains"), c.Limit("characters")
	if expanded(c.Case.Node.Kubelet) {
		domains, characters = 32, 2048
	}
	if n, long := len(c.Search), len(strings.Join(c.Search, " ")); float64(n) > domains || float64(long) > characters {
		matches = append(matches, analyze.Match{
			Entity:  "search",
			Summary: fmt.Sprintf("the search list has %d domains of %d characters; %.0f of %.0f are used", n, long, domains, characters),
			At:      []parsers.Pos{c.at(c.SearchLine)},
		})
	}
	if len(matches) > 0 {
		return found(matches...)
	}
	return clear("%s, %s", words.Count(len(c.Servers), "name server", "name servers"), words.Count(len(c.Search), "search domain", "search domains"))
}

// expanded reports a kubelet that takes 32 search domains: 1.26 and later.
//
//	v1.33.5-eks-113cf36
func expanded(version string) bool {
	var major, minor int
	n, _ := fmt.Sscanf(strings.TrimPrefix(version, "v"), "%d.%d", &major, &minor)
	return n == 2 && (major > 1 || major == 1 && minor >= 26)
}

// stub looks for servers that a pod cannot reach, and at what kubelet gives to
// pods. Without a setting that is /etc/resolv.conf.
func stub(c *conf) analyze.Verdict {
	i := slices.IndexFunc(c.Servers, func(s resolv.Entry) bool { return address(s.Value).IsLoopback() })
	if i < 0 && len(c.Servers) == 0 {
		return noData("resolv.conf names no server")
	}
	if i < 0 {
		return clear("no server has a loopback address")
	}
	s := given(c.Pass)
	switch {
	case !s.known:
		return noData("a server has a loopback address, and no configuration of kubelet tells which file pods get")
	case s.path != "/etc/resolv.conf":
		return clear("pods get %s", s.path)
	}
	m := analyze.Match{
		Entity:   c.Servers[i].Value,
		Entities: map[string][]string{"ip": {address(c.Servers[i].Value).String()}},
		Summary:  fmt.Sprintf("kubelet gives /etc/resolv.conf to pods, which names %s", c.Servers[i].Value),
		At:       append([]parsers.Pos{c.at(c.Servers[i].Line)}, s.at...),
	}
	if slices.ContainsFunc(c.Servers, func(s resolv.Entry) bool { return !address(s.Value).IsLoopback() }) {
		m.Confidence = 0.6
		m.Summary += " besides others"
	}
	return found(m)
}

// address reads a server; not valid when it is none. It may have a zone.
func address(s string) netip.Addr {
	a, _ := netip.ParseAddr(s)
	return a.Unmap()
}

func useVC(c *conf) analyze.Verdict {
	for _, o := range c.Options {
		if o.Value == "use-vc" {
			return found(analyze.Match{Entity: "use-vc", Summary: "resolv.conf has the option use-vc", At: []parsers.Pos{c.at(o.Line)}})
		}
	}
	return clear("%s, none is use-vc", words.Count(len(c.Options), "option", "options"))
}

// noServer finds a file that says something and names no server.
func noServer(c *conf) analyze.Verdict {
	if len(c.Servers) > 0 {
		return clear("%s", words.Count(len(c.Servers), "name server", "name servers"))
	}
	if why := gates.Cut(c.Pass, c.path); why != "" || len(c.Notes) > 0 {
		return noData(cmp.Or(why, c.path+" has lines that are no configuration"))
	}
	return found(analyze.Match{Entity: "nameserver", Summary: "no line of resolv.conf names a server", At: []parsers.Pos{c.at(0)}})
}
