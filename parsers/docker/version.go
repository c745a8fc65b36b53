package docker

import (
	"strings"

	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Version is the output of docker version. When the daemon did not answer,
// Server is zero and Complaints have the reason.
type Version struct {
	Client, Server Release
	Components     []Release // containerd, runc, docker-init; since 18.09

	Complaints rows.Notes // warnings and errors of the client
}

// A Release is a program and its version.
type Release struct {
	Name       string // of a component
	Version    string
	APIVersion string // "1.41 (minimum version 1.12)"
	GoVersion  string
	GitCommit  string
	Built      string
	OSArch     string // "linux/amd64"
	Line       int    // of the version; 0 when it is not known
}

// ParseVersion reads the output of docker version. Until 18.03 the daemon's own
// version stands directly below "Server:".
//
//	Client:
//	 Version:           20.10.25
//	Server:
//	 Engine:
//	  Version:          20.10.25
//	 containerd:
//	  Version:          1.6.19
func ParseVersion(file string, text []byte) (*Version, error) {
	r := versionReader{version: &Version{}}
	for num, line := range rows.Lines(text) {
		r.line(num, strings.TrimRight(line, " \t"))
	}
	r.close()
	v := r.version
	if v.Client.Line == 0 && v.Server.Line == 0 && len(v.Complaints) == 0 {
		return nil, r.odd.Fail(name, file, "no version")
	}
	return v, nil
}

type versionReader struct {
	version *Version
	server  bool
	release *Release // that the lines are about, nil before the first one
	part    Release  // the component at hand; Name is "" when there is none
	odd     rows.Notes
}

func (r *versionReader) line(num int, s string) {
	text := strings.TrimLeft(s, " ")
	depth := len(s) - len(text)
	key, value, ok := strings.Cut(text, ":")
	value = rows.Clip(strings.TrimSpace(value), maxText)
	switch {
	case text == "":
	case complaint(text):
		r.version.Complaints.Add(num, text)
	case depth == 0 && ok && key == "Client":
		r.release = &r.version.Client
	case depth == 0 && ok && key == "Server":
		r.server, r.release = true, &r.version.Server
	case r.release == nil || !ok:
		r.odd.Add(num, text)
	case r.field(num, key, value):
	case r.server && depth == 1 && value == "":
		r.component(key)
	}
}

// component starts what is about a part of the daemon.
func (r *versionReader) component(key string) {
	r.close()
	if key == "Engine" {
		r.release = &r.version.Server
		return
	}
	r.part = Release{Name: rows.Clip(key, maxText)}
	r.release = &r.part
}

// close keeps the component that was read.
func (r *versionReader) close() {
	if r.part.Name != "" && len(r.version.Components) < maxList {
		r.version.Components = append(r.version.Components, r.part)
	}
	r.part = Release{}
}

// field keeps a value; false for keys that are no fields.
func (r *versionReader) field(num int, key, value string) bool {
	switch key {
	case "Version": // the first; some components repeat it
		if r.release.Line == 0 {
			r.release.Version, r.release.Line = value, num
		}
	case "API version":
		r.release.APIVersion = value
	case "Go version":
		r.release.GoVersion = value
	case "Git commit", "GitCommit":
		r.release.GitCommit = value
	case "Built":
		r.release.Built = value
	case "OS/Arch":
		r.release.OSArch = value
	default:
		return false
	}
	return true
}
