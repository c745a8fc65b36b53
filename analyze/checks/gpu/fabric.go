package gpu

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/machine"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ps"
	"github.com/eksleuth/eksleuth/parsers/services"
)

const unit = "nvidia-fabricmanager.service"

// fabricManager looks for the program that sets up the switches between GPUs. It
// is a service of the node, or runs in a container of the GPU operator.
//
//	nvidia-fabricmanager.service   loaded active running NVIDIA fabric manager service
func fabricManager(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	of := machine.Of(p)
	if !of.Known() {
		return network.NoData("the type of the instance is not known"), nil
	}
	if !switched(of) || len(p.Hits("mark.gpu.no_nvswitch")) > 0 {
		return network.Clear(of.Name + " has no NVSwitch"), nil
	}
	if _, ok := running(p); ok {
		return network.Clear("nv-fabricmanager runs"), nil
	}
	t := gates.Units(p)
	if t == nil {
		return network.NoData(whole.Absent(p, "system/services.txt")), nil
	}
	u, listed := t.Value.Find(unit)
	switch {
	case listed && u.Active == "active" && u.Sub == "running":
		return network.Clear(unit + " runs"), nil
	case listed && u.Active == "activating":
		return network.NoData(unit + " was being started"), nil
	case listed:
		return network.Found(stopped(of, fmt.Sprintf("%s is %s (%s)", unit, u.Active, u.Sub), parsers.Pos{File: t.Path, Line: u.Line})), nil
	}
	return absent(p, of, t), nil
}

// absent judges a node that lists no such service at all. What has no driver for
// its GPUs has nothing to join.
func absent(p *analyze.Pass, of machine.Type, t *analyze.FileFact[services.Table]) analyze.Verdict {
	if why := gates.Unlisted(p, t); why != "" {
		return network.NoData(why)
	}
	f := gates.Processes(p)
	if f == nil {
		return network.NoData("no list of processes, and the manager may run in a container")
	}
	if why := gates.Unseen(p, f); why != "" {
		return network.NoData(why)
	}
	at, ok := driver(f, t)
	if !ok {
		return network.NoData("nothing shows a driver for the GPUs")
	}
	return network.Found(stopped(of, "neither "+unit+" nor a process nv-fabricmanager is there", at))
}

func stopped(of machine.Type, what string, at parsers.Pos) analyze.Match {
	return analyze.Match{
		Entities: map[string][]string{"unit": {unit}},
		Summary:  fmt.Sprintf("%s, and the GPUs of %s are joined by NVSwitch", what, of.Name),
		At:       of.Cite([]parsers.Pos{at}),
	}
}

// running finds the process.
func running(p *analyze.Pass) (parsers.Pos, bool) {
	if f := gates.Processes(p); f != nil {
		return process(f, func(name string) bool { return name == "nv-fabricmanager" })
	}
	return parsers.Pos{}, false
}

// driver finds a trace of the driver: its daemon, or threads of its module.
//
//	root  2201  0.0  0.0      0     0 ?  S  00:09  0:00 [nvidia-modeset/]
func driver(f *analyze.FileFact[ps.Table], t *analyze.FileFact[services.Table]) (parsers.Pos, bool) {
	i := slices.IndexFunc(t.Value.Units, func(u services.Unit) bool {
		return strings.HasPrefix(u.Name, "nvidia-") && u.Active == "active"
	})
	if i >= 0 {
		return parsers.Pos{File: t.Path, Line: t.Value.Units[i].Line}, true
	}
	return process(f, func(name string) bool { return strings.HasPrefix(strings.TrimPrefix(name, "["), "nvidia-") })
}

// process finds one by the name of its program.
func process(f *analyze.FileFact[ps.Table], named func(string) bool) (parsers.Pos, bool) {
	for _, r := range f.Value.Processes {
		if named(gates.Program(r.Command)) && !strings.HasPrefix(r.State, "Z") {
			return parsers.Pos{File: f.Path, Line: r.Line}, true
		}
	}
	return parsers.Pos{}, false
}
