// Package kubeletconfig reads the configuration of kubelet: its file and the
// drop-ins beside it, in JSON or YAML. [Merge] gives what is in force.
package kubeletconfig

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"path"
	"slices"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// Format is a KubeletConfiguration. Kubelet reads only drop-ins that end in
// .conf; others are read here all the same, to tell that they do nothing. The
// brackets: any config.json that is given alone would be placed there; the sniff
// knows it better.
var Format = &parsers.Format{
	Name: name,
	Doc:  "Configuration of kubelet, a file or a drop-in.",
	Files: []string{
		"kubele[t]/config.json", "kubele[t]/config.yaml", "kubele[t]/config", "kubelet/kubelet-config.json", "kubelet/kubelet-config.yaml",
		"kubelet/config.json.[d]/*.conf", "kubelet/config.json.[d]/*.json", "kubelet/config.json.[d]/*.yaml", "kubelet/config.json.[d]/*.yml",
	},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "kubeletconfig"

// maxText bounds a file: a real one has a few KB, and a document of many tiny
// values costs a hundred times its size.
const maxText = 512 << 10

// A Config is a file, or what Merge makes of some. Only what a file says is
// set: kubelet's defaults and its flags are not in it.
type Config struct {
	Parts []Part // the files, in the order in which they count

	APIVersion, Kind Setting[string] `json:",omitzero"`
	ProviderID       Setting[string] `json:",omitzero"` // "aws:///us-west-2a/i-07c3d9ab1e4f5063d"

	ClusterDNS    Setting[[]string] `json:",omitzero"`
	ClusterDomain Setting[string]   `json:",omitzero"`
	ResolvConf    Setting[string]   `json:",omitzero"`

	MaxPods      Setting[int64] `json:",omitzero"`
	PodsPerCore  Setting[int64] `json:",omitzero"` // 0 is no limit
	PodPidsLimit Setting[int64] `json:",omitzero"` // -1 is no limit

	CgroupDriver             Setting[string] `json:",omitzero"` // "systemd", "cgroupfs"
	CgroupRoot               Setting[string] `json:",omitzero"`
	ContainerRuntimeEndpoint Setting[string] `json:",omitzero"` // "unix:///run/containerd/containerd.sock"
	ImageServiceEndpoint     Setting[string] `json:",omitzero"`
	RuntimeRequestTimeout    Setting[string] `json:",omitzero"` // "15m"

	ServerTLSBootstrap Setting[bool]   `json:",omitzero"`
	RotateCertificates Setting[bool]   `json:",omitzero"`
	AnonymousAuth      Setting[bool]   `json:",omitzero"`
	WebhookAuth        Setting[bool]   `json:",omitzero"`
	ClientCAFile       Setting[string] `json:",omitzero"`
	AuthorizationMode  Setting[string] `json:",omitzero"` // "Webhook", "AlwaysAllow"
	ReadOnlyPort       Setting[int64]  `json:",omitzero"`

	// Signals and quantities: "memory.available" is "100Mi" or "10%".
	EvictionHard                     []Entry         `json:",omitempty"`
	EvictionSoft                     []Entry         `json:",omitempty"`
	EvictionSoftGracePeriod          []Entry         `json:",omitempty"`
	EvictionMinimumReclaim           []Entry         `json:",omitempty"`
	EvictionMaxPodGracePeriod        Setting[int64]  `json:",omitzero"` // seconds
	EvictionPressureTransitionPeriod Setting[string] `json:",omitzero"` // "5m0s"

	// Resources and quantities: "cpu" is "70m", "ephemeral-storage" "1Gi".
	KubeReserved           []Entry           `json:",omitempty"`
	SystemReserved         []Entry           `json:",omitempty"`
	KubeReservedCgroup     Setting[string]   `json:",omitzero"`
	SystemReservedCgroup   Setting[string]   `json:",omitzero"`
	ReservedSystemCPUs     Setting[string]   `json:",omitzero"` // "0-1"
	EnforceNodeAllocatable Setting[[]string] `json:",omitzero"`

	RegistryPullQPS       Setting[int64]  `json:",omitzero"` // 0 is no limit
	RegistryBurst         Setting[int64]  `json:",omitzero"`
	SerializeImagePulls   Setting[bool]   `json:",omitzero"`
	MaxParallelImagePulls Setting[int64]  `json:",omitzero"`
	ImageGCHigh           Setting[int64]  `json:",omitzero"` // imageGCHighThresholdPercent
	ImageGCLow            Setting[int64]  `json:",omitzero"` // imageGCLowThresholdPercent
	ImageMinimumGCAge     Setting[string] `json:",omitzero"`
	ImageMaximumGCAge     Setting[string] `json:",omitzero"`
	ContainerLogMaxSize   Setting[string] `json:",omitzero"` // "10Mi"
	ContainerLogMaxFiles  Setting[int64]  `json:",omitzero"`

	CPUManagerPolicy      Setting[string] `json:",omitzero"` // "none", "static"
	MemoryManagerPolicy   Setting[string] `json:",omitzero"`
	TopologyManagerPolicy Setting[string] `json:",omitzero"`
	CPUCFSQuota           Setting[bool]   `json:",omitzero"`
	FailSwapOn            Setting[bool]   `json:",omitzero"`
	SwapBehavior          Setting[string] `json:",omitzero"` // memorySwap.swapBehavior

	NodeStatusUpdateFrequency       Setting[string] `json:",omitzero"`
	NodeStatusReportFrequency       Setting[string] `json:",omitzero"`
	NodeLeaseDurationSeconds        Setting[int64]  `json:",omitzero"`
	KubeAPIQPS, KubeAPIBurst        Setting[int64]  `json:",omitzero"`
	EventRecordQPS                  Setting[int64]  `json:",omitzero"`
	ShutdownGracePeriod             Setting[string] `json:",omitzero"`
	ShutdownGracePeriodCriticalPods Setting[string] `json:",omitzero"`

	HairpinMode           Setting[string]   `json:",omitzero"`
	ProtectKernelDefaults Setting[bool]     `json:",omitzero"`
	AllowedUnsafeSysctls  Setting[[]string] `json:",omitzero"`
	FeatureGates          []Entry           `json:",omitempty"` // values "true" and "false"
	LogFormat             Setting[string]   `json:",omitzero"`  // logging.format: "text", "json"
	LogVerbosity          Setting[int64]    `json:",omitzero"`
}

// A Part is a file with all that it says.
type Part struct {
	File string
	Tree *tree.Value `json:"-"`
}

// A Setting is a value and where it stands; the zero value where nothing says
// it. Text is as written: Value is zero when it is not what it should be.
type Setting[T any] struct {
	Value T
	Text  string // of a list its items with commas between
	File  string
	Line  int
}

// Set reports whether a file says the setting.
func (s Setting[T]) Set() bool { return s.Line > 0 }

// An Entry is a key of a map and its value.
type Entry struct {
	Key, Value string
	File       string
	Line       int
}

// DropIn reports whether a path is that of a drop-in.
func DropIn(file string) bool { return path.Base(path.Dir(file)) == "config.json.d" }

// Parse reads the file. A .json may be YAML too, as kubelet takes either.
//
//	{
//	    "apiVersion": "kubelet.config.k8s.io/v1beta1",
//	    "clusterDNS": ["172.20.0.10"],
//	    "evictionHard": {"memory.available": "100Mi", "nodefs.available": "10%"},
//	    "kind": "KubeletConfiguration",
//	    "maxPods": 29
//	}
//
// The keys: github.com/kubernetes/kubelet, config/v1beta1/types.go.
func Parse(file string, text []byte) (*Config, error) {
	v, err := document(text)
	if err != nil {
		return nil, tree.Fail(name, file, err)
	}
	return build([]Part{{file, v}}), nil
}

// Merge gives what kubelet makes of a file, which may be nil, and its drop-ins:
// in the order of their names a later value replaces an earlier one, lists as a
// whole and maps key by key. Drop-ins that do not end in .conf are not used.
func Merge(base *Config, dropIns ...*Config) *Config {
	var parts, more []Part
	if base != nil {
		parts = append(parts, base.Parts...)
	}
	for _, d := range dropIns {
		for _, p := range d.Parts {
			if path.Ext(p.File) == ".conf" {
				more = append(more, p)
			}
		}
	}
	slices.SortStableFunc(more, func(a, b Part) int { return cmp.Compare(a.File, b.File) })
	return build(append(parts, more...))
}

// Base is the file that is no drop-in; "" without one.
func (c *Config) Base() string {
	if len(c.Parts) == 0 || DropIn(c.Parts[0].File) {
		return ""
	}
	return c.Parts[0].File
}

// document reads the text as JSON, and if it is none as YAML. When it is
// neither, the error is that of what it looks like.
func document(text []byte) (*tree.Value, error) {
	if len(text) > maxText {
		return nil, errors.New("too long for a configuration")
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	var jsonError error
	if s := bytes.TrimLeft(text, " \t\r\n"); len(s) > 0 && s[0] == '{' {
		v, err := wholeJSON(text)
		if err == nil {
			return v, nil
		}
		jsonError = err
	}
	docs, err := tree.YAML(text)
	switch {
	case jsonError != nil && (err != nil || len(docs) != 1):
		return nil, jsonError
	case err != nil && len(docs) == 0 && !errors.Is(err, io.EOF):
		return nil, err
	case len(docs) == 0 || docs[0].Kind != tree.Map:
		return nil, errors.New("not a configuration")
	}
	return docs[0], nil
}

func wholeJSON(text []byte) (*tree.Value, error) {
	v, n, err := tree.JSON(text, 1)
	if err == nil && len(bytes.TrimSpace(text[n:])) > 0 {
		err = &tree.Error{Line: 1 + bytes.Count(text[:n], []byte("\n")), Err: errors.New("text behind the end of the object")}
	}
	return v, err
}

func sniff(head []byte) bool {
	i := bytes.Index(head, []byte("KubeletConfiguration"))
	if i < 0 {
		return false
	}
	before := bytes.TrimRight(head[max(0, i-len(`"kind"  :  "`)):i], `": `)
	return bytes.HasSuffix(before, []byte("kind")) && bytes.Contains(head, []byte("kubelet.config.k8s.io/"))
}
