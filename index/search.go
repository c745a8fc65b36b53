package index

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eksleuth/eksleuth/index/internal/full"
	"github.com/eksleuth/eksleuth/index/internal/lines"
	"github.com/eksleuth/eksleuth/index/query"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Search is a query and how to answer it.
type Search struct {
	Expr    query.Expr // resolved
	Formats []*parsers.Format
	Clock   func(parsers.Stamp) time.Time // nil: no line has a time
	Limit   int                           // hits returned; 0 means none, only counts
	ByTime  bool                          // the earliest hits instead of the first by file
	Facets  bool                          // count by file, component, level and hour
	NoIndex bool                          // read every line, as if there were no search index
	Workers int                           // 0 means one for each processor
}

// A Hit is a line that matches.
type Hit struct {
	File  *File
	Line  int
	Level parsers.Level
	Time  time.Time // zero when unknown

	// Text is the line without its end; nil for one that is not at hand any
	// more: a long one, or one of very many.
	Text []byte
}

// The texts of hits are kept up to this many bytes, and lines up to maxText.
const (
	maxTexts = 8 << 20
	maxText  = 64 << 10
)

// A Result is the answer to a Search.
type Result struct {
	Hits  []Hit // by path and line, or by time
	Total int   // lines that match, more than Hits if there are many

	// Unread is how many lines the search did not come to before its context
	// ended; Total is too small then.
	Unread int
	// Slow is how many lines an expression was given up on.
	Slow int

	Files, Components, Levels, Hours map[string]int // with Search.Facets; hours are RFC 3339
}

// ErrIndex means that the search index is damaged. The lines may be well:
// Search.NoIndex finds all of them.
var ErrIndex = errors.New("the search index is damaged")

// Search looks for the lines that match. Where the search index, if there is
// one, shows that a block has none, the block is not read. When the context
// ends, what was found so far is the result, and its Unread says so. The error
// is [ErrIndex] or a *[query.SyntaxError] about an expression that takes too long,
// or says which block of lines cannot be read.
func (c *Case) Search(ctx context.Context, s Search) (*Result, error) {
	r := &search{Search: s, c: c, matcher: query.Compile(s.Expr)}
	spans, err := r.plan(ctx)
	if err != nil {
		return nil, err
	}
	if total, ok := r.counted(); ok {
		return r.first(ctx, spans, total)
	}
	workers := s.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	found := make([]*spanResult, len(spans))
	errs := make([]error, workers)
	var next atomic.Int64
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			var text []byte
			for errs[i] == nil && ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= len(spans) {
					return
				}
				found[n], text, errs[i] = r.read(ctx, &spans[n], text)
			}
		})
	}
	wg.Wait()
	if err := cmp.Or(errs...); err != nil { // the others say the same
		return nil, err
	}
	return r.result(spans, found), nil
}

// counted returns the number of lines that match if it is known without reading
// them: for a word alone that stands in very many, when all that is asked for
// is the first of them.
func (r *search) counted() (total int, ok bool) {
	word, alone := r.Expr.(query.Word)
	if !alone || word.Prefix || r.Facets || r.ByTime || !r.indexed() {
		return 0, false
	}
	if slices.ContainsFunc(r.c.store.Blocks(), func(b lines.Block) bool { return b.Cont }) {
		return 0, false // a line in several blocks was counted in each
	}
	return full.Lines(filepath.Join(r.c.Dir, wordsDir), strings.ToLower(word.Text))
}

// first reads until there are enough hits; how many there are is known.
func (r *search) first(ctx context.Context, spans []span, total int) (*Result, error) {
	found := make([]*spanResult, len(spans))
	var text []byte
	var err error
	hits := 0
	for n := 0; n < len(spans) && hits < r.Limit; n++ {
		if ctx.Err() != nil {
			break
		}
		if found[n], text, err = r.read(ctx, &spans[n], text); err != nil {
			return nil, err
		}
		hits += len(found[n].hits)
	}
	out := r.result(spans, found)
	if hits >= r.Limit {
		out.Unread = 0
	}
	out.Total = total
	return out, nil
}

// search is a Search at work.
type search struct {
	Search
	c       *Case
	matcher *query.Matcher
	texts   atomic.Int64 // bytes of text that hits hold
}

// A span is blocks of a file that are read one after the other: one block, or
// several if lines go on from one to the next.
type span struct {
	file    *File
	format  *parsers.Format
	matcher *query.Matcher // for the file
	blocks  []int
	pieces  map[int]bool // of a single block: those worth reading; nil means all
	lines   int
}

// plan chooses what is read: by path, then in the order of the file.
func (r *search) plan(ctx context.Context) ([]span, error) {
	docs, err := r.docs(ctx)
	if err != nil {
		return nil, err
	}
	files := make(map[int]*fileView, len(r.c.Files))
	for _, f := range r.c.Files {
		if v := r.view(f); v != nil {
			files[f.Num] = v
		}
	}
	blocks := r.c.store.Blocks()
	var spans []span
	for i := 0; i < len(blocks); {
		end := i + 1
		for end < len(blocks) && blocks[end].Cont {
			end++
		}
		if v := files[blocks[i].File]; v != nil {
			if s := r.span(v, i, end, docs); s != nil {
				spans = append(spans, *s)
			}
		}
		i = end
	}
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(a.file.Path, b.file.Path) })
	return spans, nil
}

// A fileView is a file that may have a line that matches.
type fileView struct {
	file    *File
	format  *parsers.Format
	info    query.FileInfo
	matcher *query.Matcher
}

func (r *search) view(f *File) *fileView {
	info := Info(f)
	if !query.FileMayMatch(r.Expr, info) {
		return nil
	}
	v := &fileView{file: f, info: info}
	for _, format := range r.Formats {
		if format.Name == f.Format && format.Log() {
			v.format = format
		}
	}
	v.matcher = r.matcher.For(&v.info)
	return v
}

// span returns what of the blocks from i to end is read; nil for nothing.
func (r *search) span(v *fileView, i, end int, docs full.Set) *span {
	s := &span{file: v.file, format: v.format, matcher: v.matcher}
	for b := i; b < end; b++ {
		s.blocks = append(s.blocks, b)
	}
	s.lines = r.before(v.file, end) - r.c.store.Blocks()[i].Line + 1
	if end-i > 1 {
		return s // no block of it is known to be without a part of a match
	}
	if !query.MayMatch(r.Expr, r.known(v, i)) {
		return nil
	}
	if docs != nil {
		s.pieces = map[int]bool{}
		for n := range full.PiecesPerBlock {
			if _, ok := docs[full.DocOf(i, n)]; ok {
				s.pieces[n] = true
			}
		}
		if len(s.pieces) == 0 {
			return nil
		}
	}
	return s
}

// known is what the table of blocks says of a block of whole lines. The times of
// an older case are not as Clock takes them: see [Manifest.Blocks].
func (r *search) known(v *fileView, i int) query.Block {
	b := &r.c.store.Blocks()[i]
	known := query.Block{File: &v.info, First: b.Line, Last: r.before(v.file, i+1)}
	if r.Clock != nil && r.c.Blocks != 0 && b.Low.Kind != parsers.NoStamp {
		known.From, known.To = r.Clock(b.Low), r.Clock(b.High)
		if known.To.Before(known.From) { // the turn of a year is within
			known.From, known.To = time.Time{}, time.Time{}
		}
	}
	return known
}

// before is the number of the last line of a file that stands before a block, which
// begins a line or another file.
func (r *search) before(f *File, block int) int {
	blocks := r.c.store.Blocks()
	if block < len(blocks) && blocks[block].File == f.Num {
		return blocks[block].Line - 1
	}
	return f.Lines
}

// docs asks the search index which pieces may hold a match; nil is all.
func (r *search) docs(ctx context.Context) (full.Set, error) {
	need := query.Needs(r.Expr)
	if need == nil || !r.indexed() {
		return nil, nil
	}
	x, err := full.Open(filepath.Join(r.c.Dir, wordsDir))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrIndex, err)
	}
	defer x.Close()
	set, err := meets(ctx, x, need)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrIndex, err)
	}
	return set, nil
}

// indexed reports whether the search index is to be used.
func (r *search) indexed() bool { return !r.NoIndex && r.c.Indexed() }

// meets returns the documents that meet a need; nil is all of them.
func meets(ctx context.Context, x *full.Index, need query.Need) (full.Set, error) {
	switch need := need.(type) {
	case query.AllOf:
		var all full.Set
		for _, part := range need {
			set, err := meets(ctx, x, part)
			if err != nil {
				return nil, err
			}
			if all == nil {
				all = set
			} else if set != nil {
				all = all.And(set)
			}
			if all != nil && len(all) == 0 {
				break
			}
		}
		return all, nil
	case query.AnyOf:
		some := full.Set{}
		for _, part := range need {
			set, err := meets(ctx, x, part)
			if err != nil || set == nil {
				return nil, err
			}
			some = some.Or(set)
		}
		return some, nil
	case query.Term:
		return term(ctx, x, need)
	}
	return nil, nil
}

func term(ctx context.Context, x *full.Index, t query.Term) (full.Set, error) {
	switch t.Kind {
	case query.Exact:
		return x.Exact(ctx, string(t.Field), t.Text)
	case query.Prefix:
		return x.Prefix(ctx, string(t.Field), t.Text)
	}
	accepts := strings.Contains
	if t.Kind == query.Suffix {
		accepts = strings.HasSuffix
	}
	return x.Within(ctx, string(t.Field), func(word string) bool { return accepts(word, t.Text) })
}

// A spanResult is what was found in a span.
type spanResult struct {
	hits  []Hit // at most Limit
	total int

	levels, hours map[string]int
}

// read looks at the lines of a span. The buffer text is used and returned.
func (r *search) read(ctx context.Context, s *span, text []byte) (*spanResult, []byte, error) {
	out := &spanResult{}
	if r.Facets {
		out.levels, out.hours = map[string]int{}, map[string]int{}
	}
	var err error
	if len(s.blocks) == 1 {
		i := s.blocks[0]
		b := &r.c.store.Blocks()[i]
		if text, err = r.c.store.Text(i, text[:0]); err != nil {
			return nil, text, err
		}
		err = r.pieces(s, b, text, out)
		return out, text, err
	}
	// Lines go on from block to block: what stands behind the last line end
	// is kept for the next.
	text = text[:0]
	line := r.c.store.Blocks()[s.blocks[0]].Line
	for _, i := range s.blocks {
		if ctx.Err() != nil {
			return nil, text, nil
		}
		if text, err = r.c.store.Text(i, text); err != nil {
			return nil, text, err
		}
		end := bytes.LastIndexByte(text, '\n') + 1
		if err := r.look(s, line, text[:end], out); err != nil {
			return nil, text, err
		}
		line += bytes.Count(text[:end], newline)
		text = append(text[:0], text[end:]...)
	}
	return out, text, r.look(s, line, text, out)
}

// pieces looks at the pieces of a block that are worth it.
func (r *search) pieces(s *span, b *lines.Block, text []byte, out *spanResult) (err error) {
	line, counted := b.Line, 0
	full.Pieces(text, func(n int, start, end int) {
		if err != nil || s.pieces != nil && !s.pieces[n] {
			return
		}
		line += bytes.Count(text[counted:start], newline)
		counted = start
		err = r.look(s, line, text[start:end], out)
	})
	return err
}

// look looks at lines, the first of which has the number line.
func (r *search) look(s *span, line int, text []byte, out *spanResult) error {
	l := query.Line{}
	if s.format != nil {
		l.Header = func(line []byte) ([]byte, parsers.Level, time.Time) {
			h := s.format.Header(line)
			return h.Ident, h.Level, r.time(h.Stamp)
		}
	}
	counted := 0
	for start, end := range s.matcher.Candidates(text) {
		line += bytes.Count(text[counted:start], newline)
		counted = start
		l.Text, l.Num = text[start:end], line
		ok, err := s.matcher.Match(&l)
		if err != nil {
			return err
		}
		if ok {
			r.hit(s, line, l.Text, out)
		}
	}
	return nil
}

func (r *search) time(s parsers.Stamp) time.Time {
	if r.Clock == nil {
		return time.Time{}
	}
	return r.Clock(s)
}

// hit counts a line and keeps it if it may be among those returned.
func (r *search) hit(s *span, line int, text []byte, out *spanResult) {
	out.total++
	keep := len(out.hits) < r.Limit || r.ByTime && r.Limit > 0
	if !keep && !r.Facets {
		return
	}
	h := Hit{File: s.file, Line: line}
	if s.format != nil {
		head := s.format.Header(text)
		h.Level, h.Time = head.Level, r.time(head.Stamp)
	}
	if r.Facets {
		out.levels[h.Level.String()]++
		if !h.Time.IsZero() {
			out.hours[h.Time.UTC().Truncate(time.Hour).Format(time.RFC3339)]++
		}
	}
	if !keep {
		return
	}
	if line := bytes.TrimSuffix(text, newline); len(line) <= maxText && r.texts.Add(int64(len(line))) <= maxTexts {
		h.Text = append([]byte{}, line...) // never nil
	}
	out.hits = append(out.hits, h)
	if r.ByTime && len(out.hits) >= 2*r.Limit+64 {
		out.hits = earliest(out.hits, r.Limit)
	}
}

// earliest sorts hits by time, those without one last, and keeps the first.
func earliest(hits []Hit, limit int) []Hit {
	slices.SortStableFunc(hits, func(a, b Hit) int {
		if a.Time.IsZero() != b.Time.IsZero() {
			return cmp.Compare(b.Time.Unix(), a.Time.Unix())
		}
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.File.Path, b.File.Path), a.Line-b.Line)
	})
	return hits[:min(len(hits), limit)]
}

// result joins what was found in the spans, in their order.
func (r *search) result(spans []span, found []*spanResult) *Result {
	out := &Result{Slow: r.matcher.Slow()}
	if r.Facets {
		out.Files, out.Components, out.Levels, out.Hours = map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	}
	for i, f := range found {
		s := &spans[i]
		if f == nil {
			out.Unread += s.lines
			continue
		}
		out.Total += f.total
		if r.ByTime || len(out.Hits) < r.Limit {
			out.Hits = append(out.Hits, f.hits...)
		}
		if r.Facets && f.total > 0 {
			out.Files[s.file.Path] += f.total
			out.Components[Info(s.file).Component] += f.total
			addCounts(out.Levels, f.levels)
			addCounts(out.Hours, f.hours)
		}
	}
	if r.ByTime {
		out.Hits = earliest(out.Hits, r.Limit)
	}
	out.Hits = out.Hits[:min(len(out.Hits), r.Limit)]
	return out
}

func addCounts(to, from map[string]int) {
	for k, n := range from {
		to[k] += n
	}
}
