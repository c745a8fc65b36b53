package analyze

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/bundle"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/cversion"
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
	return index.CaseID(id, collectedAt(c), key)
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
// when there is none of these.
func collectedAt(c *index.Case) time.Time {
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
			return time.Unix(0, last).UTC()
		}
	}
	return c.Newest
}

// bootedAt is when the node booted: btime of /proc/stat; else what the two forms
// of dmesg say of their first line. Zero when unknown.
func bootedAt(c *index.Case) time.Time {
	if s := fact[procstat.Stat](c, nil); s != nil {
		return s.BootTime
	}
	current, human := file(c, "kernel/dmesg.current"), file(c, "kernel/dmesg.human.current")
	if current == nil || human == nil || current.First.Kind != parsers.SinceBoot || human.First.Kind != parsers.Local {
		return time.Time{}
	}
	return time.Unix(0, human.First.Nano-current.First.Nano).UTC().Truncate(time.Second)
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
	w.clock.Collected = collectedAt(w.c)
	info := CaseInfo{
		ID: w.req.CaseID, Bundle: w.c.BundleName, SHA256: w.c.SHA256,
		InstanceID: instanceID(w.c), CollectorVersion: version, CollectedAt: rfc3339(w.clock.Collected),
	}
	if boot := bootedAt(w.c); w.clock.Collected.IsZero() || boot.Before(w.clock.Collected.Add(timeline.Skew)) {
		w.clock.Boot = boot // a node does not boot after its bundle was made
	}
	n := &info.Node
	n.BootedAt = rfc3339(w.clock.Boot)
	n.Hostname = hostName(w.c)
	n.AvailabilityZone = identity(w.c, instance.Zone)
	n.Region = identity(w.c, instance.Region)
	n.InstanceType = w.lastVersion("mark.node.instance_type")
	n.Kubelet = w.lastVersion("mark.node.kubelet_version")
	n.Containerd = cmp.Or(containerdVersion(w.c), w.lastVersion("mark.node.containerd_version"))
	n.CNI = cmp.Or(w.lastVersion("mark.node.cni_version"), cniImage(w.c))
	if u := fact[uname.Name](w.c, nil); u != nil {
		n.Kernel = u.Release
		n.OS = osName(w.c, u)
	}
	w.report.Case = info
}

// lastVersion is the version in the last line of a mark.
func (w *writer) lastVersion(mark string) string {
	for n, r := range w.engine.rules {
		if r.ID != mark {
			continue
		}
		for _, g := range w.scan.matches[n].order {
			last := slices.MaxFunc(g.events, func(a, b event) int { return byPlace(a, b) })
			for i, name := range r.names {
				if name == "version" {
					return last.entities[i]
				}
			}
		}
	}
	return ""
}

func containerdVersion(c *index.Case) string {
	v := fact[cversion.Versions](c, nil)
	if v == nil {
		return ""
	}
	return cmp.Or(v.Server.Version, v.Client.Version)
}

// cniImage is the tag of the aws-node image.
func cniImage(c *index.Case) string {
	v := fact[cnienv.Containers](c, nil)
	if v == nil {
		return ""
	}
	for _, container := range v.Containers {
		if _, tag, ok := strings.Cut(container.Image, "/amazon-k8s-cni:"); ok {
			return tag
		}
	}
	return ""
}

// osName tells the operating system by the kernel that it ships.
func osName(c *index.Case, u *uname.Name) string {
	for _, known := range []struct{ part, name string }{
		{".amzn2023.", "Amazon Linux 2023"},
		{".amzn2.", "Amazon Linux 2"},
		{"Ubuntu", "Ubuntu"},
		{"Debian", "Debian"},
	} {
		if strings.Contains(u.Release+" "+u.Version, known.part) {
			return known.name
		}
	}
	for _, f := range c.Files {
		if strings.HasPrefix(f.Path, "bottlerocket") {
			return "Bottlerocket"
		}
	}
	return ""
}
