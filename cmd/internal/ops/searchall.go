package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/index/query"
)

// casesAtOnce is how many cases SearchAll searches at the same time, each with
// a share of the processors.
const casesAtOnce = 4

// SearchAll searches every case below home, in the order of their IDs. Limit and
// Sort are for all of them together; ByFile is by case first. A case that cannot
// be searched is told in Cases and does not stop the others.
func SearchAll(ctx context.Context, req SearchRequest) (*SearchResult, error) {
	expr, err := req.parse()
	if err != nil {
		return nil, err
	}
	dir, err := Home(req.Home)
	if err != nil {
		return nil, err
	}
	h := index.Home(dir)
	ids, err := h.IDs()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := &SearchResult{Schema: SearchSchema, Cases: []CaseResult{}}
	if req.Facets {
		out.Facets = &Facets{}
	}
	for r := range req.each(ctx, h, ids, expr) {
		out.join(<-r, &req)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return out, nil
}

// An answer is what came of one case.
type answer struct {
	id  string
	r   *SearchResult
	err error
}

// each searches the cases, some at a time, and sends where the answer of each
// will be, in their order. No more answers wait than are searched at once.
func (req SearchRequest) each(ctx context.Context, h index.Home, ids []string, expr query.Expr) <-chan (chan answer) {
	workers := req.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	atOnce := min(casesAtOnce, workers)
	req.Workers = max(workers/atOnce, 1)
	req.Progress = nil // of several at once it would jump
	queue := make(chan (chan answer), atOnce-1)
	go func() {
		defer close(queue)
		for _, id := range ids {
			to := make(chan answer, 1)
			select {
			case queue <- to:
			case <-ctx.Done():
				return
			}
			go func() {
				r, err := req.in(ctx, h, id, expr)
				to <- answer{id, r, err}
			}()
		}
	}()
	return queue
}

// join adds what came of one case.
func (out *SearchResult) join(a answer, req *SearchRequest) {
	c := CaseResult{Case: a.id, Err: a.err}
	if a.err != nil {
		c.Error = reason(a.err)
		out.Cases = append(out.Cases, c)
		out.Truncated = true
		return
	}
	c.Total = a.r.Total
	out.Cases = append(out.Cases, c)
	out.Total += a.r.Total
	out.Unread += a.r.Unread
	out.Slow += a.r.Slow
	out.Hits = append(out.Hits, a.r.Hits...)
	if req.Sort == ByTime {
		slices.SortFunc(out.Hits, earlier)
	}
	out.Hits = out.Hits[:min(len(out.Hits), req.Limit)]
	out.Truncated = out.Truncated || out.Total > len(out.Hits) || out.Unread > 0
	for _, n := range a.r.Notes {
		out.Notes = append(out.Notes, fmt.Sprintf("case %s: %s", a.id, n))
	}
	if out.Facets != nil {
		out.Facets.add(a.r.Facets)
	}
}

// earlier compares hits by time, those without one last, then by where they stand.
func earlier(a, b Hit) int {
	if a.At.IsZero() != b.At.IsZero() {
		return b.At.Compare(a.At)
	}
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Case, b.Case), cmp.Compare(a.File, b.File), a.Line-b.Line)
}

// reason is an error about a case without the name of the case.
func reason(err error) string {
	if e, ok := errors.AsType[*unreadable](err); ok {
		return e.reason()
	}
	return err.Error()
}
