package node

import (
	"regexp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/containerdconfig"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
	"github.com/eksleuth/eksleuth/parsers/ps"
)

// kubeletAttributes are how the kubelet and its runtime are set up. A flag
// counts more than the configuration.
var kubeletAttributes = []attribute{
	{name: "kubelet.max_pods", group: "kubelet", title: "pods at most", from: []source{
		argument("max-pods"), config(func(c *kubeletconfig.Config) []Reading { return told(c.MaxPods) }), setting("kubernetes.max-pods"),
	}},
	{name: "kubelet.cluster_dns", group: "kubelet", title: "cluster DNS", from: clusterDNS},
	{name: "kubelet.cgroup_driver", group: "kubelet", title: "cgroup driver", from: []source{
		argument("cgroup-driver"), config(func(c *kubeletconfig.Config) []Reading { return told(c.CgroupDriver) }),
	}},
	{name: "kubelet.provider_id", group: "kubelet", title: "provider ID", from: []source{
		argument("provider-id"), config(func(c *kubeletconfig.Config) []Reading { return told(c.ProviderID) }),
	}},
	{name: "kubelet.eviction_hard", group: "kubelet", title: "evicts below", from: []source{
		argument("eviction-hard"), config(func(c *kubeletconfig.Config) []Reading { return entries(c.EvictionHard, "<") }),
	}},
	{name: "kubelet.image_gc_high", group: "kubelet", title: "removes images at", from: []source{
		argument("image-gc-high-threshold"), config(func(c *kubeletconfig.Config) []Reading { return told(c.ImageGCHigh) }),
		setting("kubernetes.image-gc-high-threshold-percent"),
	}, optional: true},
	{name: "kubelet.reserved", group: "kubelet", title: "reserved", from: []source{
		argument("kube-reserved"), config(func(c *kubeletconfig.Config) []Reading { return entries(c.KubeReserved, "=") }),
	}, optional: true},
	{name: "kubelet.labels", group: "kubelet", title: "labels", from: []source{
		argument("node-labels"), mark("mark.node.kubelet_flag.labels"),
	}, same: sameLabels, optional: true},
	{name: "kubelet.taints", group: "kubelet", title: "taints", from: []source{argument("register-with-taints")}, optional: true},
	{name: "runtime.sandbox_image", group: "kubelet", title: "pause image", from: []source{
		from(func(f fact[containerdconfig.Config]) []Reading {
			return one(f.value.SandboxImage.Value, f.value.SandboxImage.Line)
		}),
		argument("pod-infra-container-image"),
	}},
	{name: "runtime.snapshotter", group: "kubelet", title: "snapshotter", from: []source{
		from(func(f fact[containerdconfig.Config]) []Reading {
			return one(f.value.Snapshotter.Value, f.value.Snapshotter.Line)
		}),
	}},
}

// A kubelet started by systemd, by snap or by Bottlerocket.
var kubelet = regexp.MustCompile(`^(?:\S*/)?kubelet(?:-eks)?\s`)

// argument reads a flag of the kubelet that runs, as in
//
//	/usr/bin/kubelet --node-ip=10.0.12.34 --cloud-provider external --config=/etc/kubernetes/kubelet/config.json
func argument(name string) source {
	return from(func(f fact[ps.Table]) (all []Reading) {
		for _, p := range f.value.Processes {
			if !kubelet.MatchString(p.Command) {
				continue
			}
			words := strings.Fields(p.Command)
			for i, w := range words {
				value, ok := strings.CutPrefix(w, "--"+name)
				switch {
				case !ok:
				case value == "" && i+1 < len(words):
					all = append(all, Reading{Value: words[i+1], Line: p.Line, Note: "flag of the running kubelet"})
				case strings.HasPrefix(value, "="):
					all = append(all, Reading{Value: value[1:], Line: p.Line, Note: "flag of the running kubelet"})
				}
			}
		}
		return all
	})
}

// label reads labels that the kubelet was told to give the node, "a=1,b=2"; of
// several the first that is there.
func label(keys ...string) source {
	flags := []source{argument("node-labels"), mark("mark.node.kubelet_flag.labels")}
	return func(r *reader) (all []Reading) {
		for _, key := range keys {
			for _, read := range flags {
				for _, x := range read(r) {
					if value, ok := valueOf(x.Value, key); ok {
						all = append(all, Reading{Value: value, File: x.File, Line: x.Line, Note: "label " + key})
					}
				}
			}
		}
		return all
	}
}

func valueOf(labels, key string) (string, bool) {
	for pair := range strings.SplitSeq(labels, ",") {
		if k, v, ok := strings.Cut(pair, "="); ok && strings.TrimSpace(k) == key {
			return v, true
		}
	}
	return "", false
}

// sameLabels compares lists that may be in another order.
func sameLabels(a, b string) bool {
	x, y := strings.Split(a, ","), strings.Split(b, ",")
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// config is a source that reads the configuration of the kubelet.
func config(read func(*kubeletconfig.Config) []Reading) source {
	return func(r *reader) []Reading { return read(Kubelet(r.Facts)) }
}

// Kubelet is the configuration of the kubelet, its drop-ins merged; empty when
// the bundle has none. The facts are in the order of their paths.
func Kubelet(all []index.Fact) *kubeletconfig.Config {
	var base *kubeletconfig.Config
	var dropIns []*kubeletconfig.Config
	for _, f := range all {
		c, ok := f.Value.(*kubeletconfig.Config)
		switch {
		case !ok:
		case kubeletconfig.DropIn(f.File.Path):
			dropIns = append(dropIns, c)
		case base == nil:
			base = c
		}
	}
	return kubeletconfig.Merge(base, dropIns...)
}

// told is a setting as a reading.
func told[T any](s kubeletconfig.Setting[T]) []Reading {
	return []Reading{{Value: s.Text, File: s.File, Line: s.Line}}
}

// entries are those of a map, in the place of the first.
func entries(all []kubeletconfig.Entry, between string) []Reading {
	if len(all) == 0 {
		return nil
	}
	var words []string
	for _, e := range all {
		words = append(words, e.Key+between+e.Value)
	}
	slices.Sort(words)
	return []Reading{{Value: strings.Join(words, ", "), File: all[0].File, Line: all[0].Line}}
}

// providerIDForm is what the cloud controller calls an instance.
//
//	aws:///us-west-2a/i-07c3d9ab1e4f301ef
var providerIDForm = regexp.MustCompile(`^aws:///([a-z0-9-]+)/(i-[0-9a-f]+)$`)

func providerID(part func(zone, id string) string) source {
	both := []source{argument("provider-id"), config(func(c *kubeletconfig.Config) []Reading { return told(c.ProviderID) })}
	return func(r *reader) (all []Reading) {
		for _, read := range both {
			for _, x := range read(r) {
				if m := providerIDForm.FindStringSubmatch(x.Value); m != nil {
					x.Value, x.Note = part(m[1], m[2]), "from the provider ID"
					all = append(all, x)
				}
			}
		}
		return all
	}
}

var clusterDNS = []source{
	argument("cluster-dns"), config(func(c *kubeletconfig.Config) []Reading { return told(c.ClusterDNS) }), setting("kubernetes.cluster-dns-ip"),
}
