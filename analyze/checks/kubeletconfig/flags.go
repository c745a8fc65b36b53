package kubeletconfig

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
)

// twins are flags and the settings of the file that say the same thing.
var twins = []struct{ flag, setting string }{
	{"cgroup-driver", "cgroupDriver"},
	{"cluster-dns", "clusterDNS"},
	{"cluster-domain", "clusterDomain"},
	{"container-log-max-files", "containerLogMaxFiles"},
	{"container-log-max-size", "containerLogMaxSize"},
	{"container-runtime-endpoint", "containerRuntimeEndpoint"},
	{"cpu-manager-policy", "cpuManagerPolicy"},
	{"image-gc-high-threshold", "imageGCHighThresholdPercent"},
	{"image-gc-low-threshold", "imageGCLowThresholdPercent"},
	{"max-pods", "maxPods"},
	{"pod-max-pids", "podPidsLimit"},
	{"pods-per-core", "podsPerCore"},
	{"read-only-port", "readOnlyPort"},
	{"registry-burst", "registryBurst"},
	{"registry-qps", "registryPullQPS"},
	{"resolv-conf", "resolvConf"},
	{"serialize-image-pulls", "serializeImagePulls"},
	{"topology-manager-policy", "topologyManagerPolicy"},
}

// flagsAgainstConfig looks for settings of the file that a flag overrides.
func flagsAgainstConfig(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	s, note := settingsOf(p)
	if note != "" {
		return network.NoData(note), nil
	}
	if why := s.hidden(p); why != "" {
		return network.NoData(why), nil
	}
	var out []analyze.Match
	for _, t := range twins {
		flag, ok := s.flags[t.flag]
		c := s.Get(t.setting)
		if ok && c.Set() && !same(flag, c.Text) {
			out = append(out, s.overridden(t.flag, flag, t.setting, c.Text, parsers.Pos{File: c.File, Line: c.Line}))
		}
	}
	for _, t := range []struct {
		flag, setting string
		all           []kubeletconfig.Entry
	}{{"eviction-hard", "evictionHard", s.EvictionHard}, {"kube-reserved", "kubeReserved", s.KubeReserved}, {"system-reserved", "systemReserved", s.SystemReserved}} {
		flag, ok := s.flags[t.flag]
		if ok && len(t.all) > 0 && !maps.Equal(texts(s.entries(t.flag, nil)), texts(s.entries("", t.all))) {
			out = append(out, s.overridden(t.flag, flag, t.setting, joined(t.all), parsers.Pos{File: t.all[0].File, Line: t.all[0].Line}))
		}
	}
	if len(out) == 0 {
		return network.Clear("no flag says anything else than the configuration"), nil
	}
	return network.Found(out...), nil
}

// overridden is the finding about a setting.
func (s *settings) overridden(flag, value, setting, text string, at parsers.Pos) analyze.Match {
	return analyze.Match{
		Entity:  flag,
		Summary: fmt.Sprintf("--%s=%s counts more than %s %s of the configuration", flag, value, setting, text),
		At:      []parsers.Pos{s.running, at},
	}
}

// same compares the values of a flag and of a file. A socket may be a path or an
// address.
func same(flag, text string) bool {
	a, b := strings.TrimPrefix(flag, "unix://"), strings.TrimPrefix(text, "unix://")
	return strings.TrimSpace(a) == strings.TrimSpace(b)
}

// texts are the values of entries.
func texts(all map[string]value) map[string]string {
	out := map[string]string{}
	for k, v := range all {
		out[k] = v.text
	}
	return out
}

// joined is a map on one line.
func joined(all []kubeletconfig.Entry) string {
	var words []string
	for _, e := range all {
		words = append(words, e.Key+"="+e.Value)
	}
	slices.Sort(words)
	return strings.Join(words, ",")
}
