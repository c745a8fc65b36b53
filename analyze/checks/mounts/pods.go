package mounts

import (
	"context"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ctr"
	"github.com/eksleuth/eksleuth/parsers/df"
)

const pods = "/var/lib/kubelet/pods"

// podsRemounted looks for a mount that covers volumes of pods. mount lists in
// the order in which the mounts were made, so it stands below theirs.
//
//	tmpfs on /var/lib/kubelet/pods/0c7a6c5e-…/volumes/kubernetes.io~projected/kube-api-access-x2b4v type tmpfs (rw,relatime,size=3056168k)
//	/dev/nvme1n1 on /var/lib/kubelet type xfs (rw,relatime)
func podsRemounted(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t, note := mounted(p)
	if note != "" {
		return network.NoData(note), nil
	}
	var volume *df.Mount
	for i := range t.Mounts {
		m := &t.Mounts[i]
		switch {
		case volume == nil && strings.HasPrefix(m.Target, pods+"/"):
			volume = m
		case volume != nil && (m.Target == pods || m.Target == "/var/lib/kubelet"):
			return network.Found(analyze.Match{
				Entity:   m.Target,
				Entities: map[string][]string{"file": {m.Target}, "device": {strings.TrimPrefix(m.Source, "/dev/")}},
				Summary:  fmt.Sprintf("%s was mounted on %s when kubelet already had volumes there", m.Source, m.Target),
				At:       []parsers.Pos{t.at(*m), t.at(*volume)},
			}), nil
		}
	}
	if t.note != "" {
		return network.NoData(t.note), nil
	}
	return network.Clear("nothing was mounted over volumes of pods"), nil
}

// staleOverlay looks for root filesystems of containers that are gone.
func staleOverlay(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t, note := mounted(p)
	if note != "" {
		return network.NoData(note), nil
	}
	n := 0
	var last df.Mount
	for _, m := range t.Mounts {
		if m.Type == "overlay" {
			n, last = n+1, m
		}
	}
	if float64(n) <= p.Limit("mounts") {
		if t.note != "" {
			return network.NoData(t.note), nil
		}
		return network.Clear(fmt.Sprintf("%d overlay mounts", n)), nil
	}
	tasks, path := 0, ""
	for _, f := range analyze.Facts[ctr.Tasks](p) {
		if f.Value.Cut == 0 && !f.Value.NoHead && whole.Cut(p, f.Path) == "" {
			tasks, path = len(f.Value.Tasks), f.Path
		}
	}
	switch {
	case path == "":
		return network.NoData("nothing tells how many containers run: " + whole.Absent(p, "containerd/containerd-tasks.txt")), nil
	case float64(n) <= p.Limit("each")*float64(tasks):
		return network.Clear(fmt.Sprintf("overlay mounts: %d, containers: %d", n, tasks)), nil
	}
	return network.Found(analyze.Match{
		Summary: fmt.Sprintf("overlay mounts: %d, containers: %d", n, tasks),
		Count:   n,
		At:      []parsers.Pos{t.at(last), {File: path}},
	}), nil
}
