package resolv

import (
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/parsers"
)

// A source is the file that kubelet makes the resolv.conf of pods from.
type source struct {
	path  string
	known bool
	at    []parsers.Pos // what says so; empty for the default
}

// given reads it from the flags of kubelet and from its configuration.
//
//	/usr/bin/kubelet --config=/etc/kubernetes/kubelet/config.json --resolv-conf=/run/systemd/resolve/resolv.conf
func given(p *analyze.Pass) source {
	if t := gates.Processes(p); t != nil {
		for _, x := range t.Value.Processes {
			if gates.Program(x.Command) != "kubelet" {
				continue
			}
			_, rest, ok := strings.Cut(x.Command, " --resolv-conf")
			if words := strings.Fields(strings.TrimPrefix(rest, "=")); ok && len(words) > 0 {
				return source{strings.Trim(words[0], `"`), true, []parsers.Pos{{File: t.Path, Line: x.Line}}}
			}
		}
	}
	c := node.Kubelet(p.Facts)
	if c.Base() == "" {
		return source{}
	}
	if s := c.ResolvConf; s.Set() && s.Value != "" {
		return source{s.Value, true, []parsers.Pos{{File: s.File, Line: s.Line}}}
	}
	return source{path: "/etc/resolv.conf", known: true}
}
