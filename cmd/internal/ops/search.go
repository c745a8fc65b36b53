package ops

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/index/query"
	"github.com/eksleuth/eksleuth/index/rx"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/all"
)

// SearchSchema is the name of the form of a [SearchResult] in JSON.
const SearchSchema = "eksleuth.search/v1"

// An Order is how the lines that were found are sorted.
type Order string

// The orders of lines.
const (
	ByFile Order = "file" // by path and line
	ByTime Order = "time" // the earliest first, those without a time last
)

// SearchRequest says what to look for.
type SearchRequest struct {
	Home, Case, Query string // SearchAll needs no case
	Regex             bool   // the query is one regular expression

	Limit         int   // lines returned; 0 means that they are only counted
	Before, After int   // lines of context
	Sort          Order // "" means ByFile
	Facets        bool  // count by file, component, level and hour
	TextLimit     int   // bytes kept of a line, around its first match; 0 means 8 KiB

	Timeout time.Duration // of the search in one case, without making its index; 0 means a minute
	Workers int           // 0 means one for each processor
	NoBuild bool          // search a case without an index as it is

	// Progress is told of the index that has to be made first, in bytes of
	// text. Nil means silent; SearchAll is.
	Progress func(done, total int64)
}

// A SearchResult is the answer. Its JSON form is a contract.
type SearchResult struct {
	Schema    string `json:"schema"`
	Total     int    `json:"total"`     // lines that match
	Truncated bool   `json:"truncated"` // there are more lines than Hits, or some were not read
	Hits      []Hit  `json:"hits"`

	// Unread is how many lines the search did not come to in time, Slow on
	// how many an expression was given up: Total can be wrong by these.
	Unread int      `json:"unread,omitempty"`
	Slow   int      `json:"slow,omitempty"`
	Notes  []string `json:"notes,omitempty"` // the same in words, and what else went wrong

	Facets *Facets      `json:"facets,omitempty"`
	Cases  []CaseResult `json:"cases,omitempty"` // of SearchAll
}

// A CaseResult is what SearchAll found in one case.
type CaseResult struct {
	Case  string `json:"case"`
	Total int    `json:"total"`
	Error string `json:"error,omitempty"` // why it could not be searched

	Err error `json:"-"`
}

// A Hit is a line that matches. The Text of a long line is the part of it
// around the first match.
type Hit struct {
	ID    string // see hitID
	Case  string
	File  string
	Line  int       // as in sed -n LINEp
	Time  string    // RFC 3339, UTC; "" when unknown
	At    time.Time // the same, in full; not in JSON
	Level string    // "" when the line names none
	Text  string

	// CutBefore and CutAfter are how many bytes of the line stand before and
	// behind Text.
	CutBefore, CutAfter int
	Spans               [][2]int // the places in Text that match: start and end in bytes
	Before, After       []NumberedLine
}

// hitID is the ID of a line: the position of its file in the bundle, counted
// from 1, and the number of the line. Both stay as they are for as long as the
// case exists, so the ID can be cited.
func hitID(f *index.File, line int) string { return fmt.Sprintf("S-%d-%d", f.Num+1, line) }

// MarshalJSON writes bytes that are no UTF-8 as U+FFFD, as encoding/json does,
// and spans as they are in the text that results.
func (h Hit) MarshalJSON() ([]byte, error) {
	text, spans := validText(h.Text, h.Spans)
	return json.Marshal(struct {
		ID        string         `json:"id"`
		Case      string         `json:"case"`
		File      string         `json:"file"`
		Line      int            `json:"line"`
		Time      string         `json:"time"`
		Level     string         `json:"level,omitempty"`
		Text      string         `json:"text"`
		CutBefore int            `json:"cut_before,omitempty"`
		CutAfter  int            `json:"cut_after,omitempty"`
		Spans     [][2]int       `json:"spans,omitempty"`
		Before    []NumberedLine `json:"before,omitempty"`
		After     []NumberedLine `json:"after,omitempty"`
	}{h.ID, h.Case, h.File, h.Line, h.Time, h.Level, text, h.CutBefore, h.CutAfter, spans, h.Before, h.After})
}

// validText makes a text UTF-8 and moves the spans along.
func validText(text string, spans [][2]int) (string, [][2]int) {
	var out []byte
	moved := make([][2]int, 0, len(spans))
	at := 0
	upTo := func(end int) int {
		for _, r := range text[at:end] {
			out = append(out, string(r)...) // U+FFFD for a byte that is none
		}
		at = end
		return len(out)
	}
	for _, s := range spans {
		moved = append(moved, [2]int{upTo(s[0]), upTo(s[1])})
	}
	upTo(len(text))
	return string(out), moved
}

// Search looks for the lines of a case that match a query. The error is a
// [query.SyntaxError] or [ErrNoCase], or says why the case cannot be searched.
func Search(ctx context.Context, req SearchRequest) (*SearchResult, error) {
	expr, err := req.parse()
	if err != nil {
		return nil, err
	}
	h, id, err := find(ctx, req.Home, req.Case)
	if err != nil {
		return nil, err
	}
	r, err := req.in(ctx, h, id, expr)
	if e, ok := errors.AsType[*query.SyntaxError](err); ok && errors.Is(e, query.ErrNoFinding) {
		// The user may have meant another case of the instance.
		return nil, &query.SyntaxError{Col: e.Col, Msg: e.Msg + " in case " + id, Err: e.Err}
	}
	return r, err
}

func (req *SearchRequest) parse() (query.Expr, error) {
	if req.Regex {
		return query.ParseRegexp(req.Query)
	}
	return query.Parse(req.Query)
}

// in searches one case.
func (req *SearchRequest) in(ctx context.Context, h index.Home, id string, expr query.Expr) (*SearchResult, error) {
	s, err := req.open(h, id)
	if err != nil {
		return nil, err
	}
	defer s.c.Close()
	if err := s.resolve(expr, h.Dir(id)); err != nil {
		return nil, err
	}
	if err := s.index(ctx, h); err != nil {
		return nil, err
	}
	err = s.run(ctx)
	if errors.Is(err, index.ErrIndex) {
		if err = s.remake(ctx, h, err); err == nil {
			err = s.run(ctx)
		}
	}
	if err != nil {
		return nil, err
	}
	return s.out, nil
}

// open opens a case to be searched. The caller closes it.
func (req *SearchRequest) open(h index.Home, id string) (*search, error) {
	info, err := readCaseInfo(h.Dir(id))
	if err != nil {
		return nil, &unreadable{id, err}
	}
	c, err := index.Open(h.Dir(id))
	if err != nil {
		return nil, &unreadable{id, err}
	}
	s := &search{SearchRequest: *req, id: id, c: c, out: &SearchResult{Schema: SearchSchema}}
	s.clock = info.Clock()
	return s, nil
}

// search is a SearchRequest at work in one case.
type search struct {
	SearchRequest
	id    string
	c     *index.Case
	expr  query.Expr // resolved
	clock timeline.Clock
	scan  bool // every line is read: the index is damaged
	out   *SearchResult
}

// instant reads a time of a report; zero for "".
func instant(s string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, s)
	return t
}

func (s *search) time(stamp parsers.Stamp) time.Time {
	t, _ := s.clock.Resolve(stamp)
	return t
}

// resolve tells the query of the case. The case ends when it was collected; if
// that is not known, with its latest line. The findings are read when the query
// names one.
func (s *search) resolve(expr query.Expr, dir string) error {
	end := s.clock.Collected
	if end.IsZero() {
		for _, f := range s.c.Files {
			if t := s.time(f.Last); t.After(end) {
				end = t
			}
		}
	}
	report := sync.OnceValues(func() (*analyze.Report, error) { return readReport(dir) })
	var damaged error
	finding := func(id string) (first, last time.Time, lines map[string][]int, ok bool) {
		r, err := report()
		if err != nil {
			damaged = &unreadable{s.id, err}
			return first, last, nil, false
		}
		f := r.Finding(id)
		if f == nil {
			return first, last, nil, false
		}
		first, last = instant(cmp.Or(f.FirstSeen, f.LastSeen)), instant(cmp.Or(f.LastSeen, f.FirstSeen))
		return first, last, evidenceLines(f), true
	}
	var err error
	if s.expr, err = expr.Resolve(query.Env{End: end, Finding: finding}); damaged != nil {
		return damaged
	}
	return err
}

// index makes the search index of a case that has none. A case that cannot be
// written to is searched all the same, only slower.
func (s *search) index(ctx context.Context, h index.Home) error {
	if s.NoBuild || s.c.Indexed() {
		return nil
	}
	err := s.build(ctx, h, false)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		s.note("there is no search index, and none could be made: %v", err)
	}
	return nil
}

// remake makes a damaged index anew, for later searches: this one goes on
// without, as the lines have all that was in it.
func (s *search) remake(ctx context.Context, h index.Home, damage error) error {
	s.scan = true
	if s.NoBuild {
		s.note("every line was read: %v", damage)
		return nil
	}
	err := s.build(ctx, h, true)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		s.note("every line was read: %v, and none could be made: %v", damage, err)
	}
	return nil
}

// build makes the index, in the place of a damaged one.
func (s *search) build(ctx context.Context, h index.Home, damaged bool) error {
	unlock, err := h.Lock(ctx, s.id)
	if err != nil {
		return err
	}
	defer unlock()
	if damaged {
		if err := s.c.DropIndex(); err != nil {
			return err
		}
	}
	if s.c.Indexed() { // another process was faster
		return nil
	}
	opt := &index.Options{Workers: s.Workers}
	if s.Progress != nil {
		opt.Progress = func(done, total int64) { s.Progress(done*index.BlockSize, total*index.BlockSize) }
	}
	return s.c.BuildIndex(ctx, opt)
}

func (s *search) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(s.out.Notes, n) {
		s.out.Notes = append(s.out.Notes, n)
	}
}

// searchTime is the time a search may take unless the request says otherwise.
const searchTime = time.Minute

// run searches for so long as it may, and writes the result.
func (s *search) run(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, cmp.Or(s.Timeout, searchTime))
	defer cancel()
	r, err := s.c.Search(limited, index.Search{
		Expr: s.expr, Formats: all.Formats(), Clock: s.time,
		Limit: s.Limit, ByTime: s.Sort == ByTime, Facets: s.Facets, NoIndex: s.scan, Workers: s.Workers,
	})
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && limited.Err() != nil: // before the first line was read
		r = &index.Result{}
		for _, f := range s.c.Files {
			r.Unread += f.Lines
		}
	case errors.Is(err, rx.ErrSlow), errors.Is(err, index.ErrIndex):
		return err
	case err != nil:
		return &unreadable{s.id, err}
	}
	s.out.Total, s.out.Unread, s.out.Slow = r.Total, r.Unread, r.Slow
	s.out.Truncated = r.Total > len(r.Hits) || r.Unread > 0
	if s.Facets {
		s.out.Facets = facets(r)
	}
	if r.Unread > 0 {
		s.note("the time was over before %d lines were read; --timeout gives more", r.Unread)
	}
	if r.Slow > 0 {
		s.note("an expression was given up on %d lines for which it took too long", r.Slow)
	}
	return s.fetch(r.Hits)
}
