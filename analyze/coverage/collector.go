package coverage

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// collector finds out which collector made the bundle, which version of it, and
// whether all that it always writes is there.
func (b *look) collector() {
	_, _, b.made.Version = bundle.Info(b.Name)
	b.made.OS = b.OS
	b.made.Name = b.maker()
	if b.made.Name == "" {
		return
	}
	if b.OS == "" && b.made.Name == Logdog {
		b.made.OS = bottlerocket
	}
	b.made.Since = b.newest()
	for i := range b.list() {
		x := &b.list()[i]
		if b.when(x) != certain {
			continue
		}
		b.made.Of++
		if b.has(x.at...) || b.Broken == "" && b.left(x) {
			b.made.Found++
		}
	}
	if b.made.Found < few {
		// A file or two say nothing of where they are from.
		b.made = Collector{Version: b.made.Version, OS: b.made.OS}
		return
	}
	b.made.Whole = b.Broken == "" && b.made.Found*100 >= b.made.Of*most
}

// The collector made the bundle if at least few of the files that it writes on
// any node are there, and the bundle is whole if most of them are, in percent:
// the odd image lacks a command or two.
const (
	few  = 5
	most = 85
)

// left reports whether a file is in the bundle and was not read.
func (b *look) left(x *file) bool {
	s, _ := b.notRead(x)
	return s == Skipped
}

// maker names the collector. The script says so in the name of the bundle, and
// by the list of its parameters, which no other collector writes. What only the
// agent writes tells its bundles; so do journals with zone and fractions of a
// second, as it alone asks for those.
func (b *look) maker() Name {
	switch {
	case b.made.Version != "", b.has("system/script-params.txt"):
		return Script
	case b.has("networking/get_api_server.txt", "system/pressure_*.txt", "automode/*.txt", "bottlerocket/application-inventory.json"):
		return Agent
	case b.has("bottlerocket-logs/*"):
		return Logdog
	case b.zoned("kubelet/kubelet.log"):
		return Agent
	case b.has("kubelet/kubelet.log") && b.has("kernel/uname.txt"):
		return Script
	}
	return ""
}

// zoned reports whether a journal tells the zone of its stamps.
func (b *look) zoned(place string) bool {
	return slices.ContainsFunc(b.places[place], func(f *index.File) bool { return f.First.Kind == parsers.Zoned })
}

// A release is a version of the script and the day of its first commit. The
// version was not raised with every change: that of 2022 to 2024 went on from
// one day to the first of the next.
type release struct{ version, from string }

// releases are those of amazon-eks-ami, log-collector-script/linux, by its history.
var releases = []release{
	{"0.5.1", "2019-06-25"}, {"0.5.2", "2020-01-10"}, {"0.6.0", "2020-03-06"}, {"0.6.1", "2020-03-24"},
	{"0.6.2", "2020-06-03"}, {"0.7.0", "2022-08-08"}, {"0.7.1", "2022-08-23"}, {"0.7.2", "2022-09-21"},
	{"0.7.3", "2022-11-10"}, {"0.7.4", "2023-03-27"}, {"0.7.5", "2023-04-10"}, {"0.7.6", "2023-07-06"},
	{"0.7.7", "2024-05-02"}, {"0.7.8", "2024-05-17"}, {"0.7.9", "2025-11-26"},
}

// span is the first day of a version and the first of the next one: the script
// has all changes up to the first, and none from the second on. The second is ""
// for the last version and for one that is not known; the first for one older
// than all.
func span(version string) (from, before string) {
	for i, r := range releases {
		if compareVersions(r.version, version) > 0 {
			return from, r.from
		}
		from = releases[i].from
	}
	return from, ""
}

// compareVersions compares "0.7.10" and "0.7.9" by their numbers.
func compareVersions(a, b string) int {
	number := func(s string) (n []int) {
		for part := range strings.SplitSeq(s, ".") {
			v, _ := strconv.Atoi(part)
			n = append(n, v)
		}
		return n
	}
	return slices.Compare(number(a), number(b))
}

// newest is the day of the newest change that a file of the bundle proves.
func (b *look) newest() (day string) {
	for i := range b.list() {
		x := &b.list()[i]
		if x.since > day && b.has(x.at...) {
			day = x.since
		}
	}
	return day
}

// When a file is written.
type when int

const (
	never   when = iota
	maybe        // it depends on what the node is for, or the version of the collector
	usually      // any node but those with a fault or in odd places
	certain      // always
)

// when weighs whether the collector of the bundle writes a file.
func (b *look) when(x *file) when {
	switch {
	case len(x.only) > 0 && b.made.OS != "" && !slices.Contains(x.only, b.made.OS),
		slices.Contains(x.not, b.made.OS),
		x.unless != "" && b.has(x.unless),
		x.with != nil && !b.has(x.with...):
		return never
	}
	age := b.age(x)
	if age == never {
		return never
	}
	unsure := age == maybe || len(x.only)+len(x.not) > 0 && b.made.OS == ""
	switch {
	case x.always && !unsure:
		return certain
	case x.usual && !unsure:
		return usually
	}
	return maybe
}

// age says whether the version of the collector is one that writes the file:
// never for one that is too old, maybe for one that is not known well enough.
func (b *look) age(x *file) when {
	from, before := "", ""
	if b.made.Name == Script && b.made.Version != "" {
		from, before = span(b.made.Version)
	}
	switch {
	case x.since <= max(from, b.made.Since):
		return certain
	case before != "" && x.since >= before:
		return never
	}
	return maybe
}

// list is what the collector writes.
func (b *look) list() []file {
	switch b.made.Name {
	case Script:
		return scriptFiles
	case Agent:
		return agentFiles
	case Logdog:
		return logdogFiles
	}
	return nil
}

// matches reports whether one of some patterns matches a place.
func matches(patterns []string, place string) bool {
	for _, p := range patterns {
		if p == place {
			return true
		}
		if ok, _ := path.Match(p, place); ok {
			return true
		}
	}
	return false
}
