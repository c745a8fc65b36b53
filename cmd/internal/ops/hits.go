package ops

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/index/query"
)

const (
	// longestLine is how much of a line is looked at for what matched in it.
	longestLine = 8 << 20
	maxSpans    = 100
	// maxSkip is how many lines between two hits are read rather than looked
	// up anew.
	maxSkip = 2000
)

// evidenceLines are the lines that a finding lists, by file.
func evidenceLines(f *analyze.Finding) map[string][]int {
	lines := map[string][]int{}
	for _, e := range f.Evidence {
		if e.Line > 0 {
			lines[e.File] = append(lines[e.File], e.Line)
		}
	}
	for file, n := range lines {
		slices.Sort(n)
		lines[file] = slices.Compact(n)
	}
	return lines
}

// fetch gives the hits their text and what stands around them. Lines that the
// search has at hand are not read again.
func (s *search) fetch(found []index.Hit) error {
	s.out.Hits = make([]Hit, len(found))
	f := fetcher{search: s, matchers: map[*index.File]*query.Matcher{}}
	matcher := query.Compile(s.expr)
	far := map[*index.File][]int{} // places in the result of lines to be read
	var files []*index.File
	for i, h := range found {
		s.out.Hits[i] = Hit{ID: hitID(h.File, h.Line), Case: s.id, File: h.File.Path, Line: h.Line, Time: rfc3339(h.Time), At: h.Time, Level: h.Level.String()}
		if f.matchers[h.File] == nil {
			info := index.Info(h.File)
			f.matchers[h.File] = matcher.For(&info)
			files = append(files, h.File)
		}
		if h.Text == nil || s.Before+s.After > 0 {
			far[h.File] = append(far[h.File], i)
			continue
		}
		f.take(&s.out.Hits[i], h.Line, h.Text, f.matchers[h.File])
	}
	for _, file := range files {
		if err := f.file(file, far[file]); err != nil {
			return &unreadable{s.id, err}
		}
	}
	return nil
}

// rfc3339 writes an instant as reports do; "" for the zero time.
func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// A fetcher reads lines and what stands around them.
type fetcher struct {
	*search
	matchers map[*index.File]*query.Matcher
}

// file reads the lines of one file; hits are places in the result.
func (f *fetcher) file(file *index.File, hits []int) error {
	slices.SortFunc(hits, func(a, b int) int { return f.out.Hits[a].Line - f.out.Hits[b].Line })
	for len(hits) > 0 {
		err := f.c.Lines(file, f.from(hits[0]), longestLine, func(n int, text []byte) bool {
			for _, i := range hits {
				if f.from(i) > n {
					break
				}
				f.take(&f.out.Hits[i], n, text, f.matchers[file])
			}
			for len(hits) > 0 && n >= f.out.Hits[hits[0]].Line+f.After {
				hits = hits[1:]
			}
			return len(hits) > 0 && f.from(hits[0]) <= n+maxSkip
		})
		if err != nil {
			return err
		}
		// At the end of the file there may be no more lines of context.
		for len(hits) > 0 && f.out.Hits[hits[0]].Line+f.After >= file.Lines {
			hits = hits[1:]
		}
	}
	return nil
}

// from is the first line that a hit shows.
func (f *fetcher) from(i int) int { return max(f.out.Hits[i].Line-f.Before, 1) }

// take gives a hit line n of its file, without a carriage return at its end.
func (f *fetcher) take(h *Hit, n int, text []byte, m *query.Matcher) {
	text = bytes.TrimSuffix(text, []byte("\r"))
	switch {
	case n < h.Line:
		h.Before = append(h.Before, NumberedLine{n, f.start(text)})
	case n == h.Line:
		h.Text, h.Spans, h.CutBefore, h.CutAfter = f.part(text, m.Spans(text, maxSpans))
	case n <= h.Line+f.After:
		h.After = append(h.After, NumberedLine{n, f.start(text)})
	}
}

func (f *fetcher) start(text []byte) string { return string(text[:min(len(text), f.textLimit())]) }

func (f *fetcher) textLimit() int { return cmp.Or(f.TextLimit, maxLine) }

// part cuts a long line to what stands around its first match.
func (f *fetcher) part(text []byte, spans [][2]int) (part string, in [][2]int, before, after int) {
	limit := f.textLimit()
	from := 0
	if len(spans) > 0 && len(text) > limit {
		from = min(max(spans[0][0]-limit/4, 0), len(text)-limit)
	}
	to := min(from+limit, len(text))
	for _, s := range spans {
		if start, end := max(s[0], from), min(s[1], to); start < end {
			in = append(in, [2]int{start - from, end - from})
		}
	}
	return string(text[from:to]), in, from, len(text) - to
}

// Facets count the lines that match by what they have in common.
type Facets struct {
	Files      []Share `json:"files"`      // the most first
	Components []Share `json:"components"` // the most first
	Levels     []Share `json:"levels"`     // the worst first
	Hours      []Share `json:"hours"`      // RFC 3339, UTC, in order of time; lines with a time only
}

// A Share is the number of lines with a value.
type Share struct {
	Value string `json:"value"` // "" for lines that have none
	Count int    `json:"count"`
}

func facets(r *index.Result) *Facets {
	f := &Facets{shares(r.Files), shares(r.Components), shares(r.Levels), shares(r.Hours)}
	f.order()
	return f
}

func shares(counts map[string]int) []Share {
	out := make([]Share, 0, len(counts))
	for value, n := range counts {
		out = append(out, Share{value, n})
	}
	return out
}

// order puts what came from maps in its order.
func (f *Facets) order() {
	most := func(a, b Share) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Value, b.Value)) }
	slices.SortFunc(f.Files, most)
	slices.SortFunc(f.Components, most)
	worst := []string{"fatal", "error", "warn", "info", "debug", ""}
	slices.SortFunc(f.Levels, func(a, b Share) int { return slices.Index(worst, a.Value) - slices.Index(worst, b.Value) })
	slices.SortFunc(f.Hours, func(a, b Share) int { return cmp.Compare(a.Value, b.Value) })
}

// add counts the lines of another result too.
func (f *Facets) add(g *Facets) {
	f.Files = joined(f.Files, g.Files)
	f.Components = joined(f.Components, g.Components)
	f.Levels = joined(f.Levels, g.Levels)
	f.Hours = joined(f.Hours, g.Hours)
	f.order()
}

func joined(a, b []Share) []Share {
	sum := map[string]int{}
	for _, s := range slices.Concat(a, b) {
		sum[s.Value] += s.Count
	}
	return shares(sum)
}
