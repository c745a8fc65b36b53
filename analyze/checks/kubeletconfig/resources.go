package kubeletconfig

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
)

const mebi = 1 << 20

// percent reads "10%".
func percent(text string) (float64, bool) {
	number, ok := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(number, 64)
	return n, ok && err == nil
}

// off reports a threshold that kubelet does not look at: 0, 0% and 100%.
func off(text string) bool {
	if n, ok := percent(text); ok {
		return n <= 0 || n >= 100
	}
	n, ok := kubeletconfig.Quantity(text)
	return ok && n <= 0
}

// signals are the thresholds that nodeadm sets and kubelet has by default.
var signals = []string{"memory.available", "nodefs.available", "nodefs.inodesFree"}

// eviction looks for a resource that may run out without kubelet making room.
// kubelet's defaults hold only when evictionHard is not set at all.
func eviction(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, note := settingsOf(p)
	if note != "" {
		return network.NoData(note), nil
	}
	_, flag := s.flags["eviction-hard"]
	if !s.Get("evictionHard").Set() && !flag {
		return network.Clear("evictionHard is not set: kubelet has its defaults"), nil
	}
	defaults := s.Get("mergeDefaultEvictionSettings").Text == "true"
	hard := s.entries("eviction-hard", s.EvictionHard)
	m := analyze.Match{Severity: analyze.Low, At: s.cite("eviction-hard", s.EvictionHard)}
	var why []string
	for _, name := range signals {
		v, ok := hard[name]
		if !ok && defaults {
			continue
		}
		if text := weak(p, name, v.text); text != "" {
			why = append(why, text)
			if name != "nodefs.inodesFree" {
				m.Severity = analyze.Medium
			}
		}
	}
	if len(why) == 0 {
		return network.Clear("the thresholds of memory, disk and inodes are set"), nil
	}
	m.Summary = "kubelet does not evict in time: " + strings.Join(why, ", ")
	return network.Found(m), nil
}

// weak says what is wrong with a threshold; "" when it is as it should be.
func weak(p *analyze.Pass, name, text string) string {
	if text == "" {
		return "no threshold for " + name
	}
	if off(text) {
		return fmt.Sprintf("%s is switched off by %q", name, text)
	}
	bytes, amount := kubeletconfig.Quantity(text)
	share, relative := percent(text)
	if name == "memory.available" && amount && bytes < p.Limit("memory")*mebi || name == "nodefs.available" && relative && share < p.Limit("disk") {
		return fmt.Sprintf("%s is only %s", name, text)
	}
	return ""
}

// reserved looks for a node whose pods may have all of its memory.
func reserved(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, note := settingsOf(p)
	if note != "" {
		return network.NoData(note), nil
	}
	kube, isKube := s.entries("kube-reserved", s.KubeReserved)["memory"]
	system, isSystem := s.entries("system-reserved", s.SystemReserved)["memory"]
	var sum float64
	for _, v := range []value{kube, system} {
		if v.text == "" {
			continue
		}
		n, ok := kubeletconfig.Quantity(v.text)
		if !ok {
			return network.NoData(fmt.Sprintf("%q is no amount of memory", v.text)), nil
		}
		sum += n
	}
	switch {
	case sum >= p.Limit("memory")*mebi:
		return network.Clear(fmt.Sprintf("%.0f MiB are reserved", sum/mebi)), nil
	case !isKube && !isSystem && s.hidden(p) != "":
		return network.NoData(s.hidden(p)), nil
	case !isKube && !isSystem:
		return network.Found(analyze.Match{
			Summary: "no memory is reserved for kubelet and containerd",
			At:      s.cite("kube-reserved", s.KubeReserved),
		}), nil
	}
	at := kube.at
	if !isKube {
		at = system.at
	}
	return network.Found(analyze.Match{
		Severity: analyze.Low,
		Summary:  fmt.Sprintf("only %.0f MiB of memory are reserved for kubelet, containerd and the system", sum/mebi),
		At:       []parsers.Pos{at},
	}), nil
}
