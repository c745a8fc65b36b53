// Package brsettings reads the settings of a Bottlerocket node: what other
// systems keep in files of kubelet, containerd and the kernel.
//
// The settings hold secrets. logdog replaces those that it knows of; this
// package keeps only settings of known kinds, and none that may hold a key, a
// token, a certificate or user data.
package brsettings

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/place"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// Format owns settings.json of logdog's tarball.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Settings of a Bottlerocket node: apiclient get.",
	Files:  place.Logdog("settings.json"),
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "brsettings"

// maxSettings, maxValues and maxValue bound what is kept of a file; a real one
// has a hundred settings.
const (
	maxSettings = 5000
	maxValues   = 200
	maxValue    = 2000
)

// Settings is the file.
type Settings struct {
	Settings []Setting // sorted by path
	Withheld []string  // paths of settings that were not kept, sorted
	// Cut says how the text is damaged behind the last setting; "" if not.
	Cut string
}

// A Setting is a leaf.
type Setting struct {
	// Path is as apiclient has it, without "settings.": a key with a point
	// stands in quotes, as in kubernetes.node-labels."eks.amazonaws.com/nodegroup".
	Path   string
	Values []string // more than one for a list
	Line   int
}

// Value is the value, or the first of a list.
func (s Setting) Value() string {
	if len(s.Values) == 0 {
		return ""
	}
	return s.Values[0]
}

// Get returns the setting at a path.
func (s *Settings) Get(path string) (Setting, bool) {
	i, ok := slices.BinarySearchFunc(s.Settings, path, func(x Setting, path string) int { return cmp.Compare(x.Path, path) })
	if !ok {
		return Setting{}, false
	}
	return s.Settings[i], true
}

// Below returns the settings whose path starts with prefix and a point, as
// those of "kubernetes.node-labels".
func (s *Settings) Below(prefix string) []Setting {
	var out []Setting
	for _, x := range s.Settings {
		if strings.HasPrefix(x.Path, prefix+".") {
			out = append(out, x)
		}
	}
	return out
}

// sections are the parts of the settings that are kept; "os" stands beside
// them. The models are those of bottlerocket-os/bottlerocket-settings-sdk.
var sections = []string{
	"autoscaling", "aws", "boot", "bootstrap-commands", "bootstrap-containers", "cloudformation", "container-registry",
	"container-runtime", "container-runtime-plugins", "dns", "host-containers", "kernel", "kubelet-device-plugins", "kubernetes",
	"metrics", "network", "ntp", "oci-defaults", "oci-hooks", "os", "updates",
}

// secrets are words in keys whose values are not kept, wherever they stand.
var secrets = []string{
	"user-data", "token", "key", "certificate", "cert", "credential", "password", "secret", "auth", "environment",
	"manifest", "config", "commands",
}

// harmless are keys that have such a word in them and hold no secret.
var harmless = []string{"authentication-mode", "credential-providers"}

// named are maps whose keys are names that the user chose: labels, parameters
// of the kernel, containers.
var named = []string{
	"kubernetes.node-labels", "kubernetes.node-taints", "kubernetes.credential-providers", "kernel.sysctl", "kernel.modules",
	"host-containers", "bootstrap-containers", "bootstrap-commands",
}

// Parse reads the file.
//
//	{
//	  "settings": {
//	    "kubernetes": {
//	      "cluster-name": "prod",
//	      "bootstrap-token": "REDACTED",
//	      "max-pods": 110,
//
// Written by sources/logdog/src/log_request.rs of
// bottlerocket-os/bottlerocket-core-kit; before "apiclient get" knew a path,
// the settings stood at the top.
func Parse(file string, text []byte) (*Settings, error) {
	root, _, err := tree.JSON(text, 1)
	if root == nil || root.Kind != tree.Map || len(root.Keys) == 0 {
		if err == nil {
			err = errors.New("no settings")
		}
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: err}
	}
	r := &reader{out: &Settings{}}
	if err != nil {
		r.out.Cut = err.Error()
	}
	top := root
	if in := root.Get("settings"); in != nil {
		top = in
		r.keep("os", root.Get("os"))
	}
	for i, key := range top.Keys {
		if slices.Contains(sections, key) {
			r.keep(key, top.Items[i])
		} else {
			r.out.Withheld = append(r.out.Withheld, quoted(key))
		}
	}
	r.sort()
	if len(r.out.Settings) == 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: errors.New("none of the settings that are known")}
	}
	return r.out, nil
}

type reader struct{ out *Settings }

func (r *reader) sort() {
	slices.SortStableFunc(r.out.Settings, func(a, b Setting) int { return cmp.Compare(a.Path, b.Path) })
	slices.Sort(r.out.Withheld)
	if len(r.out.Withheld) > maxSettings {
		r.out.Withheld = r.out.Withheld[:maxSettings]
	}
}

// keep adds the settings at a path.
func (r *reader) keep(path string, v *tree.Value) {
	switch {
	case v == nil || v.Kind == tree.Null:
	case v.Kind == tree.Map:
		r.all(path, v)
	case v.Kind == tree.Scalar:
		r.add(path, v.Line, []string{v.Text})
	case len(v.Items) > 0 && v.Items[0].Kind != tree.Scalar:
		for i, item := range v.Items[:min(len(v.Items), maxValues)] {
			r.keep(fmt.Sprintf("%s[%d]", path, i), item)
		}
	default:
		r.add(path, v.Line, texts(v))
	}
}

func (r *reader) all(path string, v *tree.Value) {
	for i, key := range v.Keys {
		below := path + "." + quoted(key)
		if isSecret(path, key) {
			r.out.Withheld = append(r.out.Withheld, below)
			continue
		}
		r.keep(below, v.Items[i])
	}
}

func (r *reader) add(path string, line int, values []string) {
	if len(r.out.Settings) == maxSettings {
		return
	}
	for i, v := range values {
		values[i] = withoutUser(path, v[:min(len(v), maxValue)])
	}
	r.out.Settings = append(r.out.Settings, Setting{path, values, line})
}

func texts(v *tree.Value) []string {
	var out []string
	for _, item := range v.Items {
		if item.Kind == tree.Scalar && len(out) < maxValues {
			out = append(out, item.Text)
		}
	}
	return out
}

// isSecret reports whether the value of a key may be one.
func isSecret(path, key string) bool {
	if slices.Contains(named, path) || slices.Contains(harmless, key) {
		return false
	}
	return slices.ContainsFunc(secrets, func(word string) bool { return strings.Contains(key, word) })
}

// withoutUser takes name and password out of an address, or of a proxy that is
// written without its scheme. The source of a container has an @ too.
func withoutUser(path, s string) string {
	at, scheme := strings.LastIndexByte(s, '@'), strings.Index(s, "://")
	switch {
	case at < 0:
		return s
	case scheme >= 0 && scheme < at:
		return s[:scheme+len("://")] + s[at+1:]
	case strings.HasSuffix(path, "proxy"):
		return s[at+1:]
	}
	return s
}

func quoted(key string) string {
	key = key[:min(len(key), maxValue)]
	if strings.ContainsAny(key, `. "`) {
		return `"` + key + `"`
	}
	return key
}
