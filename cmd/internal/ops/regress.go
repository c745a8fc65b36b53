package ops

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/score"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/all"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// A RegressRequest says which bundles to analyze and compare with what is known
// of them.
type RegressRequest struct {
	// Archives are folders with bundles, corpora of excerpts or cases, bundles,
	// IDs of cases, or "@FILE" for a file with one of these a line.
	Archives []string
	Labels   string // a folder with labels that do not stand beside their bundles
	Blind    bool   // read no labels
	State    string // the file that a killed run goes on from; "" for none
	Keep     bool   // keep the cases in Home, not only what came of them

	Home     string
	Rules    []string
	Runbooks []string
	NoBeside bool // read no files that lie beside a bundle
	Limits   bundle.Limits
	Workers  int // 0 means one for each processor
	Version  string

	// Progress is told of each bundle that is done, one at a time.
	Progress func(done, total int, r *score.Result)
}

// bundlesAtOnce is how many bundles are analyzed at the same time, each with a
// share of the processors. More would need more memory and no less time.
const bundlesAtOnce = 4

// Regress analyzes the bundles of archives and judges the reports. The board
// does not depend on the number of workers. A bundle that cannot be analyzed is
// a result like others.
func Regress(ctx context.Context, req RegressRequest) (*score.Board, error) {
	g := &regression{RegressRequest: req}
	if err := g.prepare(ctx); err != nil {
		return nil, err
	}
	results, err := g.run(ctx)
	if err = errors.Join(err, g.journal.close(), g.scratch.remove()); err != nil {
		return nil, err
	}
	return score.Sum(analyze.Tool{Version: req.Version, Rules: g.engine.Hash()}, results), nil
}

// A regression is one call of Regress.
type regression struct {
	RegressRequest
	home    index.Home
	engine  *analyze.Engine
	journal *journal
	program string // sum of what makes the results besides the bundles
	scratch scratch
	items   []item

	each int // processors for one bundle

	mu   sync.Mutex
	done int
}

func (g *regression) prepare(ctx context.Context) error {
	dir, err := Home(g.Home)
	if err != nil {
		return err
	}
	g.home = index.Home(dir)
	if g.engine, err = g.request().Engine(); err != nil {
		return err
	}
	f := &finder{home: g.home, labels: g.Labels, blind: g.Blind}
	if err := f.find(ctx, g.Archives); err != nil {
		return err
	}
	g.items = f.items
	if g.State != "" {
		if g.program, err = programSum(); err != nil {
			return err
		}
	}
	if g.scratch, err = makeScratch(ctx); err != nil {
		return err
	}
	if g.journal, err = openJournal(g.State); err != nil {
		return errors.Join(err, g.scratch.remove())
	}
	return nil
}

// request is the part of the request that each analysis has.
func (g *regression) request() *AnalyzeRequest {
	return &AnalyzeRequest{
		Home: g.Home, Rules: g.Rules, Runbooks: g.Runbooks, NoBeside: g.NoBeside, Limits: g.Limits, NoIndex: true, Workers: g.each, Version: g.Version,
	}
}

// programSum tells apart builds of this program. The version does not while
// one works on it.
func programSum() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(self)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// run judges all bundles, some at a time. The results are in the order of the
// items.
func (g *regression) run(ctx context.Context) ([]*score.Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	workers := g.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	atOnce := min(bundlesAtOnce, workers, len(g.items))
	g.each = max(workers/atOnce, 1)
	results := make([]*score.Result, len(g.items))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(g.items) {
					return
				}
				r, err := g.one(ctx, &g.items[i])
				if err != nil {
					cancel(err)
					return
				}
				results[i] = r
				g.tell(r)
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return results, nil
}

func (g *regression) tell(r *score.Result) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done++
	if g.Progress != nil {
		g.Progress(g.done, len(g.items), r)
	}
}

// one returns the result of a bundle: the one of an earlier run, if nothing has
// changed. The error is for what stops the run.
func (g *regression) one(ctx context.Context, it *item) (*score.Result, error) {
	key := g.key(ctx, it)
	if r := g.journal.result(it.name, key); r != nil {
		return r, nil
	}
	dir, err := os.MkdirTemp(g.scratch.dir, "")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	report, err := g.analyze(ctx, it, dir)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var r *score.Result
	if err == nil {
		r = score.Judge(report, it.label)
	} else {
		r = score.Unreadable(g.reason(err, it, dir), it.label)
		if !errors.Is(err, bundle.ErrNotBundle) {
			key = "" // it may be readable another time
		}
	}
	return g.named(r, it), g.journal.add(key, r)
}

// named completes a result with what the item says.
func (g *regression) named(r *score.Result, it *item) *score.Result {
	r.Bundle = it.name
	if it.labelErr != nil {
		r.LabelError = it.labelErr.Error()
	}
	return r
}

// key says what a result is made of: the content of the bundle, the rules, the
// program and its limits, and the label. "" means that nobody asks for it, or
// that it cannot be told.
func (g *regression) key(ctx context.Context, it *item) string {
	if g.State == "" || it.labelErr != nil {
		return ""
	}
	sum, err := g.sum(ctx, it)
	if err != nil {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n%s\n%+v\n%s\n", sum, g.engine.Hash(), g.program, g.Version, g.Limits, it.labelSum)
	return hex.EncodeToString(h.Sum(nil))
}

// sum is the sum of the content of an item.
func (g *regression) sum(ctx context.Context, it *item) (string, error) {
	switch {
	case it.excerpt != nil:
		return it.excerpt.sum()
	case it.caseID != "":
		c, err := index.Open(index.Home(it.path).Dir(it.caseID))
		if err != nil {
			return "", err
		}
		return c.SHA256 + it.caseID, c.Close()
	}
	src, err := bundle.Open(it.path, nil, &g.Limits)
	if err != nil {
		return "", err
	}
	defer src.Close()
	sum, err := contentSum(ctx, src)
	if err != nil {
		return "", err
	}
	a := &analysis{AnalyzeRequest: *g.request()}
	a.Input = it.path
	extra, err := a.extra(ctx)
	defer extra.close()
	return caseKey(src.Name(), sum, extra.sums), err
}

// analyze makes the report of an item. dir is for what is not kept.
func (g *regression) analyze(ctx context.Context, it *item, dir string) (*analyze.Report, error) {
	a := &analysis{AnalyzeRequest: *g.request(), home: index.Home(filepath.Join(dir, "cases"))}
	a.engine = func() (*analyze.Engine, error) { return g.engine, nil }
	a.opt = &index.Options{Formats: all.Formats(), Workers: g.each}
	a.Input = it.path
	if g.Keep {
		a.home = g.home
	}
	switch {
	case it.caseID != "":
		a.home = index.Home(it.path)
		return a.judged(ctx, it.caseID)
	case it.excerpt != nil:
		a.home, a.NoBeside = index.Home(filepath.Join(dir, "cases")), true
		var err error
		if a.Input, err = it.excerpt.bundle(dir); err != nil {
			return nil, err
		}
	}
	return a.bundle(ctx)
}

// reason is an error about an item without the folders of this run.
func (g *regression) reason(err error, it *item, dir string) string {
	text := strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), "")
	if it.path != "" {
		text = strings.ReplaceAll(text, it.path, it.name)
	}
	return text
}
