// Package containerdconfig reads how containerd and the SOCI snapshotter of a
// node are configured: the output of containerd config dump and config.toml
// files. Only what is listed in [Config] and [SOCI] is kept; passwords of
// registries are not.
package containerdconfig

import (
	"errors"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
)

// Format is the configuration of containerd or of the SOCI snapshotter.
var Format = &parsers.Format{
	Name: name,
	Doc:  "Configuration of containerd and of the SOCI snapshotter, TOML.",
	Files: append([]string{
		"containerd/containerd-config.txt",
		"containerd/soci-snapshotter/config.toml", "soci-snapshotter/config.toml",
	}, place.Logdog("containerd-config", "containerd-config-host")...),
	Sniff:  sniff,
	Decode: decode,
}

const name = "containerdconfig"

// A Setting is a value of the file. Without a Line the file does not have it,
// and containerd goes by its default.
type Setting[T any] struct {
	Value T
	Line  int
}

// Set reports whether the file has the setting.
func (s Setting[T]) Set() bool { return s.Line > 0 }

// A Config is the configuration of containerd. Version 2 has most of it in the
// plugin io.containerd.grpc.v1.cri, version 3 (containerd 2) in the plugins
// io.containerd.cri.v1.images and io.containerd.cri.v1.runtime, version 1 in cri.
type Config struct {
	Version         Setting[int64]
	Root, State     Setting[string] // folders
	Imports         Setting[[]string]
	DisabledPlugins Setting[[]string]
	RequiredPlugins Setting[[]string]
	Address         Setting[string] // socket of the gRPC service
	LogLevel        Setting[string]

	SandboxImage               Setting[string] // of the pause container
	Snapshotter                Setting[string]
	DiscardUnpackedLayers      Setting[bool]
	DisableSnapshotAnnotations Setting[bool]
	MaxConcurrentDownloads     Setting[int64]
	PullProgressTimeout        Setting[string] // a duration of Go, "5m0s"
	RegistryConfigPath         Setting[string] // folders, separated by colons
	Mirrors                    []Mirror

	DefaultRuntime Setting[string]
	Runtimes       []Runtime
	EnableCDI      Setting[bool]
	CNIBinDirs     Setting[[]string]
	CNIConfDir     Setting[string]
	CNIMaxConfNum  Setting[int64]

	ProxyPlugins []ProxyPlugin

	Notes []Note
	Cut   bool // there was more in the file than is kept
}

// A Mirror is where images of a registry are pulled from. Newer nodes have them
// in files below RegistryConfigPath, which are not in a bundle.
type Mirror struct {
	Registry  string // "docker.io", "*"
	Endpoints []string
	Line      int
}

// A Runtime is a way to run containers, "runc", "nvidia".
type Runtime struct {
	Name          string
	Type          Setting[string] // "io.containerd.runc.v2"
	Binary        Setting[string]
	BaseSpec      Setting[string] // a file
	Snapshotter   Setting[string]
	SystemdCgroup Setting[bool]
	Line          int
}

// A ProxyPlugin is a plugin that runs as a process of its own, as the soci
// snapshotter does.
type ProxyPlugin struct {
	Name    string
	Type    Setting[string] // "snapshot"
	Address Setting[string] // socket
	Line    int
}

// A Note is a line that is no setting.
type Note struct {
	Line int
	Said bool   // a message of containerd, Text is its text
	Text string // else what is wrong with the line
}

// Runtime returns the runtime that pods get that ask for none.
func (c *Config) Runtime() (Runtime, bool) {
	want := c.DefaultRuntime.Value
	if want == "" {
		want = "runc"
	}
	for _, r := range c.Runtimes {
		if r.Name == want {
			return r, true
		}
	}
	return Runtime{}, false
}

// said is how the messages start that containerd writes before or instead of
// its configuration.
var said = regexp.MustCompile(`^(time="|level=|containerd: |(WARN|INFO|ERRO|FATA)\[|panic: |fatal error: )`)

func decode(file string, text []byte) (any, error) {
	if path.Base(file) == "config.toml" && !sniff(text) {
		return ParseSOCI(file, text)
	}
	return Parse(file, text)
}

// Parse reads the configuration of containerd.
//
//	time="2026-11-21T00:21:40Z" level=warning msg="containerd config version `1` has been deprecated ..."
//	version = 2
//	[plugins."io.containerd.grpc.v1.cri"]
//	  sandbox_image = "localhost/kubernetes/pause:latest"
func Parse(file string, text []byte) (*Config, error) {
	d := read(text)
	if len(d.values) == 0 {
		return nil, d.nothing(file)
	}
	c := &Config{Notes: d.notes, Cut: d.cut}
	d.daemon(c)
	d.images(c)
	d.runtime(c)
	return c, nil
}

func (d *doc) nothing(file string) error {
	e := &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("no settings")}
	for _, n := range d.notes {
		if e.Pos.Line == 0 || n.Said {
			e.Pos.Line, e.Err = n.Line, errors.New(n.Text)
		}
		if n.Said {
			break
		}
	}
	return e
}

// daemon reads what stands outside of the CRI plugins.
func (d *doc) daemon(c *Config) {
	c.Version = d.number(join("version"))
	c.Root, c.State = d.text(join("root")), d.text(join("state"))
	c.Imports = d.texts(join("imports"))
	c.DisabledPlugins, c.RequiredPlugins = d.texts(join("disabled_plugins")), d.texts(join("required_plugins"))
	c.Address = d.text(join("grpc", "address"))
	c.LogLevel = d.text(join("debug", "level"))
	for _, p := range d.below(join("proxy_plugins")) {
		base := join("proxy_plugins", p.name)
		c.ProxyPlugins = append(c.ProxyPlugins, ProxyPlugin{
			Name: p.name, Line: p.line,
			Type: d.text(join(base, "type")), Address: d.text(join(base, "address")),
		})
	}
}

// The plugins that have the settings of the CRI, by version.
var (
	cri       = []string{join("plugins", "io.containerd.grpc.v1.cri"), join("plugins", "cri")}
	criImages = join("plugins", "io.containerd.cri.v1.images")
	criRun    = join("plugins", "io.containerd.cri.v1.runtime")
)

// in returns the places of a setting: in a plugin of version 3 and in those of
// the versions before, where it may have another name. Keys are separated by
// slashes.
func in(plugin, key, before string) []string {
	paths := []string{join(plugin, strings.ReplaceAll(key, "/", sep))}
	for _, p := range cri {
		paths = append(paths, join(p, strings.ReplaceAll(before, "/", sep)))
	}
	return paths
}

// images reads what concerns images.
func (d *doc) images(c *Config) {
	at := criImages
	c.SandboxImage = d.text(in(at, "pinned_images/sandbox", "sandbox_image")...)
	c.Snapshotter = d.text(in(at, "snapshotter", "containerd/snapshotter")...)
	c.DiscardUnpackedLayers = d.flag(in(at, "discard_unpacked_layers", "containerd/discard_unpacked_layers")...)
	c.DisableSnapshotAnnotations = d.flag(in(at, "disable_snapshot_annotations", "containerd/disable_snapshot_annotations")...)
	c.MaxConcurrentDownloads = d.number(in(at, "max_concurrent_downloads", "max_concurrent_downloads")...)
	c.PullProgressTimeout = d.text(in(at, "image_pull_progress_timeout", "image_pull_progress_timeout")...)
	c.RegistryConfigPath = d.text(in(at, "registry/config_path", "registry/config_path")...)
	for _, base := range in(at, "registry/mirrors", "registry/mirrors") {
		for _, m := range d.below(base) {
			c.Mirrors = append(c.Mirrors, Mirror{m.name, d.texts(join(base, m.name, "endpoint")).Value, m.line})
		}
	}
}

// runtime reads what concerns containers.
func (d *doc) runtime(c *Config) {
	at := criRun
	c.DefaultRuntime = d.text(in(at, "containerd/default_runtime_name", "containerd/default_runtime_name")...)
	c.EnableCDI = d.flag(in(at, "enable_cdi", "enable_cdi")...)
	if c.CNIBinDirs = d.texts(in(at, "cni/bin_dirs", "cni/bin_dirs")...); len(c.CNIBinDirs.Value) == 0 {
		c.CNIBinDirs = d.texts(in(at, "cni/bin_dir", "cni/bin_dir")...)
	}
	c.CNIConfDir = d.text(in(at, "cni/conf_dir", "cni/conf_dir")...)
	c.CNIMaxConfNum = d.number(in(at, "cni/max_conf_num", "cni/max_conf_num")...)
	for _, base := range in(at, "containerd/runtimes", "containerd/runtimes") {
		for _, r := range d.below(base) {
			c.Runtimes = append(c.Runtimes, d.runtimeAt(join(base, r.name), r))
		}
	}
}

func (d *doc) runtimeAt(base string, r child) Runtime {
	return Runtime{
		Name: r.name, Line: r.line,
		Type:          d.text(join(base, "runtime_type")),
		Binary:        d.text(join(base, "options", "BinaryName")),
		BaseSpec:      d.text(join(base, "base_runtime_spec")),
		Snapshotter:   d.text(join(base, "snapshotter")),
		SystemdCgroup: d.flag(join(base, "options", "SystemdCgroup")),
	}
}

// text returns the first of some values that is there.
func (d *doc) text(paths ...string) Setting[string] {
	v := d.first(paths)
	return Setting[string]{v.text, v.line}
}

// texts returns a list. A single text is a list of one.
func (d *doc) texts(paths ...string) Setting[[]string] {
	v := d.first(paths)
	if v.list == nil && v.text != "" {
		v.list = []string{v.text}
	}
	return Setting[[]string]{v.list, v.line}
}

func (d *doc) number(paths ...string) Setting[int64] {
	v := d.first(paths)
	n, err := strconv.ParseInt(v.text, 0, 64)
	if err != nil {
		return Setting[int64]{}
	}
	return Setting[int64]{n, v.line}
}

func (d *doc) flag(paths ...string) Setting[bool] {
	v := d.first(paths)
	on, err := strconv.ParseBool(v.text)
	if err != nil {
		return Setting[bool]{}
	}
	return Setting[bool]{on, v.line}
}

func (d *doc) first(paths []string) value {
	for _, p := range paths {
		if v, ok := d.values[p]; ok {
			return v
		}
	}
	return value{}
}

// A child is a table directly below another one.
type child struct {
	name string
	line int // of its head, or of its first value
}

// below returns the tables directly below a path, in the order of the text. A
// value there is no table.
func (d *doc) below(base string) []child {
	var out []child
	known := map[string]bool{}
	for _, p := range d.paths {
		rest, ok := strings.CutPrefix(p, base+sep)
		if !ok {
			continue
		}
		name, _, deeper := strings.Cut(rest, sep)
		v := d.values[p]
		if known[name] || !deeper && (v.text != "" || v.list != nil) {
			continue
		}
		known[name] = true
		out = append(out, child{name, v.line})
	}
	return out
}

// sniff accepts a configuration of containerd under another name.
func sniff(head []byte) bool {
	plugins := false
	for line := range strings.Lines(string(head[:min(len(head), parsers.SniffLen)])) {
		line = strings.TrimSpace(line)
		if !plugins {
			plugins = line == "[plugins]"
		}
		if strings.HasPrefix(line, `[plugins."io.containerd.`) || strings.HasPrefix(line, `[plugins.'io.containerd.`) {
			return true
		}
	}
	return plugins && strings.Contains(string(head), "io.containerd.")
}
