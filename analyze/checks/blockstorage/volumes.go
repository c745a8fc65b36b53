package blockstorage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/disk"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/internal/words"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/df"
)

// volumeFull looks for volumes of pods on which nothing is left. df shows one mount
// of each disk, maybe that of the driver and not of the pod:
//
//	/dev/nvme1n1  9.8G  9.8G     0 100% /var/lib/kubelet/plugins/kubernetes.io/csi/ebs.csi.aws.com/2e7c4d0b/globalmount
func volumeFull(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	const place = "storage/mounts.txt"
	for _, f := range analyze.Facts[df.Table](p) {
		if len(f.Value.Space) == 0 {
			continue
		}
		rows := volumesOf(p, f.Value)
		var names map[string]string // made for the first
		var out []analyze.Match
		for _, u := range rows {
			if float64(u.Percent) >= p.Limit("full") {
				if names == nil {
					names = disk.PodNames(p)
				}
				out = append(out, fullVolume(names, f, u))
			}
		}
		switch why := cmp.Or(whole.Cut(p, f.Path), damagedSpace(f.Value)); {
		case len(out) > 0:
			return found(out), nil
		case why != "":
			return network.NoData(why), nil
		}
		return network.Clear(words.Count(len(rows), "volume", "volumes") + " below the limit"), nil
	}
	return network.NoData(whole.Absent(p, place)), nil
}

// damagedSpace says that df has left out filesystems; "" when not.
func damagedSpace(t *df.Table) string {
	if t.Cut {
		return "df has more rows than are kept"
	}
	for _, n := range t.Notes {
		if strings.HasPrefix(n.Text, "df: ") {
			return n.Text
		}
	}
	return ""
}

// volumesOf are the rows of volumes that pods fill, and they alone. A folder of the
// node that a pod has as a volume is on the disk of the node, and what all pods have
// read-only was full when they got it.
func volumesOf(p *analyze.Pass, t *df.Table) (all []df.Usage) {
	kinds := disk.Kinds(p)
	nodes, read, written := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, m := range t.Mounts {
		nodes[m.Source] = nodes[m.Source] || disk.OfNode(m.Target)
		if _, ofPod := disk.VolumeAt(m.Target); ofPod {
			read[m.Source] = true
			written[m.Source] = written[m.Source] || !m.ReadOnly()
		}
	}
	seen := map[string]bool{}
	for _, u := range t.Space {
		_, ofPod := disk.VolumeAt(u.Target)
		local := strings.HasPrefix(u.Source, "/dev/")
		switch {
		case !ofPod && !strings.Contains(u.Target, "/plugins/kubernetes.io/"), u.Size == 0 || u.Percent < 0, kinds.Image(u):
		case local && (nodes[u.Source] || seen[u.Source] || read[u.Source] && !written[u.Source]):
		default:
			seen[u.Source] = true
			all = append(all, u)
		}
	}
	return all
}

// fullVolume makes the finding, with the pods that have the volume. names are those
// of pods by their UIDs.
func fullVolume(names map[string]string, f analyze.FileFact[df.Table], u df.Usage) analyze.Match {
	m := analyze.Match{
		Entity:   u.Target,
		Entities: map[string][]string{"device": {strings.TrimPrefix(u.Source, "/dev/")}},
		At:       []parsers.Pos{{File: f.Path, Line: u.Line}},
	}
	name := u.Target
	add := func(target string, line int) {
		v, ok := disk.VolumeAt(target)
		if pod := cmp.Or(names[v.Pod], v.Pod); ok && !slices.Contains(m.Entities["pod"], pod) && len(m.Entities["pod"]) < 10 {
			m.Entities["pod"] = append(m.Entities["pod"], pod)
			m.Entity, name = v.Title(), v.Title()
			if line != u.Line {
				m.At = append(m.At, parsers.Pos{File: f.Path, Line: line})
			}
		}
	}
	add(u.Target, u.Line)
	for _, x := range f.Value.Mounts {
		if x.Source == u.Source && strings.HasPrefix(x.Source, "/dev/") {
			add(x.Target, x.Line)
		}
	}
	m.Summary = fmt.Sprintf("%s (%s) is %d %% full, %s of %s are free", name, u.Source, u.Percent, ledger.Bytes(u.Avail), ledger.Bytes(u.Size))
	if pods := m.Entities["pod"]; len(pods) > 0 {
		m.Summary += "; it is of " + strings.Join(pods, ", ")
	}
	if u.Avail > 0 {
		m.Severity = analyze.Low
	}
	return m
}
