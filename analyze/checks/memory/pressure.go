package memory

import (
	"context"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/pressure"
)

// A gauge is one of the means that are judged.
type gauge struct {
	resource string
	mean     func(*pressure.Pressure) (percent float64, line int) // line 0 without it
	said     string                                               // what the percents are of
}

// gauges are what is judged. That some task waits for a processor is usual, and
// counts over a longer time only.
var gauges = []gauge{
	{"memory", full60, "of the last minute all tasks waited for memory"},
	{"io", full60, "of the last minute all tasks waited for disks"},
	{"cpu", some300, "of the last five minutes some task waited for a processor"},
}

func full60(x *pressure.Pressure) (float64, int) {
	if x.Full == nil {
		return 0, 0
	}
	return x.Full.Avg60, x.Full.Line
}

func some300(x *pressure.Pressure) (float64, int) {
	if x.Some == nil {
		return 0, 0
	}
	return x.Some.Avg300, x.Some.Line
}

// stalled finds resources that tasks wait for. Kernels with version 1 of cgroups
// or psi=0 do not count that.
//
//	some avg10=1.00 avg60=2.00 avg300=3.00 total=98765
//	full avg10=0.50 avg60=1.00 avg300=1.50 total=54321
func stalled(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	var matches []analyze.Match
	var well, missing []string
	for _, g := range gauges {
		percent, at, note := g.read(p)
		switch {
		case note != "":
			missing = append(missing, note)
		case percent > p.Limit(g.resource):
			matches = append(matches, g.match(p, percent, at))
		default:
			well = append(well, fmt.Sprintf("%s %.0f %%", g.resource, percent))
		}
	}
	switch {
	case len(matches) > 0:
		return found(matches...)
	case len(missing) > 0:
		return noData(strings.Join(missing, "; "))
	}
	return isClear(strings.Join(well, ", "))
}

// read reads the mean of a gauge. Without it, the note says why.
func (g gauge) read(p *analyze.Pass) (float64, parsers.Pos, string) {
	place := "system/pressure_" + g.resource + ".txt"
	for _, f := range analyze.Facts[pressure.Pressure](p) {
		if f.Value.Resource != g.resource {
			continue
		}
		if percent, line := g.mean(f.Value); line > 0 {
			return percent, parsers.Pos{File: f.Path, Line: line}, ""
		}
	}
	return 0, parsers.Pos{}, whole.Absent(p, place)
}

func (g gauge) match(p *analyze.Pass, percent float64, at parsers.Pos) analyze.Match {
	m := analyze.Match{
		Entity:   g.resource,
		Entities: map[string][]string{"resource": {g.resource}},
		Summary:  fmt.Sprintf("%.0f %% %s", percent, g.said),
		At:       []parsers.Pos{at},
	}
	if g.resource == "memory" && percent > p.Limit("memory_high") {
		m.Severity = analyze.High
	}
	return m
}
