package ledger

import (
	"path"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/ctr"
	"github.com/eksleuth/eksleuth/parsers/ps"
)

// pods is the entry of the pods.
func pods(b *Bundle) []Entry { return []Entry{RunningPods(b)} }

// RunningPods compares the pods that run with how many kubelet takes.
func RunningPods(b *Bundle) Entry {
	e := Entry{
		Name: "pods", Group: Pods, Title: "pods", Unit: "pods", Rules: []string{"state.pods.at_limit", "state.kubelet.max_pods", "kubelet.admission.too_many_pods"},
		trips: []Trip{{Share: 100, What: "the scheduler puts no more pods on the node, and kubelet refuses others: OutOfpods"}},
	}
	if e.Allowed = MaxPods(b); e.Allowed == nil {
		e.Unknown = "neither the configuration of kubelet nor a flag has a number of pods"
	}
	used, why := b.sandboxes()
	e.Used, e.Unknown = used, because(e.Unknown, why)
	return e.weigh()
}

// MaxPods is how many pods kubelet is set to; nil when nothing says it.
func MaxPods(b *Bundle) *Amount {
	most := b.attribute("kubelet.max_pods")
	n, err := strconv.ParseUint(most.Value, 10, 32)
	if err != nil || n == 0 {
		return nil
	}
	return amount(n, most.File, most.Line)
}

// sandboxes counts the pods that run by their sandboxes: the tasks of
// containers with the pause image, or else its processes. Pods that wait for
// their sandbox are not among them.
//
//	409c6f98400e38c7eec10e36ac74adaa29da4b7ce6edd81e764b25fd19823287    localhost/kubernetes/pause:latest    io.containerd.runc.v2
//	65535       3538  0.4  0.1 1226932 5668 ?        Ssl  00:19   0:00  \_ /pause
func (b *Bundle) sandboxes() (n *Amount, why string) {
	pause := map[string]bool{}
	for _, f := range facts[ctr.Containers](b) {
		for _, c := range f.value.Containers {
			pause[c.ID] = pause[c.ID] || isPause(c.Image)
		}
	}
	for _, f := range facts[ctr.Tasks](b) {
		n := amount(0, f.path, 0)
		for _, t := range f.value.Tasks {
			if pause[t.ID] && t.Status == ctr.Running {
				n.Value++
			}
		}
		if n.Note = "sandboxes that run"; n.Value > 0 && f.value.Cut == 0 && b.cut(f.path) == "" {
			return n, ""
		}
	}
	for _, f := range facts[ps.Table](b) {
		n := amount(0, f.path, 0)
		for _, x := range f.value.Processes {
			if x.Command == "/pause" {
				n.Value++
			}
		}
		if n.Note = "processes of sandboxes"; n.Value > 0 && !f.value.Cut && b.cut(f.path) == "" {
			return n, ""
		}
	}
	return nil, "nothing tells which pods run"
}

// isPause knows the image of sandboxes: eks/pause:3.10, kubernetes/pause.
func isPause(image string) bool {
	name, _, _ := strings.Cut(path.Base(image), "@")
	name, _, _ = strings.Cut(name, ":")
	return strings.HasPrefix(name, "pause")
}
