// Package journalloss sums up the messages that journald and rsyslog dropped.
package journalloss

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

//go:embed check.yaml
var doc []byte

// Check is bundle.journal_dropped.
var Check = &analyze.Check{ID: "bundle.journal_dropped", Doc: analyze.MustDoc(doc), Run: run}

// marks are the lines that tell of dropped messages: unit is whose they were,
// value how many.
var marks = []string{"mark.journal.dropped", "mark.journal.kernel_missed", "mark.syslog.dropped"}

func run(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	if !slices.ContainsFunc(p.Files, isLog) {
		return analyze.Verdict{Outcome: analyze.NoData, Note: "no journal and no system log"}, nil
	}
	losses := map[string]*loss{}
	for _, mark := range marks {
		for _, h := range p.Hits(mark) {
			name := writer(h.Entities["unit"])
			l := losses[name]
			if l == nil {
				l = &loss{}
				losses[name] = l
			}
			l.add(h)
		}
	}
	if len(losses) == 0 {
		return analyze.Verdict{Outcome: analyze.Clear, Note: "no line tells of dropped messages"}, nil
	}
	v := analyze.Verdict{Outcome: analyze.Found}
	var names []string
	for name := range losses {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names[:min(len(names), most)] {
		v.Matches = append(v.Matches, losses[name].match(name))
	}
	return v, nil
}

// most is how many writers get a finding, and how many lines of each are shown.
const most = 16

// isLog reports whether a file is one that journald or rsyslog wrote.
func isLog(f *index.File) bool {
	return f.Bytes > 0 && f.Refusal == nil && !coverage.Garbled(f) && (f.Format == "journald" || f.Format == "syslog")
}

// writer is who wrote too much: a unit, without the slice that old versions of
// journald name ("/system.slice/kubelet.service"), or a source of logs.
func writer(unit string) string {
	return cmp.Or(unit[strings.LastIndexByte(unit, '/')+1:], "unknown")
}

// words call the writers that are no units.
var words = map[string]string{
	"unknown":   "a program",
	"kernel":    "the kernel",
	"imjournal": "the journal, on their way to the system log,",
	"imuxsock":  "programs that write to the system log",
}

// A loss is what was dropped of one writer.
type loss struct {
	messages int64
	lines    int
	at       []parsers.Pos
}

func (l *loss) add(h analyze.Hit) {
	l.lines++
	if n, err := strconv.ParseInt(h.Entities["value"], 10, 64); err == nil && n > 0 && l.messages < math.MaxInt64-n {
		l.messages += n
	}
	if len(l.at) < most {
		l.at = append(l.at, h.Pos)
	}
}

func (l *loss) match(name string) analyze.Match {
	m := analyze.Match{
		Entity: name, Count: l.lines, At: l.at,
		Summary: fmt.Sprintf("%d messages of %s were dropped (lines that say so: %d)", l.messages, cmp.Or(words[name], name), l.lines),
	}
	if strings.HasSuffix(name, ".service") {
		m.Entities = map[string][]string{"unit": {name}}
	}
	return m
}
