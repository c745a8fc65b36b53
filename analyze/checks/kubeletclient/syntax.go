package kubeletclient

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
)

// syntax looks for a configuration with a mistake of its form. A kubelet that
// runs has read it before the mistake was made, or is more lenient than we are.
//
//	"maxPods": 29,
//	"clusterDNS": ["172.20.0.10",
//	}
func syntax(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	var out []analyze.Match
	read, note := 0, whole.Absent(p, "kubelet/config.json")
	for _, f := range p.Facts {
		if f.File.Format != kubeletconfig.Format.Name {
			continue
		}
		why := whole.Cut(p, f.File.Path)
		err, damaged := errors.AsType[*parsers.ParseError](f.Err)
		switch {
		case why != "":
			note = why
		case f.Err == nil:
			read++
		case damaged && err.Pos.Line > 0 && err.Pos.Line <= f.File.Lines && len(out) < maxFiles:
			out = append(out, mistake(p, f.File, err))
		}
	}
	switch {
	case len(out) > 0:
		return network.Found(out...), nil
	case read == 0 || strings.Contains(note, " is cut"):
		return network.NoData(note), nil
	}
	return network.Clear(fmt.Sprintf("%d files of kubelet's configuration can be read", read)), nil
}

// maxFiles bounds the findings: drop-ins are files of their own.
const maxFiles = 10

func mistake(p *analyze.Pass, f *index.File, err *parsers.ParseError) analyze.Match {
	m := analyze.Match{
		Entity:   f.Path,
		Entities: map[string][]string{"file": {f.Path}},
		Summary:  fmt.Sprintf("%s cannot be read: %v", f.Path, err.Err),
		At:       []parsers.Pos{{File: f.Path, Line: err.Pos.Line}},
	}
	if gates.Of(p, gates.Kubelet).State == gates.Alive {
		m.Severity = analyze.Low
		m.Summary += "; kubelet runs, and may not start again"
	}
	return m
}
