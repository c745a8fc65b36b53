package network

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/conntrack"
	"github.com/eksleuth/eksleuth/parsers/netstat"
	"github.com/eksleuth/eksleuth/parsers/sysctl"
)

func conntrackState(r *area.Reader) {
	trackingTable(r)
	files := analyze.Facts[conntrack.Table](r.Pass)
	if len(files) == 0 {
		r.NotJudged("tracked flows and their counters", whole.Absent(r.Pass, "networking/conntrack.txt"))
	}
	any := false
	for i, f := range files {
		if i > 0 && files[0].Value.V6 > 0 && f.Value.V6 == f.Value.Total {
			continue // conntrack6.txt says again what conntrack.txt has
		}
		flows(r, f)
		any = any || f.Value.Total > 0
		if i == 0 {
			trackingCounters(r, f) // conntrack6.txt has the same ones
		}
	}
	if !any && len(files) > 0 {
		r.NotJudged("tracked flows", "conntrack -L left no flow in "+files[0].Path)
	}
	sockets(r)
}

// trackingTable tells how the table of the kernel is made. How full it is says
// the ledger.
func trackingTable(r *area.Reader) {
	f := area.First[sysctl.Params](r, nil)
	if f == nil {
		r.NotJudged("size of the table", whole.Absent(r.Pass, "sysctls/sysctl_all.txt"))
		return
	}
	most, ok := number(f, "net.netfilter.nf_conntrack_max")
	if !ok {
		r.NotJudged("size of the table", f.Path+" does not say it: the kernel tracks no connections, or does not tell")
		return
	}
	r.Count("table", most.n, "entries at most", most.at)
	if buckets, ok := number(f, "net.netfilter.nf_conntrack_buckets"); ok {
		r.Count("buckets", buckets.n, area.Things, buckets.at)
	}
}

// A parameter is a number of the kernel.
type parameter struct {
	n  int64
	at parsers.Pos
}

func number(f *analyze.FileFact[sysctl.Params], name string) (parameter, bool) {
	p, ok := f.Value.Get(name)
	if !ok {
		return parameter{}, false
	}
	n, err := strconv.ParseInt(p.Value, 10, 64)
	return parameter{n, at(f.Path, p.Line)}, err == nil && n >= 0
}

// flows tells what is tracked, by state and by destination.
func flows(r *area.Reader, f analyze.FileFact[conntrack.Table]) {
	if f.Value.Total == 0 {
		return
	}
	line := f.Value.ListLine
	if len(f.Value.Flows) > 0 {
		line = f.Value.Flows[0].Line
	}
	r.Count("flows", int64(f.Value.Total), "flows", at(f.Path, line)).With("%d without answer, %d of IPv6", f.Value.Unreplied(), f.Value.V6)
	t := r.Table("flows by state", area.Text("protocol"), area.Text("state"), area.Text("answered"), area.N("flows"))
	for _, k := range f.Value.Kinds[:min(len(f.Value.Kinds), 8)] {
		answered := "yes"
		if k.Unreplied {
			answered = "no"
		}
		t.Row(at(f.Path, k.Line), k.Proto, cmp.Or(k.State, "-"), answered, k.Flows)
	}
	t.More = len(f.Value.Kinds) - len(t.Rows)
	d := r.Table("most frequent destinations", area.Text("destination"), area.Text("protocol"), area.N("flows"), area.N("unreplied"))
	for _, x := range f.Value.Destinations[:min(len(f.Value.Destinations), 5)] {
		first := 0
		if len(x.Lines) > 0 {
			first = x.Lines[0]
		}
		port := ""
		if x.Port > 0 {
			port = fmt.Sprint(x.Port)
		}
		d.Row(at(f.Path, first), address(x.Addr, port), x.Proto, x.Flows, x.Unreplied)
	}
	d.More = len(f.Value.Destinations) - len(d.Rows)
}

// trackingCounters lists the counters since the boot that are not zero.
func trackingCounters(r *area.Reader, f analyze.FileFact[conntrack.Table]) {
	cpus := f.Value.CPUs
	if f.Value.Global != nil {
		cpus = append(slices.Clone(cpus), *f.Value.Global)
	}
	if len(cpus) == 0 {
		r.NotJudged("counters of conntrack -S", f.Path+" does not have them")
		return
	}
	t := r.Table("counters since the boot that are not zero, all CPUs", area.Text("counter"), area.N("packets"))
	for _, c := range cpus[0].Counters {
		if sum, ok := f.Value.Sum(c.Name); ok && sum > 0 {
			t.Row(at(f.Path, c.Line), c.Name, sum)
		}
	}
	if len(t.Rows) == 0 {
		r.Say("counters", "all zero", at(f.Path, cpus[0].Line))
	}
}

// sockets tells the TCP sockets of the node by their state.
func sockets(r *area.Reader) {
	f := area.First[netstat.Sockets](r, nil)
	if f == nil {
		r.NotJudged("sockets of the node", whole.Absent(r.Pass, "system/netstat.txt"))
		return
	}
	t := r.Table("TCP sockets of the node", area.Text("state"), area.N("sockets"))
	for _, c := range f.Value.States {
		t.Row(at(f.Path, c.Line), cmp.Or(c.State, "-"), c.Sockets)
	}
}
