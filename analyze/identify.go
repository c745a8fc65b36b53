package analyze

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/bundle"
	"github.com/eksleuth/eksleuth/parsers/instance"
	"github.com/eksleuth/eksleuth/parsers/procstat"
	"github.com/eksleuth/eksleuth/parsers/uname"
)

// CaseID names the case of a bundle by its node, its time and a content key.
func (e *Engine) CaseID(c *index.Case, key string) string {
	id := instanceID(c)
	if id == "" {
		host, _, _ := strings.Cut(hostName(c), ".")
		id = host
	}
	return index.CaseID(id, collectedAt(c, 0), key)
}

// fact returns the decoded file of a type, that whose path sorts first; nil if
// the bundle has none.
func fact[T any](c *index.Case, keep func(*T) bool) *T {
	var first *T
	var path string
	for _, f := range c.Facts {
		if v, ok := f.Value.(*T); ok && (first == nil || f.File.Path < path) && (keep == nil || keep(v)) {
			first, path = v, f.File.Path
		}
	}
	return first
}

func identity(c *index.Case, kind instance.Kind) string {
	if v := fact(c, func(i *instance.Identity) bool { return i.Kind == kind }); v != nil {
		return v.Value
	}
	return ""
}

// instanceID is in a file, and in the name of the bundle.
func instanceID(c *index.Case) string {
	id, _, _ := bundle.Info(c.BundleName)
	return cmp.Or(identity(c, instance.ID), id)
}

func hostName(c *index.Case) string {
	if u := fact[uname.Name](c, nil); u != nil {
		return u.Hostname
	}
	return ""
}

// collectedAt is when the bundle was made: the time in its name; else that of
// the latest line that says its instant; else that of the latest file. Zero
// when there is none of these. zone is how far the clock on the wall is ahead.
func collectedAt(c *index.Case, zone time.Duration) time.Time {
	if _, at, _ := bundle.Info(c.BundleName); !at.IsZero() {
		return at
	}
	for _, kind := range []parsers.StampKind{parsers.Zoned, parsers.Local} {
		var last int64
		for _, f := range c.Files {
			if f.Last.Kind == kind {
				last = max(last, f.Last.Nano)
			}
		}
		if last > 0 {
			at, _ := timeline.Clock{Zone: zone}.Resolve(parsers.Stamp{Kind: kind, Nano: last})
			return at
		}
	}
	return c.Newest
}

// bootedAt is when the node booted: btime of /proc/stat; else what the two forms
// of dmesg say of their first line. Zero when unknown.
func bootedAt(c *index.Case, zone time.Duration) time.Time {
	if s := fact[procstat.Stat](c, nil); s != nil {
		return s.BootTime
	}
	current, human := file(c, "kernel/dmesg.current"), file(c, "kernel/dmesg.human.current")
	if current == nil || human == nil || current.First.Kind != parsers.SinceBoot || human.First.Kind != parsers.Local {
		return time.Time{}
	}
	return time.Unix(0, human.First.Nano-current.First.Nano).UTC().Add(-zone).Truncate(time.Second)
}

// file returns the file at a place, that whose path sorts first; nil for none.
func file(c *index.Case, place string) *index.File {
	var first *index.File
	for _, f := range c.Files {
		if f.At() == place && (first == nil || f.Path < first.Path) {
			first = f
		}
	}
	return first
}

// identify says which node the case is about and sets the clock.
func (w *writer) identify() {
	_, _, version := bundle.Info(w.c.BundleName)
	w.zone = w.findZone()
	w.clock.Zone, w.clock.ZoneKnown = w.zone.Offset()
	w.clock.Collected = collectedAt(w.c, w.clock.Zone)
	info := CaseInfo{
		ID: w.req.CaseID, Bundle: w.c.BundleName, SHA256: w.c.SHA256,
		InstanceID: instanceID(w.c), CollectorVersion: version, CollectedAt: rfc3339(w.clock.Collected),
	}
	if boot := bootedAt(w.c, w.clock.Zone); w.clock.Collected.IsZero() || boot.Before(w.clock.Collected.Add(timeline.Skew)) {
		w.clock.Boot = boot // a node does not boot after its bundle was made
	}
	info.Card = w.card()
	value := info.Card.Value
	info.Node = Node{
		Hostname: value("instance.hostname"), Region: value("instance.region"), AvailabilityZone: value("instance.zone"),
		InstanceType: value("instance.type"), OS: value("software.os"), Kernel: value("software.kernel"),
		Kubelet: value("software.kubelet"), Containerd: value("software.containerd"), CNI: value("software.cni"),
		BootedAt: rfc3339(w.clock.Boot),
	}
	w.report.Case = info
}

// card reads who the node is.
func (w *writer) card() *node.Card {
	return node.Read(&node.Bundle{
		Name: w.c.BundleName, Facts: w.c.Facts, Files: w.c.Files, Marks: w.marks,
		Collected: node.Reading{Value: rfc3339(w.clock.Collected)},
		Booted:    w.booted(),
		Zone:      w.zoneReadings(),
	})
}

// booted is the boot time with the file that tells it.
func (w *writer) booted() node.Reading {
	r := node.Reading{Value: rfc3339(w.clock.Boot)}
	for _, f := range w.c.Facts {
		if s, ok := f.Value.(*procstat.Stat); ok && s.BootTime.Equal(w.clock.Boot) {
			r.File, r.Line = f.File.Path, s.Line
			return r
		}
	}
	r.Note = "by the first lines of the two forms of dmesg"
	return r
}

// marks are the lines of a mark with the value or version that they tell.
func (w *writer) marks(rule string) (all []node.Mark) {
	for n, r := range w.engine.rules {
		if r.ID != rule {
			continue
		}
		at := slices.IndexFunc(r.names, func(name string) bool { return name == "value" || name == "version" })
		if at < 0 {
			continue
		}
		var events []event
		for _, g := range w.scan.matches[n].order {
			events = append(events, g.events...)
		}
		slices.SortFunc(events, func(a, b event) int {
			x, _ := w.clock.Resolve(a.stamp)
			y, _ := w.clock.Resolve(b.stamp)
			return cmp.Or(x.Compare(y), byPlace(a, b))
		})
		for _, e := range events {
			all = append(all, node.Mark{Value: e.entities[at], Pos: e.pos()})
		}
	}
	return all
}
