// Package coverage says how much of a node its bundle shows: which collector
// made it, which files that collector writes on such a node and what became of
// each, and from when to when the logs reach.
//
// What collectors write is data: the lists in expected.go, one [file] each.
package coverage

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/bundle"
	"github.com/eksleuth/eksleuth/parsers/tcpdump"
)

// An Audit is the coverage of one bundle.
type Audit struct {
	Collector Collector  `json:"collector"`
	Totals    Totals     `json:"totals"`
	Expected  []Expected `json:"expected"` // what the collector writes on such a node, in the order that it does
	Logs      []Log      `json:"logs"`     // files whose lines have times, by path

	// Dated is true when it is known well when the bundle was made: its name
	// says so, or it is whole, so that some log reaches to that time.
	Dated bool `json:"-"`
}

// A Collector is what made a bundle, as far as the bundle tells.
type Collector struct {
	Name    Name   `json:"name"`    // "" when nothing tells
	Version string `json:"version"` // as in the name of the bundle; "" when that has none
	// Since is the day of the newest change of the collector that is seen in
	// the bundle, "2025-11-01"; "" when there is none.
	Since string `json:"since"`
	// OS is the operating system that the lists of files went by; "" for
	// one that is not known.
	OS string `json:"os"`
	// Whole is false for a part of a bundle: some files that the collector
	// writes on any node are missing, and not because the archive broke off.
	Whole bool `json:"whole"`
	Found int  `json:"found"` // of the files that it writes on any node, those that are there
	Of    int  `json:"of"`    // how many these are
}

// A Name is the name of a collector.
type Name string

// The collectors. Logdog is that of Bottlerocket.
const (
	Script Name = "eks-log-collector"
	Agent  Name = "eks-node-monitoring-agent"
	Logdog Name = "logdog"
)

// Totals sum up what was read.
type Totals struct {
	Files    int   `json:"files"`
	Bytes    int64 `json:"bytes"`
	Lines    int   `json:"lines"`
	Unparsed int   `json:"unparsed"` // lines without the structure of their log
	Skipped  int   `json:"skipped"`  // files, or rests of files, that were not read
	// SkippedBytes is how much that is, as far as it is known.
	SkippedBytes int64 `json:"skipped_bytes"`
}

// An Expected is a file, or a family of files, that the collector writes.
type Expected struct {
	Path      string `json:"path"`    // where it stands in the bundle; with wildcards for those that are as they should be
	State     State  `json:"state"`   // of the best of its files
	Certain   bool   `json:"certain"` // it is written on any node; else it depends on the node or the version
	Normal    bool   `json:"normal"`  // the state is that of a healthy node
	NeededFor string `json:"needed_for,omitempty"`
	Detail    string `json:"detail,omitempty"` // what the command said, where the file was cut

	// Refusal is the kind of what the command said; "" for other states.
	Refusal parsers.RefusalKind `json:"refusal,omitempty"`

	file *file
}

// At reports whether a file is one of those expected.
func (e *Expected) At(f *index.File) bool { return e.file != nil && matches(e.file.at, f.At()) }

// A State is what became of a file.
type State string

// The states of files.
const (
	Present   State = "present"
	Empty     State = "empty"     // no text, or nothing but ends of lines
	Refused   State = "refused"   // it holds what a command said instead of its output
	Undecoded State = "undecoded" // the text, or most lines of a log, are not what they should be
	Cut       State = "cut"       // the end is missing: the archive broke off, or a limit was met
	Skipped   State = "skipped"   // it is in the bundle and was not read
	Missing   State = "missing"
)

// An Input is what a bundle holds.
type Input struct {
	Name   string // of the bundle
	Broken string // where a damaged archive stopped; "" when it was whole
	OS     string // as package node calls it
	Files  []*index.File
	Skips  []index.Skip
	Clock  timeline.Clock
}

// Of looks at a bundle.
func Of(in *Input) *Audit {
	b := &look{Input: in, places: map[string][]*index.File{}, skips: map[string]index.Skip{}, known: map[string][]*index.File{}}
	for _, f := range in.Files {
		b.places[f.At()] = append(b.places[f.At()], f)
		b.totals.Files++
		b.totals.Bytes += f.Bytes
		b.totals.Lines += f.Lines
		b.totals.Unparsed += f.Unparsed
	}
	for _, s := range in.Skips {
		b.skips[s.Path] = s
		b.totals.Skipped++
		b.totals.SkippedBytes += max(s.Bytes, 0)
	}
	b.names = slices.Sorted(maps.Keys(b.places))
	b.collector()
	_, named, _ := bundle.Info(in.Name)
	return &Audit{Dated: !named.IsZero() || b.made.Whole, Collector: b.made, Totals: b.totals, Expected: b.expected(), Logs: b.logs()}
}

// A look is one call of Of.
type look struct {
	*Input
	made   Collector
	totals Totals
	places map[string][]*index.File // by where patterns look for them
	names  []string                 // the keys of places, sorted
	skips  map[string]index.Skip    // by path
	known  map[string][]*index.File // what filesAt found
}

// StateOf returns what became of a file that is in the bundle, and the reason.
// A Skip with its path tells that the rest of it was not read.
func StateOf(f *index.File, skip *index.Skip) (State, string) {
	switch {
	case f.Cut():
		return Cut, f.Err
	case skip != nil:
		return Cut, skip.Reason
	case f.Refusal != nil:
		return Refused, f.Refusal.Text
	case blank(f):
		return Empty, ""
	case f.Err != "":
		return Undecoded, f.Err
	case Garbled(f):
		return Undecoded, fmt.Sprintf("%d of %d lines do not have the form of the log", f.Unparsed, f.Lines)
	}
	return Present, ""
}

// Garbled reports whether a file that should be a log is something else: most
// of its lines have not the form of the log. Of real logs, those of the kernel
// have up to half such lines, below memory reports.
func Garbled(f *index.File) bool {
	return f.Unparsed > 0 && f.Unparsed*100 >= f.Lines*foreign && f.Format != tcpdump.Format.Name
}

// foreign is how many lines of a log are of another form, in percent, when it
// is no log. What tcpdump prints of the contents of packets has no form.
const foreign = 90

// blank reports whether a file has nothing but ends of lines.
func blank(f *index.File) bool { return f.Bytes == int64(f.Lines) }

// expected looks for each file of the collector. Without a collector, or with
// a part of its bundle, nothing is missing: it may never have been there.
func (b *look) expected() []Expected {
	out := []Expected{}
	list := b.list()
	for i := range list {
		x := &list[i]
		when := b.when(x)
		if when == never {
			continue
		}
		e := b.lookFor(x)
		e.Certain = when == certain || b.content(x.proof)
		e.Normal = x.normal(e.State, e.Refusal) || e.State == Missing && when == maybe && !e.Certain
		if e.State != Present && b.content(x.instead) {
			e.NeededFor = ""
		}
		if e.State != Missing || b.made.Whole {
			out = append(out, e)
		}
	}
	return out
}

// content reports whether a file at one of some places has content.
func (b *look) content(places []string) bool {
	return slices.ContainsFunc(b.filesAt(places), func(f *index.File) bool {
		s, _ := StateOf(f, b.skip(f.Path))
		return s == Present || s == Cut
	})
}

// lookFor finds the files at a place.
func (b *look) lookFor(x *file) Expected {
	e := Expected{Path: x.at[0], State: Missing, NeededFor: x.need, file: x}
	for _, f := range b.filesAt(x.at) {
		state, detail := StateOf(f, b.skip(f.Path))
		if !better(state, e.State) {
			continue
		}
		e.State, e.Detail, e.Refusal, e.Path = state, detail, "", x.at[0]
		if state != Present {
			e.Path = f.At()
		}
		if state == Refused {
			e.Refusal = f.Refusal.Kind
		}
	}
	if e.State == Missing {
		e.State, e.Detail = b.notRead(x)
	}
	return e
}

// ranks of states: that of a family of files is the best of them.
var ranks = []State{Missing, Skipped, Empty, Refused, Undecoded, Cut, Present}

func better(a, b State) bool { return slices.Index(ranks, a) > slices.Index(ranks, b) }

// notRead tells a file that was left out from one that is not there.
func (b *look) notRead(x *file) (State, string) {
	for _, s := range b.Skips {
		if matches(x.at, s.Path) {
			return Skipped, s.Reason
		}
	}
	return Missing, ""
}

func (b *look) skip(path string) *index.Skip {
	if s, ok := b.skips[path]; ok {
		return &s
	}
	return nil
}

// filesAt are the files that stand at one of some places, by path.
func (b *look) filesAt(patterns []string) (files []*index.File) {
	key := strings.Join(patterns, "\n")
	if files, ok := b.known[key]; ok {
		return files
	}
	for _, p := range patterns {
		files = append(files, b.filesLike(p)...)
	}
	slices.SortStableFunc(files, func(x, y *index.File) int { return cmp.Compare(x.Num, y.Num) })
	files = slices.Compact(files)
	b.known[key] = files
	return files
}

// filesLike are the files that a pattern matches. Names are sorted, so those
// that begin like the pattern stand together.
func (b *look) filesLike(pattern string) (files []*index.File) {
	wild := strings.IndexAny(pattern, "*?[")
	if wild < 0 {
		return b.places[pattern]
	}
	depth := strings.Count(pattern, "/") // no wildcard matches a slash
	at, _ := slices.BinarySearch(b.names, pattern[:wild])
	for ; at < len(b.names) && strings.HasPrefix(b.names[at], pattern[:wild]); at++ {
		if strings.Count(b.names[at], "/") != depth {
			continue
		}
		if ok, _ := path.Match(pattern, b.names[at]); ok {
			files = append(files, b.places[b.names[at]]...)
		}
	}
	return files
}

// has reports whether a file stands at one of some places.
func (b *look) has(patterns ...string) bool { return len(b.filesAt(patterns)) > 0 }
