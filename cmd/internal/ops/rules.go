package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/all"
)

// A RuleRequest asks what rules make of one case. Input is a case, or the path
// of a bundle; one that was not analyzed before is read, and not kept.
type RuleRequest struct {
	AnalyzeRequest
	IDs []string // of rules and checks
	// Files are rules of the user that are added to those of Rules.
	Files []string
}

// ErrNoRule means that no rule or check has an ID asked for.
var ErrNoRule = errors.New("no such rule or check")

// An Accounts is what rules made of a case.
type Accounts struct {
	Case     string             `json:"case"`
	Accounts []*analyze.Account `json:"accounts"`
}

// Why follows rules and checks through a case.
func Why(ctx context.Context, req RuleRequest) (*Accounts, error) {
	engine, err := req.engine()
	if err != nil {
		return nil, err
	}
	for _, id := range req.IDs {
		if !engine.Has(id) {
			return nil, fmt.Errorf("%w: %q", ErrNoRule, id)
		}
	}
	var out *Accounts
	err = req.onCase(ctx, engine, func(c *index.Case, id string, l analyze.Ledger) error {
		trace := engine.NewTrace(req.IDs)
		if err := c.Replay(ctx, trace, req.options()); err != nil {
			return damage(ctx, id, err)
		}
		accounts, err := engine.Accounts(ctx, trace, req.IDs, analyze.Request{Case: c, CaseID: id, Ledger: l, Version: req.Version})
		out = &Accounts{id, accounts}
		return err
	})
	return out, err
}

// A CostTable is what the expressions of rules take of a pass.
type CostTable struct {
	Case  string         `json:"case"`
	Bytes int64          `json:"bytes"` // of text
	Pass  time.Duration  `json:"pass_ns"`
	Scan  time.Duration  `json:"scan_ns"` // of the pass, the search for the texts of all rules included
	Costs []analyze.Cost `json:"costs"`
}

// Costs measures the rules on a case, with one worker: the pass over its stored
// lines is the measure.
func Costs(ctx context.Context, req RuleRequest) (*CostTable, error) {
	req.Workers = 1
	engine, err := req.engine()
	if err != nil {
		return nil, err
	}
	out := &CostTable{}
	err = req.onCase(ctx, engine, func(c *index.Case, id string, _ analyze.Ledger) error {
		m := engine.NewMeasure()
		start := time.Now()
		if err := c.Replay(ctx, m, req.options()); err != nil {
			return damage(ctx, id, err)
		}
		out.Case, out.Pass, out.Scan = id, time.Since(start), m.Scanning()
		out.Costs = m.Costs(out.Pass)
		for _, f := range c.Files {
			out.Bytes += f.Bytes
		}
		return nil
	})
	return out, err
}

func (req *RuleRequest) options() *index.Options {
	return &index.Options{Formats: all.Formats(), Workers: req.Workers}
}

// engine is that of the request with the rules of its files.
func (req *RuleRequest) engine() (*analyze.Engine, error) {
	rules, checks, err := Rules(req.Home, req.Rules, req.Runbooks)
	if err != nil {
		return nil, err
	}
	texts, err := RuleTexts(req.Files)
	if err != nil {
		return nil, err
	}
	user, err := analyze.ParseRules(texts)
	if err != nil {
		return nil, &UserError{err}
	}
	e, err := analyze.New(analyze.Override(rules, user), checks)
	if err != nil {
		return nil, &UserError{err}
	}
	return e, nil
}

// onCase opens the case that a request names, or makes one for the time of f.
func (req *RuleRequest) onCase(ctx context.Context, engine *analyze.Engine, f func(c *index.Case, id string, l analyze.Ledger) error) error {
	home, id, err := find(ctx, req.Home, req.Input)
	if err != nil {
		if _, statErr := os.Stat(req.Input); statErr != nil || !errors.Is(err, ErrNoCase) {
			return err
		}
		folder, err := makeScratch(ctx)
		if err != nil {
			return err
		}
		defer folder.remove()
		if home, id, err = req.scratchCase(ctx, engine, folder.dir); err != nil {
			return fmt.Errorf("%s: %w", req.Input, err)
		}
	}
	unlock, err := home.Lock(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	c, err := index.Open(home.Dir(id))
	if err != nil {
		return &unreadable{id, err}
	}
	defer c.Close()
	ledger, err := readLedger(home.Dir(id))
	if err != nil {
		return &unreadable{id, err}
	}
	return f(c, id, ledger)
}

// scratchCase makes the case of a bundle below dir.
func (req *RuleRequest) scratchCase(ctx context.Context, engine *analyze.Engine, dir string) (index.Home, string, error) {
	a := &analysis{AnalyzeRequest: req.AnalyzeRequest, home: index.Home(filepath.Join(dir, "cases")), opt: req.options()}
	a.engine = func() (*analyze.Engine, error) { return engine, nil }
	r, err := a.bundle(ctx)
	if err != nil {
		return "", "", err
	}
	return a.home, r.Case.ID, nil
}

// RuleTexts reads files of rules; of a folder, every *.yaml in it.
func RuleTexts(names []string) ([]analyze.RuleText, error) {
	var out []analyze.RuleText
	for _, name := range names {
		files := []string{name}
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, userErrorf("%s: there is no such file or folder", name)
		}
		if err != nil {
			return nil, &UserError{err}
		}
		if info.IsDir() {
			if files, err = rulesIn(name); err != nil {
				return nil, err
			}
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				return nil, &UserError{err}
			}
			out = append(out, analyze.RuleText{Name: filepath.ToSlash(file), Data: data})
		}
	}
	return out, nil
}

// rulesIn lists the files that make a folder a pack of rules.
func rulesIn(dir string) ([]string, error) {
	names, err := fs.Glob(os.DirFS(dir), "*.yaml")
	if err != nil || len(names) == 0 {
		return nil, &UserError{cmp.Or(err, fmt.Errorf("%s: no *.yaml in this folder", dir))}
	}
	for i, name := range names {
		names[i] = filepath.Join(dir, name)
	}
	return names, nil
}
