package boots

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/uptime"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/bootchart"
	"github.com/eksleuth/eksleuth/parsers/systemdanalyze"
)

// A unit took some time to start.
type unit struct {
	name string
	took time.Duration
	line int
}

// A boot is what systemd tells of the last one.
type boot struct {
	path       string
	units      []unit
	unfinished int // line that says that it is still going on; 0 when it is not
}

// slow looks for units that run what users wrote for the boot, and that kubelet
// waits for.
//
//	<text class="right" x="13432.896" y="2554.000">nodeadm-run.service (17.209s)</text>
//	Bootup is not yet finished (org.freedesktop.systemd1.Manager.FinishTimestampMonotonic=0).
func slow(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	b, note := chart(p)
	switch {
	case note != "":
		return network.NoData(note), nil
	case b.unfinished > 0:
		return goingOn(p, b), nil
	}
	var out []analyze.Match
	longest := unit{}
	for _, u := range b.units {
		if !ofUser(u.name) {
			continue
		}
		if u.took > longest.took {
			longest = u
		}
		if u.took.Seconds() > p.Limit("unit") {
			out = append(out, analyze.Match{
				Entity:   u.name,
				Entities: map[string][]string{"unit": {u.name}},
				Summary:  fmt.Sprintf("%s took %s in the last boot", u.name, u.took.Round(time.Second)),
				At:       []parsers.Pos{{File: b.path, Line: u.line}},
			})
		}
	}
	switch why := whole.Cut(p, b.path); {
	case len(out) > 0:
		return network.Found(out[:min(len(out), 10)]...), nil
	case why != "":
		return network.NoData(why), nil
	case longest.name == "":
		return network.Clear("no unit of cloud-init or nodeadm took any time"), nil
	}
	return network.Clear(fmt.Sprintf("%s took longest of the units that set the node up, %s", longest.name, longest.took.Round(time.Second))), nil
}

// chart is what the bundle has of the boot.
func chart(p *analyze.Pass) (b boot, note string) {
	if charts := analyze.Facts[bootchart.Chart](p); len(charts) > 0 {
		f := charts[0]
		b = boot{path: f.Path, unfinished: f.Value.Unfinished}
		for _, u := range f.Value.Slowest {
			b.units = append(b.units, unit{u.Name, u.Took, u.Line})
		}
		return b, ""
	}
	for _, f := range analyze.Facts[systemdanalyze.Times](p) {
		if len(f.Value.Units) == 0 && f.Value.Unfinished == 0 {
			continue
		}
		b = boot{path: f.Path, unfinished: f.Value.Unfinished}
		for _, u := range f.Value.Units {
			b.units = append(b.units, unit{u.Name, u.Took, u.Line})
		}
		return b, ""
	}
	return b, whole.Absent(p, "system/systemd-analyze.svg")
}

// ofUser reports a unit that runs scripts and settings of the user, or waits for
// AWS with them.
func ofUser(name string) bool {
	of := []string{"cloud-init", "cloud-config", "cloud-final", "nodeadm-", "bootstrap-containers@", "bootstrap-commands"}
	return slices.ContainsFunc(of, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// goingOn judges a boot that has not ended: a job of systemd hangs when it was
// long ago.
func goingOn(p *analyze.Pass, b boot) analyze.Verdict {
	up := uptime.Of(p)
	switch {
	case !up.Known():
		return network.NoData(b.path + " says that the boot was still going on; when it began is not known")
	case up.Up.Seconds() <= p.Limit("unfinished")*60:
		return network.NoData(fmt.Sprintf("%s says that the boot was still going on, %s after it began", b.path, up))
	}
	return network.Found(analyze.Match{
		Entity:  "unfinished",
		Summary: fmt.Sprintf("the boot is not finished %s after it began: a unit is still being started", up),
		At:      up.Cite([]parsers.Pos{{File: b.path, Line: b.unfinished}}),
	})
}
