package query

import (
	"errors"
	"fmt"
	"time"
)

// An Env is what a query needs to know of the case.
type Env struct {
	// End is the last time of the case: -2h counts back from it.
	End time.Time

	// Finding returns the first and the last time of a finding, cut to
	// milliseconds, zero if not known, and the numbers of its lines by file, in rising order.
	Finding func(id string) (first, last time.Time, lines map[string][]int, ok bool)
}

var (
	// ErrNoFinding means that a query names a finding that the case lacks.
	ErrNoFinding = errors.New("no such finding")

	// ErrNoTime means that a query counts from a time that is not known.
	ErrNoTime = errors.New("the time is not known")
)

func (env *Env) finding(id string) (first, last time.Time, lines map[string][]int, err error) {
	if env.Finding != nil {
		if first, last, lines, ok := env.Finding(id); ok {
			return first, last, lines, nil
		}
	}
	return first, last, nil, fmt.Errorf("%w: %s", ErrNoFinding, id)
}

// Resolve resolves the parts.
func (e And) Resolve(env Env) (Expr, error) {
	parts, err := resolveAll(e, env)
	if err != nil {
		return nil, err
	}
	return And(parts), nil
}

// Resolve resolves the parts.
func (e Or) Resolve(env Env) (Expr, error) {
	parts, err := resolveAll(e, env)
	if err != nil {
		return nil, err
	}
	return Or(parts), nil
}

func resolveAll(parts []Expr, env Env) ([]Expr, error) {
	out := make([]Expr, len(parts))
	for i, sub := range parts {
		var err error
		if out[i], err = sub.Resolve(env); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Resolve resolves the part.
func (e Not) Resolve(env Env) (Expr, error) {
	sub, err := e.Of.Resolve(env)
	if err != nil {
		return nil, err
	}
	return Not{sub}, nil
}

// Resolve returns the word.
func (e Word) Resolve(Env) (Expr, error) { return e, nil }

// Resolve returns the phrase.
func (e Phrase) Resolve(Env) (Expr, error) { return e, nil }

// Resolve returns the expression.
func (e Regexp) Resolve(Env) (Expr, error) { return e, nil }

// Resolve returns the time.
func (e Between) Resolve(Env) (Expr, error) { return e, nil }

// Resolve returns the lines.
func (e Lines) Resolve(Env) (Expr, error) { return e, nil }

// Resolve returns a Between or Lines for since, until, time and finding. The
// error is a *[SyntaxError] with [ErrNoFinding] or [ErrNoTime], or says what is
// wrong with a Field that Parse did not make.
func (e Field) Resolve(env Env) (Expr, error) {
	resolved, err := e.resolve(env)
	if err != nil {
		return nil, unanswered(e.Col, err)
	}
	return resolved, nil
}

func (e Field) resolve(env Env) (Expr, error) {
	switch e.Name {
	case "finding":
		_, _, lines, err := env.finding(e.Value)
		return Lines{e.Value, lines}, err
	case "since", "until":
		m, err := parseMoment(e.Value)
		if err != nil {
			return nil, err
		}
		from, to, err := m.resolve(&env)
		if e.Name == "since" {
			return Between{From: from}, err
		}
		return Between{To: to}, err
	case "time":
		s, err := parseSpan(e.Value)
		if err != nil {
			return nil, err
		}
		return s.resolve(&env)
	}
	return e, nil
}
