package contradiction

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ctr"
)

// logged are daemons whose log says their version when they start, and the last
// part of the name of their image, whose tag has it too.
var logged = []struct{ daemon, mark, image string }{
	{"kube-proxy", "mark.node.kube_proxy_version", "kube-proxy"},
	{"aws-node", "mark.node.cni_version", "amazon-k8s-cni"},
}

// release is the part of a version that its builds share: v1.33.5 of
// v1.33.5-eks-113cf36 and of v1.33.5-minimal-eksbuild.2.
var release = regexp.MustCompile(`^v?(\d+\.\d+\.\d+)`)

// imageVersion compares the version that a log says last with the image of the
// container that runs.
//
//	server.go:677] "Version info" version="v1.33.5-eks-113cf36"
//	1e2119c3dcc2...    602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/kube-proxy:v1.33.5-minimal-eksbuild.2    io.containerd.runc.v2
func imageVersion(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	var matches []analyze.Match
	var same []string
	for _, d := range logged {
		h, ok := last(p, d.mark)
		said := release.FindStringSubmatch(h.Entities["version"])
		image, tag, at := running(p, d.image)
		runs := release.FindStringSubmatch(tag)
		switch {
		case !ok || said == nil || runs == nil || h.At.Before(p.Clock.Boot):
		case said[1] == runs[1]:
			same = append(same, fmt.Sprintf("%s %s", d.daemon, tag))
		default:
			matches = append(matches, analyze.Match{
				Entity:   d.daemon,
				Entities: map[string][]string{"image": {image}, "version": {h.Entities["version"], tag}},
				Summary:  fmt.Sprintf("%s %s runs, and its log is of %s", d.daemon, tag, h.Entities["version"]),
				At:       []parsers.Pos{at, h.Pos},
			})
		}
	}
	switch {
	case len(matches) > 0:
		return found(matches...)
	case len(same) > 0:
		return isClear("the logs are of what runs: " + strings.Join(same, ", "))
	}
	if len(analyze.Facts[ctr.Containers](p)) == 0 {
		return noData(whole.Absent(p, "containerd/containerd-containers.txt"))
	}
	return noData("no daemon that runs once has a log from its start")
}

// running is the image of the only container of a name that runs; "" for none,
// and for several.
func running(p *analyze.Pass, name string) (image, tag string, at parsers.Pos) {
	runs := map[string]bool{}
	for _, f := range analyze.Facts[ctr.Tasks](p) {
		for _, t := range f.Value.Tasks {
			runs[t.ID] = runs[t.ID] || t.Status == ctr.Running
		}
	}
	for _, f := range analyze.Facts[ctr.Containers](p) {
		for _, c := range f.Value.Containers {
			ref, _, _ := strings.Cut(path.Base(c.Image), "@")
			of, v, _ := strings.Cut(ref, ":")
			if of != name || !runs[c.ID] {
				continue
			}
			if image != "" && image != c.Image {
				return "", "", at
			}
			image, tag, at = c.Image, v, parsers.Pos{File: f.Path, Line: c.Line}
		}
	}
	return image, tag, at
}
