package ops

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/all"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// Analyze reads a bundle into its case, or comes back to the case, and returns
// the report. A bundle that was analyzed before is not read again: if rules or
// program have changed since, its stored lines are.
func Analyze(ctx context.Context, req AnalyzeRequest) (*analyze.Report, error) {
	dir, err := Home(req.Home)
	if err != nil {
		return nil, err
	}
	a := &analysis{AnalyzeRequest: req, home: index.Home(dir)}
	a.opt = &index.Options{Formats: all.Formats(), Workers: req.Workers, Index: !req.NoIndex}
	// Rules are compiled while the bundle is summed.
	a.engine = sync.OnceValues(req.Engine)
	go a.engine()
	if req.Input != "-" {
		if _, statErr := os.Stat(req.Input); statErr != nil {
			id, err := a.home.Find(req.Input)
			if err != nil {
				return nil, &absent{statErr}
			}
			if len(req.With) > 0 {
				return nil, &UserError{fmt.Errorf("case %s cannot be given further files: analyze its bundle with them", id)}
			}
			return a.again(ctx, id)
		}
	}
	return a.bundle(ctx)
}

// absent is the error for an input that is nothing at all.
type absent struct{ stat error }

func (e *absent) Error() string {
	if errors.Is(e.stat, fs.ErrNotExist) {
		return "neither a file nor a case (eksleuth cases lists the cases)"
	}
	return fmt.Sprintf("neither a file that can be read nor a case: %v", e.stat)
}

// Unwrap returns what it is as well.
func (e *absent) Unwrap() []error { return []error{bundle.ErrNotBundle, e.stat} }

// An analysis is one call of Analyze.
type analysis struct {
	AnalyzeRequest
	home   index.Home
	engine func() (*analyze.Engine, error)
	opt    *index.Options
}

// homeError explains an error of the folder that cases are kept in.
func (a *analysis) homeError(err error) error {
	return fmt.Errorf("keep the case in %s: %w (--home or EKSLEUTH_HOME names another folder)", a.home, err)
}

// bundle analyzes a bundle.
func (a *analysis) bundle(ctx context.Context) (*analyze.Report, error) {
	src, err := bundle.Open(a.Input, a.Stdin, &a.Limits)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	extra, err := a.extra(ctx)
	defer extra.close()
	if err != nil {
		return nil, err
	}
	if sum, err := src.Sum(); err != nil {
		return nil, err
	} else if sum != "" {
		id, err := a.home.ByKey(caseKey(src.Name(), sum, extra.sums))
		if err != nil {
			return nil, a.homeError(err)
		}
		if id != "" {
			if r, err := a.known(ctx, id); !isUnreadable(err) {
				return r, err
			} // else the bundle is at hand to make the case anew
		}
	}
	stop := a.watch(src)
	defer stop()
	return a.build(ctx, src, extra)
}

// caseKey tells apart the contents of cases. A bundle alone and the bundle with
// further files are two; so are two copies whose names tell another node or time.
func caseKey(name, sum string, extra []string) string {
	h := sha256.New()
	io.WriteString(h, sum)
	if id, at, version := bundle.Info(name); id != "" || version != "" || !at.IsZero() {
		fmt.Fprintf(h, "=%s=%d=%s", id, at.Unix(), version)
	}
	for _, s := range slices.Sorted(slices.Values(extra)) {
		io.WriteString(h, "+"+s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// progressEvery is how often progress is told.
const progressEvery = 100 * time.Millisecond

// watch tells the progress of a source until stop is called.
func (a *analysis) watch(src *bundle.Source) (stop func()) {
	if a.Progress == nil {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				a.Progress(src.Progress())
				return
			case <-tick.C:
				a.Progress(src.Progress())
			}
		}
	}()
	return func() { close(done); <-ended }
}

// build makes a new case.
func (a *analysis) build(ctx context.Context, src *bundle.Source, extra *extras) (r *analyze.Report, err error) {
	engine, err := a.engine()
	if err != nil {
		return nil, err
	}
	draft, err := a.home.Draft()
	if err != nil {
		return nil, a.homeError(err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(draft)
		}
	}()
	scan := engine.NewScan()
	c, err := index.Build(ctx, draft, src, extra.srcs, scan, a.opt)
	if errors.Is(err, index.ErrOwnBundle) {
		return nil, &UserError{err}
	}
	if err != nil {
		return nil, err
	}
	defer c.Close()
	// A single file may be any text; one that is no log of a node is a mistake.
	if len(c.Files) == 1 && len(c.Skips) == 0 && !engine.Knows(c.Files[0]) && len(a.Rules)+len(a.Runbooks) == 0 && !strings.Contains(c.Files[0].Path, "/") {
		return nil, fmt.Errorf("%w, nor a log of a node", bundle.ErrNotBundle)
	}
	key := caseKey(src.Name(), c.SHA256, extra.sums)
	// Of stdin and folders it is known only now that they were met before.
	known, err := a.home.ByKey(key)
	if err != nil {
		return nil, err
	}
	ledger := analyze.Ledger{}
	if known != "" {
		if r, err := a.known(ctx, known); !isUnreadable(err) {
			c.Close()
			return r, errors.Join(err, os.RemoveAll(draft))
		}
		if l, err := readLedger(a.home.Dir(known)); err == nil {
			ledger = l // what can be read of it: IDs that were shown stay
		}
	}
	id := engine.CaseID(c, key)
	if r, err = a.report(ctx, engine, c, id, scan, ledger); err != nil {
		return nil, err
	}
	if err := saveReport(draft, r, ledger); err != nil {
		return nil, err
	}
	c.Close() // an open file cannot be moved everywhere
	if known != "" {
		err = a.home.Replace(ctx, draft, known, id)
	} else {
		err = a.home.Commit(ctx, draft, id)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// unreadable is the error about a case whose files are damaged, or are those of
// another version. Its bundle makes it anew.
type unreadable struct {
	id  string
	err error
}

func (e *unreadable) Error() string { return "case " + e.id + " " + e.reason() }

// reason says the same of a case that is named elsewhere.
func (e *unreadable) reason() string {
	return fmt.Sprintf("cannot be read, analyze its bundle again: %v", e.err)
}

func (e *unreadable) Unwrap() error { return e.err }

// damage is the error of reading the lines of a case.
func damage(ctx context.Context, id string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return &unreadable{id, err}
}

func isUnreadable(err error) bool {
	_, ok := errors.AsType[*unreadable](err)
	return ok
}

// known returns the report of a case whose bundle is at hand. The bundle can mend
// the case, so what the other files of the case hold is looked at too.
func (a *analysis) known(ctx context.Context, id string) (*analyze.Report, error) {
	r, err := a.again(ctx, id)
	if err != nil {
		return nil, err
	}
	c, err := index.Open(a.home.Dir(id))
	if err != nil {
		return nil, &unreadable{id, err}
	}
	defer c.Close()
	if err := c.Verify(ctx); err != nil {
		return nil, damage(ctx, id, err)
	}
	if _, err := readLedger(a.home.Dir(id)); err != nil {
		return nil, &unreadable{id, err}
	}
	return r, nil
}

// again returns the report of a case, made anew from its lines if it was made
// by other rules or another version.
func (a *analysis) again(ctx context.Context, id string) (*analyze.Report, error) {
	engine, err := a.engine()
	if err != nil {
		return nil, err
	}
	unlock, err := a.home.Lock(ctx, id)
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, a.homeError(err)
	}
	defer unlock()
	dir := a.home.Dir(id)
	if r, err := readReport(dir); err == nil && r.Tool == (analyze.Tool{Version: a.Version, Rules: engine.Hash()}) {
		return r, nil
	}
	r, ledger, err := a.replayed(ctx, engine, id)
	if err != nil {
		return nil, err
	}
	return r, saveReport(dir, r, ledger)
}

// judged returns the report that a case has under these rules, and leaves the
// case as it is.
func (a *analysis) judged(ctx context.Context, id string) (*analyze.Report, error) {
	engine, err := a.engine()
	if err != nil {
		return nil, err
	}
	unlock, err := a.home.Lock(ctx, id)
	if err != nil {
		return nil, err
	}
	defer unlock()
	r, _, err := a.replayed(ctx, engine, id)
	return r, err
}

// replayed makes the report of a case from its lines.
func (a *analysis) replayed(ctx context.Context, engine *analyze.Engine, id string) (*analyze.Report, analyze.Ledger, error) {
	dir := a.home.Dir(id)
	c, err := index.Open(dir)
	if err != nil {
		return nil, nil, &unreadable{id, err}
	}
	defer c.Close()
	scan := engine.NewScan()
	if err := c.Replay(ctx, scan, a.opt); ctx.Err() != nil {
		return nil, nil, err
	} else if err != nil {
		return nil, nil, &unreadable{id, err}
	}
	ledger, err := readLedger(dir)
	if err != nil {
		return nil, nil, &unreadable{id, err}
	}
	r, err := a.report(ctx, engine, c, id, scan, ledger)
	return r, ledger, err
}

func (a *analysis) report(ctx context.Context, engine *analyze.Engine, c *index.Case, id string, scan *analyze.Scan, l analyze.Ledger) (*analyze.Report, error) {
	return engine.Report(ctx, scan, analyze.Request{Case: c, CaseID: id, Ledger: l, Version: a.Version})
}
