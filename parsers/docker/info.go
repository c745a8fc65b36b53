package docker

import (
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/internal/rows"
	"github.com/eksleuth/eksleuth/parsers/internal/size"
)

// Info is the output of docker info. Names, labels and proxies are not kept.
type Info struct {
	Containers, Running, Paused, Stopped Setting[int]
	Images                               Setting[int]

	ServerVersion     Setting[string]
	StorageDriver     Setting[string] // "overlay2", "devicemapper"
	BackingFilesystem Setting[string]
	LoggingDriver     Setting[string]
	CgroupDriver      Setting[string] // "cgroupfs", "systemd"
	CgroupVersion     Setting[string] // since 20.10
	DefaultRuntime    Setting[string]
	Runtimes          Setting[string] // separated by blanks
	KernelVersion     Setting[string]
	OperatingSystem   Setting[string]
	RootDir           Setting[string]
	CPUs              Setting[int]
	Memory            Setting[uint64] // of the node, bytes, rounded
	LiveRestore       Setting[bool]
	Debug             Setting[bool]
	Goroutines        Setting[int] // only with Debug
	FileDescriptors   Setting[int] // only with Debug

	SecurityOptions    []Item
	InsecureRegistries []Item
	Mirrors            []Item

	Complaints rows.Notes // warnings of the daemon, errors of the client
}

// An Item is a line of a list.
type Item struct {
	Value string
	Line  int
}

// ParseInfo reads the output of docker info. Until 18.09 the daemon's settings
// start at the margin, since then they are below "Server:".
//
//	Server:
//	 Containers: 11
//	  Running: 3
//	 Server Version: 20.10.2
//	 Storage Driver: overlay2
//	  Backing Filesystem: xfs
//	WARNING: bridge-nf-call-iptables is disabled
func ParseInfo(file string, text []byte) (*Info, error) {
	r := infoReader{info: &Info{}, values: map[string]Setting[string]{}}
	for num, line := range rows.Lines(text) {
		r.line(num, strings.TrimRight(line, " \t"))
	}
	i := r.info
	if len(r.values) == 0 && len(i.Complaints) == 0 {
		return nil, r.odd.Fail(name, file, "no settings")
	}
	r.settings(i)
	return i, nil
}

type infoReader struct {
	info   *Info
	values map[string]Setting[string] // by "key" or "parent/key"
	margin int                        // where the keys of the daemon start
	client bool                       // within what is about the client
	parent string                     // the key that deeper lines belong to
	odd    rows.Notes
}

func (r *infoReader) line(num int, s string) {
	text := strings.TrimLeft(s, " ")
	depth := len(s) - len(text)
	switch {
	case text == "":
	case complaint(text):
		r.info.Complaints.Add(num, text)
	case depth == 0 && (text == "Client:" || strings.HasPrefix(text, "Client: ")):
		r.client = true
	case depth == 0 && (text == "Server:" || strings.HasPrefix(text, "Server: ")):
		r.client, r.margin = false, 1
	case r.client:
	case depth <= r.margin:
		r.parent = ""
		r.parent = r.pair(num, text)
	case !r.item(num, text):
		r.pair(num, text)
	}
}

// pair keeps "key: value" and returns the key.
func (r *infoReader) pair(num int, text string) string {
	key, value, ok := strings.Cut(text, ":")
	if !ok {
		r.odd.Add(num, text)
		return ""
	}
	path := key
	if r.parent != "" {
		path = r.parent + "/" + key
	}
	if known[path] {
		if _, there := r.values[path]; !there {
			r.values[path] = Setting[string]{rows.Clip(strings.TrimSpace(value), maxText), num}
		}
	}
	return key
}

// item keeps a line of a list; false for what is in no list.
func (r *infoReader) item(num int, text string) bool {
	var list *[]Item
	switch r.parent {
	case "Security Options":
		list = &r.info.SecurityOptions
	case "Insecure Registries":
		list = &r.info.InsecureRegistries
	case "Registry Mirrors":
		list = &r.info.Mirrors
	default:
		return false
	}
	if len(*list) < maxList {
		*list = append(*list, Item{rows.Clip(text, maxText), num})
	}
	return true
}

// known are the keys that are read, by their names in all versions.
var known = set(
	"Containers", "Containers/Running", "Containers/Paused", "Containers/Stopped", "Images",
	"Server Version", "Storage Driver", "Storage Driver/Backing Filesystem", "Logging Driver", "Cgroup Driver",
	"Cgroup Version", "Default Runtime", "Runtimes", "Kernel Version", "Operating System", "Docker Root Dir",
	"CPUs", "Total Memory", "Live Restore Enabled", "Debug Mode", "Debug Mode (server)",
	"Debug Mode/Goroutines", "Debug Mode/File Descriptors",
	"Debug Mode (server)/Goroutines", "Debug Mode (server)/File Descriptors",
)

func set(keys ...string) map[string]bool {
	m := map[string]bool{}
	for _, k := range keys {
		m[k] = true
	}
	return m
}

// settings fills in what was read.
func (r *infoReader) settings(i *Info) {
	i.Containers, i.Running = r.count("Containers"), r.count("Containers/Running")
	i.Paused, i.Stopped = r.count("Containers/Paused"), r.count("Containers/Stopped")
	i.Images, i.CPUs = r.count("Images"), r.count("CPUs")
	i.ServerVersion = r.values["Server Version"]
	i.StorageDriver, i.BackingFilesystem = r.values["Storage Driver"], r.values["Storage Driver/Backing Filesystem"]
	i.LoggingDriver = r.values["Logging Driver"]
	i.CgroupDriver, i.CgroupVersion = r.values["Cgroup Driver"], r.values["Cgroup Version"]
	i.DefaultRuntime, i.Runtimes = r.values["Default Runtime"], r.values["Runtimes"]
	i.KernelVersion, i.OperatingSystem = r.values["Kernel Version"], r.values["Operating System"]
	i.RootDir = r.values["Docker Root Dir"]
	i.LiveRestore = r.flag("Live Restore Enabled")
	i.Debug = r.flag("Debug Mode", "Debug Mode (server)")
	i.Goroutines = r.count("Debug Mode/Goroutines", "Debug Mode (server)/Goroutines")
	i.FileDescriptors = r.count("Debug Mode/File Descriptors", "Debug Mode (server)/File Descriptors")
	if v := r.values["Total Memory"]; v.Line > 0 {
		n, ok := size.Parse(strings.ReplaceAll(v.Value, " ", ""), 1)
		if ok {
			i.Memory = Setting[uint64]{n, v.Line}
		}
	}
}

// count reads the first of some numbers that is there.
func (r *infoReader) count(keys ...string) Setting[int] {
	for _, k := range keys {
		v := r.values[k]
		if n, err := strconv.ParseUint(v.Value, 10, 31); err == nil {
			return Setting[int]{int(n), v.Line}
		}
	}
	return Setting[int]{}
}

func (r *infoReader) flag(keys ...string) Setting[bool] {
	for _, k := range keys {
		v := r.values[k]
		if on, err := strconv.ParseBool(v.Value); err == nil {
			return Setting[bool]{on, v.Line}
		}
	}
	return Setting[bool]{}
}
