package kubeletconfig

import (
	"path"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
	"github.com/eksleuth/eksleuth/parsers/ps"
)

// place is where nodeadm's configuration stands in a bundle.
const place = "kubelet/config.json"

// settings are the configuration of kubelet with its drop-ins, and the flags of
// the process. A flag counts more than the configuration.
type settings struct {
	*kubeletconfig.Config
	flags   map[string]string
	running parsers.Pos // the process; no file when it was not seen
}

// settingsOf reads them. When a part is missing, a setting that is not seen may
// be there all the same, and the note says why.
func settingsOf(p *analyze.Pass) (s settings, note string) {
	proc, at, _ := network.Process(p, "kubelet")
	if proc == nil {
		proc, at, _ = network.Process(p, "kubelet-eks") // of the snap of Ubuntu
	}
	if proc != nil {
		s.running, s.flags = at, flagsOf(proc.Command)
	}
	var base *kubeletconfig.Config
	var dropIns []*kubeletconfig.Config
	for _, f := range analyze.Facts[kubeletconfig.Config](p) {
		if why := whole.Cut(p, f.Path); why != "" {
			return s, why
		}
		switch {
		case kubeletconfig.DropIn(f.Path):
			dropIns = append(dropIns, f.Value)
		case base == nil || path.Base(f.Path) == path.Base(s.flags["config"]):
			base = f.Value
		}
	}
	if base == nil {
		return s, whole.Absent(p, place)
	}
	if why := unread(p); why != "" {
		return s, why
	}
	s.Config = kubeletconfig.Merge(base, dropIns...)
	return s, ""
}

// unread says that a drop-in counts and cannot be read.
func unread(p *analyze.Pass) string {
	decoded := map[string]bool{}
	for _, f := range analyze.Facts[kubeletconfig.Config](p) {
		decoded[f.Path] = true
	}
	for _, f := range p.Files {
		at := f.At()
		if kubeletconfig.DropIn(at) && path.Ext(at) == ".conf" && !decoded[f.Path] {
			if state, _ := coverage.StateOf(f, nil); state != coverage.Empty {
				return f.Path + " cannot be read"
			}
		}
	}
	return ""
}

// flagsOf are the flags of a command. The last of several counts.
//
//	/usr/bin/kubelet --config=/etc/kubernetes/kubelet/config.json --cloud-provider external --v=2
func flagsOf(command string) map[string]string {
	flags := map[string]string{}
	words := strings.Fields(command)
	for i, w := range words {
		name, ok := strings.CutPrefix(w, "--")
		if !ok {
			continue
		}
		name, value, given := strings.Cut(name, "=")
		switch {
		case given:
		case i+1 < len(words) && !strings.HasPrefix(words[i+1], "-"):
			value = words[i+1]
		default:
			value = "true"
		}
		flags[name] = strings.Trim(value, `"'`)
	}
	return flags
}

// A value is what is in force, and where that stands.
type value struct {
	text string
	at   parsers.Pos
}

// set reports whether anything says the value.
func (v value) set() bool { return v.at.File != "" }

// value returns the flag, else what the configuration says.
func (s *settings) value(flag, text, file string, line int) value {
	if v, ok := s.flags[flag]; ok {
		return value{v, s.running}
	}
	if file == "" {
		return value{}
	}
	return value{text, parsers.Pos{File: file, Line: line}}
}

// of is value for a setting.
func of[T any](s *settings, flag string, c kubeletconfig.Setting[T]) value {
	return s.value(flag, c.Text, c.File, c.Line)
}

// entries are those of a map by their keys: those of the flag, when it is given,
// instead of those of the configuration.
//
//	--kube-reserved=cpu=70m,memory=574Mi --eviction-hard=memory.available<100Mi,nodefs.available<10%
func (s *settings) entries(flag string, config []kubeletconfig.Entry) map[string]value {
	all := map[string]value{}
	if text, ok := s.flags[flag]; ok {
		for pair := range strings.SplitSeq(text, ",") {
			if i := strings.IndexAny(pair, "=<"); i > 0 {
				all[pair[:i]] = value{pair[i+1:], s.running}
			}
		}
		return all
	}
	for _, e := range config {
		all[e.Key] = value{e.Value, parsers.Pos{File: e.File, Line: e.Line}}
	}
	return all
}

// cite is a place that shows a map: its first entries, or the whole file when
// there are none.
func (s *settings) cite(flag string, config []kubeletconfig.Entry) []parsers.Pos {
	const some = 3
	var at []parsers.Pos
	if _, ok := s.flags[flag]; ok {
		return append(at, s.running)
	}
	for _, e := range config[:min(len(config), some)] {
		at = append(at, parsers.Pos{File: e.File, Line: e.Line})
	}
	if len(at) == 0 {
		at = append(at, parsers.Pos{File: s.Base()})
	}
	return slices.Compact(at)
}

// hidden says that a setting which the configuration does not have may be a
// flag; "" when the flags are known.
func (s *settings) hidden(p *analyze.Pass) string {
	if s.running.File != "" {
		return ""
	}
	const place = "system/ps.txt"
	for _, f := range analyze.Facts[ps.Table](p) {
		if len(f.Value.Processes) > 0 {
			return "no running kubelet in " + f.Path + ", and so its flags are not known"
		}
	}
	return "the flags of kubelet are not known: " + whole.Absent(p, place)
}
