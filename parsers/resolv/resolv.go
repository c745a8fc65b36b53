// Package resolv reads the resolver configuration of a node.
package resolv

import (
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
)

// Format is resolv.conf.
var Format = &parsers.Format{
	Name:   "resolv",
	Doc:    "Resolver configuration of the node, resolv.conf.",
	Files:  []string{"networking/resolv.conf"},
	Decode: func(_ string, text []byte) (any, error) { return Parse(text), nil },
}

// maxEntries is how many entries of a kind are kept; resolvers use three to
// six of them.
const maxEntries = 1000

// A Conf is a resolv.conf. As for the resolver, the last search line counts,
// and "domain" is a search line with one name.
type Conf struct {
	Servers    []Entry
	Search     []string
	SearchLine int
	Options    []Entry
}

// An Entry is a value and the line it stands on.
type Entry struct {
	Value string
	Line  int
}

// Parse reads the text. What the resolver ignores is ignored.
//
//	nameserver 10.0.0.2
//	search us-west-2.compute.internal
//	options timeout:2 attempts:5
func Parse(text []byte) *Conf {
	c, num := &Conf{}, 0
	for line := range strings.Lines(string(text)) {
		num++
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		switch f[0] {
		case "nameserver":
			if len(c.Servers) < maxEntries {
				c.Servers = append(c.Servers, Entry{f[1], num})
			}
		case "search", "domain":
			c.Search, c.SearchLine = f[1:], num
		case "options":
			for _, o := range f[1:] {
				if len(c.Options) < maxEntries {
					c.Options = append(c.Options, Entry{o, num})
				}
			}
		}
	}
	return c
}
