package node

import (
	"cmp"
	"net/netip"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/cversion"
	"github.com/eksleuth/eksleuth/parsers/instance"
	"github.com/eksleuth/eksleuth/parsers/iptables"
	"github.com/eksleuth/eksleuth/parsers/procstat"
	"github.com/eksleuth/eksleuth/parsers/uname"
)

// attributes are all that is asked of a bundle, in the order of the card.
var attributes = []attribute{
	{name: "instance.id", group: "instance", title: "instance", from: []source{
		identity(instance.ID),
		bundleName(func(id string, _ time.Time, _ string) string { return id }),
		mark("mark.node.details.instance"),
	}},
	{name: "instance.type", group: "instance", title: "type", from: []source{
		mark("mark.node.details.type", "mark.node.instance_type"),
	}},
	{name: "instance.limits", group: "instance", title: "limits", from: []source{limitsOfType}},
	{name: "instance.region", group: "instance", title: "region", from: []source{
		identity(instance.Region), mark("mark.node.details.region"), regionOfZone,
	}},
	{name: "instance.zone", group: "instance", title: "zone", from: []source{
		identity(instance.Zone), mark("mark.node.details.zone"),
	}},
	{name: "instance.hostname", group: "instance", title: "host name", from: []source{
		from(func(f fact[uname.Name]) []Reading { return one(f.value.Hostname, f.value.Line) }),
		mark("mark.node.details.dns"),
	}, same: strings.EqualFold},
	{name: "instance.ip", group: "instance", title: "address", from: []source{
		mark("mark.node.kubelet_flag.ip"), ipOfName,
	}},
	{name: "instance.cpus", group: "instance", title: "processors", from: []source{
		from(func(f fact[procstat.Stat]) []Reading { return one(count(f.value.CPUs), 0) }),
	}},

	{name: "cluster.name", group: "cluster", title: "name", from: []source{
		mark("mark.node.cluster.name"), label("alpha.eksctl.io/cluster-name"),
	}},
	{name: "cluster.endpoint", group: "cluster", title: "endpoint", from: []source{
		mark("mark.node.cluster.endpoint"),
	}},
	{name: "cluster.service_cidr", group: "cluster", title: "services", from: []source{
		mark("mark.node.cluster.cidr"),
	}},
	{name: "cluster.nodegroup", group: "cluster", title: "node group", from: []source{
		label("eks.amazonaws.com/nodegroup", "alpha.eksctl.io/nodegroup-name", "karpenter.sh/nodepool"),
	}},
	{name: "cluster.capacity", group: "cluster", title: "capacity", from: []source{
		label("eks.amazonaws.com/capacityType", "karpenter.sh/capacity-type"),
	}, same: strings.EqualFold},

	{name: "software.ami", group: "software", title: "AMI", from: []source{
		label("eks.amazonaws.com/nodegroup-image"),
	}},
	{name: "software.os", group: "software", title: "system", from: []source{osOfKernel}},
	{name: "software.kernel", group: "software", title: "kernel", from: []source{
		from(func(f fact[uname.Name]) []Reading { return one(f.value.Release, f.value.Line) }),
	}},
	{name: "software.arch", group: "software", title: "machine", from: []source{
		from(func(f fact[uname.Name]) []Reading { return one(f.value.Machine, f.value.Line) }),
	}},
	{name: "software.kubelet", group: "software", title: "kubelet", from: []source{
		mark("mark.node.kubelet_version"),
	}, same: sameVersion},
	{name: "software.containerd", group: "software", title: "containerd", from: []source{
		from(func(f fact[cversion.Versions]) []Reading {
			v := f.value
			return append(one(v.Server.Version, v.Server.Line), one(v.Client.Version, v.Client.Line)...)
		}),
		mark("mark.node.containerd_version"),
	}, same: sameVersion},
	{name: "software.cni", group: "software", title: "VPC CNI", from: []source{
		mark("mark.node.cni_version"),
		from(func(f fact[cnienv.Containers]) (all []Reading) {
			for _, c := range f.value.Containers {
				all = append(all, Reading{Value: tagOf(c.Image, "/amazon-k8s-cni"), Line: c.Line})
			}
			return all
		}),
	}, same: sameVersion},
	{name: "software.kube_proxy", group: "software", title: "kube-proxy", from: []source{
		mark("mark.node.kube_proxy_version"),
	}, same: sameVersion},

	{name: "network.proxy_mode", group: "network", title: "proxy mode", from: []source{
		mark("mark.node.proxy_mode"),
	}},
	{name: "network.iptables", group: "network", title: "iptables", from: []source{
		from(func(f fact[iptables.Ruleset]) []Reading { return one(f.value.Backend, 0) }),
	}},

	{name: "time.collected", group: "time", title: "collected", from: []source{
		func(r *reader) []Reading { return []Reading{r.Collected} },
	}},
	{name: "time.booted", group: "time", title: "booted", from: []source{
		func(r *reader) []Reading { return []Reading{r.Booted} },
	}},
	{name: "time.uptime", group: "time", title: "up for", from: []source{uptime}},

	{name: "bundle.collector", group: "bundle", title: "collector", from: []source{
		bundleName(func(_ string, _ time.Time, version string) string { return version }),
	}},
}

// identity reads the files with one value of the instance each.
func identity(kind instance.Kind) source {
	return from(func(f fact[instance.Identity]) []Reading {
		if f.value.Kind != kind {
			return nil
		}
		return one(f.value.Value, f.value.Line)
	})
}

// limitsOfType looks the type up.
func limitsOfType(r *reader) []Reading {
	l, ok := LimitsOf(r.known("instance.type").Value)
	if !ok {
		return nil
	}
	return []Reading{{Value: l.String(), Note: "by the EC2 limits of " + LimitsDate}}
}

// zoneLetter is what a zone has behind its region.
var zoneLetter = regexp.MustCompile(`^([a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2})(?:-[a-z0-9]+)*[a-z]$`)

func regionOfZone(r *reader) []Reading {
	zone := r.known("instance.zone")
	m := zoneLetter.FindStringSubmatch(zone.Value)
	if m == nil {
		return nil
	}
	zone.Value, zone.Note = m[1], "the region of the zone"
	return []Reading{zone}
}

// ipOfName reads the address in a host name like ip-10-0-12-34.
func ipOfName(r *reader) []Reading {
	name := r.known("instance.hostname")
	host, _, _ := strings.Cut(name.Value, ".")
	dashed, ok := strings.CutPrefix(host, "ip-")
	ip, err := netip.ParseAddr(strings.ReplaceAll(dashed, "-", "."))
	if !ok || err != nil {
		return nil
	}
	name.Value, name.Note = ip.String(), "from the host name"
	return []Reading{name}
}

// label reads labels that the kubelet was told to give the node, as
// "a=1,b=2" in its flags; of several the first that is there.
func label(keys ...string) source {
	return func(r *reader) (all []Reading) {
		for _, key := range keys {
			for _, flags := range mark("mark.node.kubelet_flag.labels")(r) {
				for pair := range strings.SplitSeq(flags.Value, ",") {
					if k, v, ok := strings.Cut(pair, "="); ok && strings.TrimSpace(k) == key {
						all = append(all, Reading{Value: v, File: flags.File, Line: flags.Line, Note: "label " + key})
					}
				}
			}
		}
		return all
	}
}

// osOfKernel tells the system by the kernel that it ships.
func osOfKernel(r *reader) []Reading {
	for _, f := range facts[uname.Name](r) {
		for _, known := range []struct{ part, name string }{
			{".amzn2023.", "Amazon Linux 2023"},
			{".amzn2.", "Amazon Linux 2"},
			{"Ubuntu", "Ubuntu"},
			{"Debian", "Debian"},
		} {
			if strings.Contains(f.value.Release+" "+f.value.Version, known.part) {
				return []Reading{{Value: known.name, File: f.path, Line: f.value.Line, Note: "by its kernel"}}
			}
		}
	}
	for _, f := range r.Files {
		if strings.HasPrefix(f.Path, "bottlerocket") {
			return []Reading{{Value: "Bottlerocket", File: f.Path, Note: "it has this file"}}
		}
	}
	return nil
}

// tagOf returns the tag of an image of a repository ("…/amazon-k8s-cni:v1.20.4"),
// "" for images of others.
func tagOf(image, repository string) string {
	image, _, _ = strings.Cut(image, "@")
	name, tag, ok := cutLast(image, ":")
	if !ok || !strings.HasSuffix(name, repository) || path.Base(name) != path.Base(repository) {
		return ""
	}
	return tag
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

var version = regexp.MustCompile(`v?(\d+\.\d+\.\d+)`)

// sameVersion compares the numbers: "v1.7.28" and "1.7.28-1.amzn2023" are one.
func sameVersion(a, b string) bool {
	x, y := version.FindStringSubmatch(a), version.FindStringSubmatch(b)
	return x != nil && y != nil && x[1] == y[1]
}

func uptime(r *reader) []Reading {
	collected, err := time.Parse(time.RFC3339, r.Collected.Value)
	booted, err2 := time.Parse(time.RFC3339, r.Booted.Value)
	if err := cmp.Or(err, err2); err != nil || collected.Before(booted) {
		return nil
	}
	d := collected.Sub(booted)
	return []Reading{{Value: days(d), Note: "from boot to collection"}}
}

// days writes a time as "3d 2h", "2h 5m" or "4m".
func days(d time.Duration) string {
	d = d.Truncate(time.Minute)
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case h >= 24:
		return strconv.Itoa(h/24) + "d " + strconv.Itoa(h%24) + "h"
	case h > 0:
		return strconv.Itoa(h) + "h " + strconv.Itoa(m) + "m"
	}
	return strconv.Itoa(m) + "m"
}

// count writes a number; 0 is unknown.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
