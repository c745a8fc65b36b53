// Package cniconfig judges what the container runtime of a node takes as its
// network plugin, and of which version that is.
package cniconfig

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/conflist"
)

//go:embed check.yaml
var doc []byte

// Checks are those of state.cni that look at configuration and version.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.cni.conflist_missing":   missing,
	"state.cni.multiple_conflists": several,
	"state.cni.version_known_bad":  version,
})

// configs are the files that a runtime takes for a configuration, and whether
// the collector has looked at the folder at all: it writes a file of its own
// into it.
func configs(p *analyze.Pass) (all []*index.File, other *index.File) {
	for _, f := range p.Files {
		if place := f.At(); path.Dir(place) != "cni" {
			continue
		}
		switch {
		case strings.HasPrefix(path.Base(f.At()), "cni-configuration-variables"):
			other = f
		case conflist.Loaded(f.At()):
			all = append(all, f)
		}
	}
	return all, other
}

// missing looks for a node without network for its pods. Until a node is some
// minutes old that is normal: the plugin writes its file when it is ready.
func missing(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	if all := network.Conflists(p); len(all) > 0 {
		return network.Clear(all[0].Path + " is there"), nil
	}
	files, other := configs(p)
	renamed := aside(p)
	switch {
	case slices.ContainsFunc(p.Skips, func(s index.Skip) bool { return strings.Contains(s.Path, "cni/") }):
		return network.NoData("not all files of cni/ were read"), nil
	case len(files) > 0:
		return unusable(p, files), nil
	case other == nil && len(renamed) == 0:
		return network.NoData("the collector left nothing in cni/"), nil
	case p.Broken != "":
		return network.NoData("the bundle breaks off: " + p.Broken), nil
	case young(p):
		return network.NoData("the node has just booted: the network plugin writes its configuration when it is ready"), nil
	}
	return network.Found(none(renamed, other)), nil
}

// aside are configurations that somebody renamed so that no runtime takes them.
// Cilium does that to those of others, and its removal does not undo it: see
// cilium/cilium#23159.
func aside(p *analyze.Pass) (all []analyze.FileFact[conflist.Network]) {
	for _, f := range analyze.Facts[conflist.Network](p) {
		if path.Base(path.Dir(f.Path)) == "cni" && !conflist.Loaded(f.Path) {
			all = append(all, f)
		}
	}
	return all
}

func none(renamed []analyze.FileFact[conflist.Network], other *index.File) analyze.Match {
	m := analyze.Match{
		Entity:   "/etc/cni/net.d",
		Entities: map[string][]string{"file": {"/etc/cni/net.d"}},
	}
	if len(renamed) == 0 {
		m.Summary = "no network plugin has written its configuration to /etc/cni/net.d"
		m.At = []parsers.Pos{{File: other.Path}}
		return m
	}
	f := renamed[0]
	m.Summary = fmt.Sprintf("/etc/cni/net.d has no configuration that a runtime takes by its name; %s is set aside", path.Base(f.Path))
	m.At = []parsers.Pos{{File: f.Path, Line: f.Value.Line}}
	return m
}

// unusable is the verdict about files of which none can be read. One that only
// breaks off, or that holds what a command said, may be whole on the node: then
// kubelet or containerd have to say that the network is not ready.
func unusable(p *analyze.Pass, files []*index.File) analyze.Verdict {
	m := analyze.Match{Entity: "/etc/cni/net.d"}
	var said []string
	wrong := false
	for _, f := range files[:min(len(files), 10)] {
		m.At = append(m.At, parsers.Pos{File: f.Path})
		said = append(said, fmt.Sprintf("%s: %s", f.Path, fault(f)))
		wrong = wrong || f.Refusal == nil && !breaksOff(p, f)
	}
	all := strings.Join(said, "; ")
	line, unready := notReady(p)
	switch {
	case unready:
		m.At = append(m.At, line)
	case !wrong:
		return network.NoData("what the collector copied from /etc/cni/net.d cannot be read, and no log ends with a network that is not ready: " + all)
	}
	m.Summary = "no configuration in /etc/cni/net.d can be read; " + all
	return network.Found(m)
}

// fault says why a file is no configuration.
func fault(f *index.File) string {
	if f.Refusal != nil {
		return fmt.Sprintf("it holds an error, %q", f.Refusal.Text)
	}
	return cmp.Or(f.Err, "empty")
}

// breaksOff reports a file that is well up to its last line.
func breaksOff(p *analyze.Pass, f *index.File) bool {
	for _, x := range p.Facts {
		if e, ok := errors.AsType[*parsers.ParseError](x.Err); ok && x.File == f {
			return errors.Is(e, io.ErrUnexpectedEOF) || f.Lines > 1 && e.Pos.Line >= f.Lines
		}
	}
	return false
}

// recent is how long before the end a log may have said that the network is not
// ready: kubelet says so each few seconds.
const recent = 10 * time.Minute

// notReady returns the last line of kubelet or containerd that says that the
// network is not ready, if the node did not become ready later.
func notReady(p *analyze.Pass) (parsers.Pos, bool) {
	var last analyze.Hit
	for _, h := range p.Hits("containerd.cni.not_initialized") {
		if h.At.After(last.At) {
			last = h
		}
	}
	later := func(h analyze.Hit) bool { return h.At.After(last.At) }
	if last.At.IsZero() || slices.ContainsFunc(p.Hits("mark.node.ready"), later) {
		return parsers.Pos{}, false
	}
	end := p.Clock.Collected
	return last.Pos, end.IsZero() || end.Sub(last.At) < recent
}

// grace is how long a node may take from its boot to its network.
const grace = 2 * time.Minute

func young(p *analyze.Pass) bool {
	boot, end := p.Clock.Boot, p.Clock.Collected
	return !boot.IsZero() && !end.IsZero() && end.Sub(boot) < grace
}

// several looks for plugins that contend for the node: the runtime takes the
// first file by name. A plugin that calls others comes first on purpose, and
// what no program of Kubernetes writes does no harm behind it.
func several(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	files, _ := configs(p)
	all := network.Conflists(p)
	if len(all) == 0 {
		return network.NoData("no configuration of a network plugin: cni/"), nil
	}
	slices.SortStableFunc(all, func(a, b analyze.FileFact[conflist.Network]) int {
		return cmp.Compare(path.Base(a.Path), path.Base(b.Path))
	})
	first := kind(all[0].Value)
	if first != "loopback" && network.Meta(first) {
		return network.Clear(all[0].Path + " calls the others"), nil
	}
	var seen []string
	var at []parsers.Pos
	for _, f := range all {
		k := kind(f.Value)
		if k == "loopback" || slices.Contains(seen, k) || local(k) && len(seen) > 0 {
			continue
		}
		seen = append(seen, k)
		at = append(at, parsers.Pos{File: f.Path, Line: f.Value.Line})
	}
	if len(seen) < 2 {
		return network.Clear(words.Count(len(files), "file", "files") + ", of one plugin for pods"), nil
	}
	m := analyze.Match{
		Entity:  "/etc/cni/net.d",
		Summary: fmt.Sprintf("%s wins over %s", named(at[0], seen[0]), named(at[1], strings.Join(seen[1:min(len(seen), 6)], ", "))),
		At:      at[:min(len(at), 10)],
	}
	if agent, running, _ := network.Process(p, "aws-k8s-agent"); agent != nil {
		m.At = append(m.At, running)
		if seen[0] == "aws-cni" {
			// What runs is what the runtime takes.
			m.Severity = analyze.Low
			m.Summary += "; ipamd of the VPC CNI runs"
		} else {
			m.Summary += "; ipamd of the VPC CNI runs, and pods get no address of it"
		}
	}
	return network.Found(m), nil
}

func named(at parsers.Pos, plugin string) string { return path.Base(at.File) + " (" + plugin + ")" }

// kind is the plugin that makes the network. Cilium puts itself behind aws-cni
// when it is chained.
func kind(n *conflist.Network) string {
	if len(n.Plugins) == 0 {
		return n.Name
	}
	return n.Plugins[0].Type
}

// local are plugins of other programs for containers of their own.
func local(kind string) bool { return kind == "bridge" || kind == "podman" || kind == "ptp" }

// A badVersion is a release of the VPC CNI that is known for a fault.
type badVersion struct {
	version  string
	what     string
	severity analyze.Severity
}

// bad are such releases. No fault of 1.20.4 is known that shows on a node.
var bad = []badVersion{
	{"1.5.2", "a regression, see aws/amazon-vpc-cni-k8s#575", analyze.Medium},
	{"1.5.4", "rules of pods of the primary interface were missing, see aws/amazon-vpc-cni-k8s#641", analyze.Medium},
	{"1.10.0", "ipamd panics when an API group of the cluster cannot be reached, see aws/amazon-vpc-cni-k8s#1738", analyze.Medium},
	{"1.20.4", "support lists name it as one to avoid, and the add-on does not offer all of its builds, see aws/amazon-vpc-cni-k8s#3509", analyze.Low},
}

// version compares the release of the VPC CNI with those that are known to be
// bad, and with the release of kubelet.
func version(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	v, at, ok := release(p)
	if !ok {
		return network.NoData("the version of the VPC CNI is not in the bundle"), nil
	}
	major, minor, patch, ok := numbers(v)
	if !ok {
		return network.NoData(fmt.Sprintf("the version of the VPC CNI cannot be read: %q", clip(v))), nil
	}
	short := fmt.Sprintf("%d.%d.%d", major, minor, patch)
	m := analyze.Match{Entity: short, Entities: map[string][]string{"version": {short}}, At: []parsers.Pos{at}}
	for _, b := range bad {
		if b.version == short {
			m.Severity, m.Summary = b.severity, fmt.Sprintf("the VPC CNI is %s: %s", short, b.what)
			return network.Found(m), nil
		}
	}
	_, k, _, ok := numbers(p.Case.Node.Kubelet)
	if ok && k >= 27 && major == 1 && minor < 12 {
		m.Summary = fmt.Sprintf("the VPC CNI is %s and kubelet %s: releases before 1.12 were not made for Kubernetes 1.27 and later", short, clip(p.Case.Node.Kubelet))
		return network.Found(m), nil
	}
	return network.Clear("the VPC CNI is " + short), nil
}

// release is the version of the newest aws-node container, by its image:
//
//	602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.20.4-eksbuild.2
func release(p *analyze.Pass) (string, parsers.Pos, bool) {
	for _, f := range analyze.Facts[cnienv.Containers](p) {
		c := f.Value.Latest()
		if c == nil || !strings.Contains(c.Image, "amazon-k8s-cni") {
			continue
		}
		image, _, _ := strings.Cut(c.Image, "@")
		if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
			return image[i+1:], parsers.Pos{File: f.Path, Line: c.Line}, true
		}
	}
	return "", parsers.Pos{}, false
}

// numbers reads "v1.20.4-eksbuild.2".
func numbers(v string) (major, minor, patch int, ok bool) {
	v, _, _ = strings.Cut(strings.TrimPrefix(v, "v"), "-")
	parts := strings.Split(v, ".")
	if len(parts) != 3 {
		return 0, 0, 0, false
	}
	var n [3]int
	for i, s := range parts {
		x, err := strconv.ParseUint(s, 10, 16)
		if err != nil {
			return 0, 0, 0, false
		}
		n[i] = int(x)
	}
	return n[0], n[1], n[2], true
}

func clip(s string) string { return s[:min(len(s), 40)] }
