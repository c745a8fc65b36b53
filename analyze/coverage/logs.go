package coverage

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Log is a file whose lines have times.
type Log struct {
	Path    string   `json:"path"`
	Lines   int      `json:"lines"`
	First   string   `json:"first"` // time of the first line that has one; RFC 3339, UTC; "" when it cannot be told
	Last    string   `json:"last"`
	Quality string   `json:"time_quality"` // as that of findings
	Silence *Silence `json:"silence,omitempty"`
	// Begins says why the log begins where it does, if not with its first
	// line ever; "" when that is not known.
	Begins  Begin `json:"begins"`
	Rotated int   `json:"rotated"` // older files of the same log that are in the bundle
	Nuls    int   `json:"nuls"`    // NUL bytes: the file was truncated while its writer went on
}

// A Silence is the longest time without a line.
type Silence struct {
	Line    int    `json:"line"` // that ended it
	Seconds int64  `json:"seconds"`
	From    string `json:"from"`
	To      string `json:"to"`
}

// A Begin says why a log begins where it does.
type Begin string

// The reasons. A journal that begins long after the boot has lost its start.
const (
	AtLimit Begin = "10-days" // the collector asks for the last ten days
	AtSize  Begin = "size"    // the collector takes the last 10 or 100 MiB
	Dropped Begin = "dropped" // journald has thrown away the start
)

// logs are the files with times.
func (b *look) logs() []Log {
	out := []Log{}
	older := b.rotations()
	for _, f := range b.Files {
		if f.First.Kind == parsers.NoStamp || f.Refusal != nil {
			continue
		}
		l := Log{Path: f.Path, Lines: f.Lines, Begins: b.begins(f), Rotated: older[f.At()], Nuls: f.Nuls}
		first, q := b.Clock.Resolve(f.First)
		last, _ := b.Clock.Resolve(f.Last)
		l.First, l.Last, l.Quality = stamp(first), stamp(last), quality(q)
		if g := &f.Gap; g.Line > 0 {
			from, _ := b.Clock.Resolve(g.From)
			to, _ := b.Clock.Resolve(g.To)
			l.Silence = &Silence{Line: g.Line, Seconds: int64(g.Length() / time.Second), From: stamp(from), To: stamp(to)}
		}
		out = append(out, l)
	}
	slices.SortStableFunc(out, func(x, y Log) int { return cmp.Compare(x.Path, y.Path) })
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

func quality(q timeline.Quality) string {
	return [...]string{"none", "boot-relative", "year-inferred", "exact"}[q]
}

// sinceLimit are the journals that the collectors ask for with --since; the
// limit is in the time zone of the node.
var sinceLimit = []string{
	"kubelet/kubelet.log", "docker/docker.log", "nodeadm/nodeadm-*.log", "nodeadm/udev-net-manager_*.log",
	"containerd/soci-snapshotter/soci-snapshotter-log.txt",
}

// wholeJournals are asked for without a limit.
var wholeJournals = []string{"containerd/containerd-log.txt", "sandbox-image/sandbox-image-log.txt", "automode/*.txt"}

// tailSizes are how much of /var/log/messages the script took, since the start
// and since 2022-06-17.
var tailSizes = []int64{10 << 20, 100 << 20}

const tenDays = 10 * 24 * time.Hour

// begins explains the start of a log. A log that begins up to an hour after the
// limit of ten days was cut by it: no unit that runs is silent for longer, or
// then nothing is lost. One that begins an hour after the boot and not at the
// limit has lost what was before.
func (b *look) begins(f *index.File) Begin {
	if f.At() == "var_log/messages" && slices.Contains(tailSizes, f.Bytes) {
		return AtSize
	}
	limited := matches(sinceLimit, f.At())
	first, _ := b.Clock.Resolve(f.First)
	if first.IsZero() || b.Clock.Collected.IsZero() || !limited && !matches(wholeJournals, f.At()) {
		return ""
	}
	limit := b.Clock.Collected.Add(-tenDays)
	switch after := first.Sub(limit); {
	case limited && after > -timeline.Skew && after < time.Hour:
		return AtLimit
	case b.Clock.Boot.IsZero() || limited && b.Clock.Boot.Before(limit):
		return ""
	case first.Sub(b.Clock.Boot) > time.Hour && matches(fromTheBoot, f.At()):
		return Dropped
	}
	return ""
}

// fromTheBoot are journals of units that run from the boot on.
var fromTheBoot = []string{"kubelet/kubelet.log", "containerd/containerd-log.txt"}

// rotated is the end of the name of an older file of a log:
//
//	messages-20261101, syslog.1, ipamd-2026-07-31T14-16-05.101.log.gz,
//	0.log.20261120-101010.gz, ipamd.log.2018-05-16-12
var rotated = regexp.MustCompile(`^(.*?)(?:-(\d{8})(?:\.gz)?|\.\d{1,3}(?:\.gz)?|-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d+(\.log)(?:\.gz)?|\.\d{8}-\d{6}(?:\.gz)?|\.\d{4}-\d\d-\d\d-\d\d)$`)

// rotations counts the older files of each log, by the place of the newest.
func (b *look) rotations() map[string]int {
	n := map[string]int{}
	for _, place := range b.names {
		dir, name := path.Split(place)
		m := rotated.FindStringSubmatch(name)
		if m == nil || m[1] == "" || strings.HasSuffix(m[1], "/") {
			continue
		}
		newest := dir + m[1] + m[3]
		if len(b.places[newest]) > 0 {
			n[newest] += len(b.places[place])
		}
	}
	return n
}
