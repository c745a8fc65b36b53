package load

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/entity"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/throttling"
)

// ofNode are pods that others of the node depend on.
var ofNode = []string{"aws-node-", "kube-proxy-", "coredns-", "ebs-csi-", "efs-csi-", "eks-pod-identity-agent-"}

// maxThrottled is how many cgroups are told.
const maxThrottled = 10

// cpuThrottling finds containers that use up their limit much of the time. Each
// container with a limit was throttled at times, which is nothing.
//
//	/sys/fs/cgroup/.../cpu.stat
//	nr_periods 104065
//	nr_throttled 103964
func cpuThrottling(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	note := whole.Absent(p, "system/cpu_throttling.txt")
	for _, f := range analyze.Facts[throttling.CPU](p) {
		why := whole.Cut(p, f.Path)
		matches := throttled(p, f)
		switch {
		case len(matches) > 0:
			return found(matches...)
		case why != "":
			return noData(why)
		case len(f.Value.Groups) > 0:
			return isClear(fmt.Sprintf("none of %d cgroups used up its limit often", len(f.Value.Groups)))
		case f.Value.None > 0:
			return isClear("no cgroup was throttled")
		}
		note = f.Path + " does not say which cgroups were throttled"
	}
	return noData(note)
}

// throttled are the findings of a file, the most throttled first.
func throttled(p *analyze.Pass, f analyze.FileFact[throttling.CPU]) []analyze.Match {
	groups := slices.DeleteFunc(slices.Clone(f.Value.Groups), func(g throttling.Group) bool {
		return float64(g.Periods) <= p.Limit("periods") || percent(g) <= p.Limit("share") || within(f.Value.Groups, g)
	})
	slices.SortStableFunc(groups, func(a, b throttling.Group) int { return cmp.Compare(percent(b), percent(a)) })
	var names map[string]string
	if len(groups) > 0 {
		names = pods(p)
	}
	var matches []analyze.Match
	for _, g := range groups[:min(len(groups), maxThrottled)] {
		matches = append(matches, about(f.Path, g, names))
	}
	return matches
}

func percent(g throttling.Group) float64 {
	if g.Periods == 0 {
		return 0
	}
	return float64(g.Throttled) / float64(g.Periods) * 100
}

// within reports the cgroup of a pod of which a container is listed too.
func within(all []throttling.Group, g throttling.Group) bool {
	return g.Pod != "" && g.Container == "" && slices.ContainsFunc(all, func(x throttling.Group) bool { return x.Pod == g.Pod && x.Container != "" })
}

// pods are the names of pods by their UID.
func pods(p *analyze.Pass) map[string]string {
	names := map[string]string{}
	for _, o := range entity.Facts(p.Facts, p.Files) {
		var uid, pod string
		for _, t := range o.Things {
			switch t.Kind {
			case entity.UID:
				uid = t.ID
			case entity.Pod:
				pod = t.ID
			}
		}
		if uid != "" && pod != "" {
			names[uid] = pod
		}
	}
	return names
}

// about is the finding about a cgroup.
func about(file string, g throttling.Group, names map[string]string) analyze.Match {
	m := analyze.Match{
		Entity:   cmp.Or(g.Container, g.Pod, path.Dir(g.Path)),
		Entities: map[string][]string{},
		At:       places(file, g),
	}
	name := path.Base(path.Dir(g.Path))
	if g.Pod != "" {
		m.Entities["pod_uid"] = []string{g.Pod}
		name = "a container of pod " + g.Pod
	}
	if g.Container != "" {
		m.Entities["container_id"] = []string{g.Container}
	}
	if pod := names[g.Pod]; pod != "" {
		m.Entities["pod"] = []string{pod}
		name = "a container of pod " + pod
		// Its probes time out; those of other pods do not.
		m.Explains = []string{"kubelet.probe.failures"}
		_, short, _ := strings.Cut(pod, "/")
		if slices.ContainsFunc(ofNode, func(prefix string) bool { return strings.HasPrefix(short, prefix) }) {
			m.Severity = analyze.Medium
		}
	}
	m.Summary = fmt.Sprintf("%s used up its CPU limit in %.0f %% of %d periods", name, percent(g), g.Periods)
	if g.Waited > 0 {
		m.Summary += fmt.Sprintf(" and waited %s", g.Waited.Round(time.Second))
	}
	return m
}

// places are the lines of both counters.
func places(file string, g throttling.Group) []parsers.Pos {
	at := []parsers.Pos{{File: file, Line: g.Line}}
	for _, s := range g.Stats {
		if s.Key == "nr_periods" || s.Key == "nr_throttled" {
			at = append(at, parsers.Pos{File: file, Line: s.Line})
		}
	}
	return at
}
