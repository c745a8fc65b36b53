package kubeletconfig

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

func build(parts []Part) *Config {
	r := merged(parts)
	return &Config{
		Parts:      parts,
		APIVersion: r.text("apiVersion"), Kind: r.text("kind"), ProviderID: r.text("providerID"),
		ClusterDNS: r.list("clusterDNS"), ClusterDomain: r.text("clusterDomain"), ResolvConf: r.text("resolvConf"),
		MaxPods: r.number("maxPods"), PodsPerCore: r.number("podsPerCore"), PodPidsLimit: r.number("podPidsLimit"),

		CgroupDriver: r.text("cgroupDriver"), CgroupRoot: r.text("cgroupRoot"),
		ContainerRuntimeEndpoint: r.text("containerRuntimeEndpoint"), ImageServiceEndpoint: r.text("imageServiceEndpoint"),
		RuntimeRequestTimeout: r.text("runtimeRequestTimeout"),

		ServerTLSBootstrap: r.truth("serverTLSBootstrap"), RotateCertificates: r.truth("rotateCertificates"),
		AnonymousAuth: r.truth("authentication", "anonymous", "enabled"), WebhookAuth: r.truth("authentication", "webhook", "enabled"),
		ClientCAFile: r.text("authentication", "x509", "clientCAFile"), AuthorizationMode: r.text("authorization", "mode"),
		ReadOnlyPort: r.number("readOnlyPort"),

		EvictionHard: r.entries("evictionHard"), EvictionSoft: r.entries("evictionSoft"),
		EvictionSoftGracePeriod: r.entries("evictionSoftGracePeriod"), EvictionMinimumReclaim: r.entries("evictionMinimumReclaim"),
		EvictionMaxPodGracePeriod: r.number("evictionMaxPodGracePeriod"), EvictionPressureTransitionPeriod: r.text("evictionPressureTransitionPeriod"),

		KubeReserved: r.entries("kubeReserved"), SystemReserved: r.entries("systemReserved"),
		KubeReservedCgroup: r.text("kubeReservedCgroup"), SystemReservedCgroup: r.text("systemReservedCgroup"),
		ReservedSystemCPUs: r.text("reservedSystemCPUs"), EnforceNodeAllocatable: r.list("enforceNodeAllocatable"),

		RegistryPullQPS: r.number("registryPullQPS"), RegistryBurst: r.number("registryBurst"),
		SerializeImagePulls: r.truth("serializeImagePulls"), MaxParallelImagePulls: r.number("maxParallelImagePulls"),
		ImageGCHigh: r.number("imageGCHighThresholdPercent"), ImageGCLow: r.number("imageGCLowThresholdPercent"),
		ImageMinimumGCAge: r.text("imageMinimumGCAge"), ImageMaximumGCAge: r.text("imageMaximumGCAge"),
		ContainerLogMaxSize: r.text("containerLogMaxSize"), ContainerLogMaxFiles: r.number("containerLogMaxFiles"),

		CPUManagerPolicy: r.text("cpuManagerPolicy"), MemoryManagerPolicy: r.text("memoryManagerPolicy"),
		TopologyManagerPolicy: r.text("topologyManagerPolicy"), CPUCFSQuota: r.truth("cpuCFSQuota"),
		FailSwapOn: r.truth("failSwapOn"), SwapBehavior: r.text("memorySwap", "swapBehavior"),

		NodeStatusUpdateFrequency: r.text("nodeStatusUpdateFrequency"), NodeStatusReportFrequency: r.text("nodeStatusReportFrequency"),
		NodeLeaseDurationSeconds: r.number("nodeLeaseDurationSeconds"),
		KubeAPIQPS:               r.number("kubeAPIQPS"), KubeAPIBurst: r.number("kubeAPIBurst"), EventRecordQPS: r.number("eventRecordQPS"),
		ShutdownGracePeriod: r.text("shutdownGracePeriod"), ShutdownGracePeriodCriticalPods: r.text("shutdownGracePeriodCriticalPods"),

		HairpinMode: r.text("hairpinMode"), ProtectKernelDefaults: r.truth("protectKernelDefaults"),
		AllowedUnsafeSysctls: r.list("allowedUnsafeSysctls"), FeatureGates: r.entries("featureGates"),
		LogFormat: r.text("logging", "format"), LogVerbosity: r.number("logging", "verbosity"),
	}
}

// Get returns any other setting by its path, as text.
func (c *Config) Get(path ...string) Setting[string] { return merged(c.Parts).text(path...) }

// merged are files in the order in which they count.
type merged []Part

// find returns the value at a path and its file, nil when no file says it. A
// null in a later file takes away what an earlier one says, as in RFC 7386.
func (m merged) find(path ...string) (*tree.Value, string) {
	var found *tree.Value
	var file string
	for _, p := range m {
		if v, said := lookup(p.Tree, path); said {
			found, file = v, p.File
		}
	}
	return found, file
}

// lookup reports whether a file says something of a path, and what: nil for
// null and for a path that goes through what is no map.
func lookup(v *tree.Value, path []string) (*tree.Value, bool) {
	for _, key := range path {
		if v.Kind != tree.Map {
			return nil, true
		}
		if v = v.Get(key); v == nil {
			return nil, false
		}
	}
	if v.Kind == tree.Null {
		return nil, true
	}
	return v, true
}

func (m merged) text(path ...string) Setting[string] {
	v, file := m.find(path...)
	if v == nil {
		return Setting[string]{}
	}
	text := flat(v)
	return Setting[string]{text, text, file, v.Line}
}

func (m merged) number(path ...string) Setting[int64] {
	s := m.text(path...)
	n, _ := strconv.ParseInt(s.Text, 10, 64)
	return Setting[int64]{n, s.Text, s.File, s.Line}
}

func (m merged) truth(path ...string) Setting[bool] {
	s := m.text(path...)
	return Setting[bool]{s.Text == "true", s.Text, s.File, s.Line}
}

func (m merged) list(path ...string) Setting[[]string] {
	v, file := m.find(path...)
	if v == nil {
		return Setting[[]string]{}
	}
	var items []string
	for _, item := range v.Items {
		if v.Kind == tree.List {
			items = append(items, item.Text)
		}
	}
	return Setting[[]string]{items, flat(v), file, v.Line}
}

// entries reads a map, by its keys in order.
func (m merged) entries(path ...string) []Entry {
	all := map[string]Entry{}
	for _, p := range m {
		v, said := lookup(p.Tree, path)
		if said && (v == nil || v.Kind != tree.Map) {
			clear(all)
			continue
		}
		if v == nil {
			continue
		}
		for i, key := range v.Keys {
			if item := v.Items[i]; item.Kind == tree.Null {
				delete(all, key)
			} else {
				all[key] = Entry{key, flat(item), p.File, item.Line}
			}
		}
	}
	var out []Entry
	for _, e := range all {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// flat is the text of a scalar, or of the scalars of a list.
func flat(v *tree.Value) string {
	if v.Kind != tree.List {
		return v.Text
	}
	var items []string
	for _, item := range v.Items {
		items = append(items, item.Text)
	}
	return strings.Join(items, ",")
}
