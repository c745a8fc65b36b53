// Package conflist reads how the container runtime calls CNI plugins: the files
// of /etc/cni/net.d.
package conflist

import (
	"bytes"
	"errors"
	"path"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// Format is a file of /etc/cni/net.d that a runtime would read. The collector
// copies the whole folder: what other plugins keep there is no such file. The
// brackets: any resolv.conf that is given alone would be placed there.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Configuration of CNI plugins, from /etc/cni/net.d.",
	Files:  []string{"cni/*.conflist", "cn[i]/*.conf", "cn[i]/[0-9]*.json", "cni/*/*.conflist", "cni/*/*.conf"},
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "conflist"

// A Network is a file. One with the extension .conf configures a single plugin
// and is read as a list of one.
type Network struct {
	Line         int
	Name         string // "aws-cni"
	CNIVersion   string // "0.4.0"
	DisableCheck bool
	Plugins      []Plugin
}

// A Plugin is a program that is called, in the order of the file.
type Plugin struct {
	Line     int
	Type     string // the name of the program: "aws-cni", "portmap"
	Name     string
	Settings []Setting // all others
}

// A Setting is a value of a plugin. Key is its path with points between:
// "mtu", "ipam.type", "ipam.routes.0.dst". The value of a secret is "".
type Setting struct {
	Line       int
	Key, Value string
}

// Plugin returns the first plugin of a type, nil when there is none.
func (n *Network) Plugin(kind string) *Plugin {
	for i := range n.Plugins {
		if n.Plugins[i].Type == kind {
			return &n.Plugins[i]
		}
	}
	return nil
}

// Get returns a setting: "mtu", "vethPrefix", "pluginLogFile".
func (p *Plugin) Get(key string) (Setting, bool) {
	for _, s := range p.Settings {
		if s.Key == key {
			return s, true
		}
	}
	return Setting{}, false
}

// Loaded reports whether a runtime takes a file of /etc/cni/net.d by its name.
// It leaves out what other programs rename to be left out, as Cilium does:
//
//	10-aws.conflist.cilium_bak
//
// The names are those of github.com/containerd/go-cni, opts.go.
func Loaded(file string) bool {
	switch path.Ext(file) {
	case ".conflist", ".conf", ".json":
		return true
	}
	return false
}

// Parse reads the file. Numbers may be written as strings, as the VPC CNI does:
//
//	"cniVersion": "0.4.0",
//	"name": "aws-cni",
//	"plugins": [{"name": "aws-cni", "type": "aws-cni", "vethPrefix": "eni", "mtu": "9001",
//
// It is strict: a runtime that cannot read the file has no network. The format:
// github.com/containernetworking/cni/blob/v1.1.2/SPEC.md, section 1.
func Parse(file string, text []byte) (*Network, error) {
	v, n, err := tree.JSON(bytes.TrimPrefix(text, []byte("\ufeff")), 1)
	if damage, ok := errors.AsType[*tree.Error](err); ok {
		return nil, fail(file, damage.Line, damage.Err)
	}
	if rest := bytes.TrimPrefix(text, []byte("\ufeff"))[n:]; len(bytes.TrimSpace(rest)) > 0 {
		blank := len(rest) - len(bytes.TrimLeft(rest, " \t\r\n"))
		return nil, fail(file, 1+bytes.Count(text[:len(text)-len(rest)+blank], []byte("\n")), errors.New("text behind the end of the object"))
	}
	if v == nil || v.Kind != tree.Map {
		return nil, fail(file, 1, errors.New("not an object"))
	}
	return network(file, v)
}

func network(file string, v *tree.Value) (*Network, error) {
	out := &Network{Line: v.Line, Name: v.String("name"), CNIVersion: v.String("cniVersion"), DisableCheck: v.String("disableCheck") == "true"}
	list := v.Get("plugins")
	if list == nil {
		if v.String("type") == "" {
			return nil, fail(file, v.Line, errors.New("neither plugins nor a type"))
		}
		out.Plugins = []Plugin{plugin(v)}
		return out, nil
	}
	for _, item := range list.Items {
		out.Plugins = append(out.Plugins, plugin(item))
	}
	return out, nil
}

func plugin(v *tree.Value) Plugin {
	p := Plugin{Line: v.Line, Type: v.String("type"), Name: v.String("name")}
	for i, key := range v.Keys {
		if key != "type" && key != "name" && key != "cniVersion" {
			p.settings(key, v.Items[i])
		}
	}
	return p
}

// Limits of the settings of a plugin: paths get longer with each level.
const (
	maxSettings = 10_000
	maxKey      = 1000
)

func (p *Plugin) settings(key string, v *tree.Value) {
	if len(p.Settings) == maxSettings || len(key) > maxKey {
		return
	}
	switch v.Kind {
	case tree.Scalar, tree.Null:
		text := v.Text
		if secret(key) {
			text = "" // Calico's k8s_auth_token, for example
		}
		p.Settings = append(p.Settings, Setting{v.Line, key, text})
	case tree.Map:
		for i, k := range v.Keys {
			p.settings(key+"."+k, v.Items[i])
		}
	case tree.List:
		for i, item := range v.Items {
			p.settings(key+"."+strconv.Itoa(i), item)
		}
	}
}

// secret reports whether the value of a key must not be kept.
func secret(key string) bool {
	key = strings.ToLower(key[strings.LastIndexByte(key, '.')+1:])
	return strings.Contains(key, "token") || strings.Contains(key, "password") || strings.Contains(key, "secret")
}

func fail(file string, line int, err error) error {
	return &parsers.ParseError{Pos: parsers.Pos{File: file, Line: line}, Format: name, Err: err}
}

func sniff(head []byte) bool {
	s := string(bytes.TrimLeft(head, " \t\r\n"))
	return strings.HasPrefix(s, "{") && strings.Contains(s, `"cniVersion"`) && (strings.Contains(s, `"plugins"`) || strings.Contains(s, `"type"`))
}
