package score

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
)

// A Diff is what changed since an earlier board. Bundles are the same by their
// name, findings by their fingerprint.
type Diff struct {
	Tool    analyze.Tool `json:"tool"`   // that made the earlier board
	Gained  []Change     `json:"gained"` // findings
	Lost    []Change     `json:"lost"`
	Changed []Change     `json:"changed"`
	// Wants are what labels ask for and is met now and was not, or the other
	// way round.
	Wants []WantChange `json:"wants"`

	New      []string `json:"new_bundles"`
	Gone     []string `json:"gone_bundles"`
	Readable []string `json:"readable"`   // bundles that can be analyzed again
	Failed   []string `json:"unreadable"` // bundles that cannot be analyzed any more

	// Regressions counts what got worse: findings lost that nobody called
	// false, new false ones, lower severities, what is missed now, bundles
	// that cannot be analyzed any more.
	Regressions int `json:"regressions"`
}

// A Change is a finding that came, went or changed.
type Change struct {
	Bundle     string   `json:"bundle"`
	Old        *Finding `json:"old"` // nil when it was gained
	New        *Finding `json:"new"` // nil when it was lost
	Regression bool     `json:"regression"`
}

// A WantChange is something asked for whose state changed.
type WantChange struct {
	Bundle     string `json:"bundle"`
	Old        State  `json:"old"`
	New        Want   `json:"new"`
	Regression bool   `json:"regression"`
}

// ParseBoard reads the JSON form of a board.
func ParseBoard(text []byte) (*Board, error) {
	b := &Board{}
	if err := json.Unmarshal(text, b); err != nil {
		return nil, fmt.Errorf("read the baseline: %w", err)
	}
	if b.Schema != Schema {
		return nil, fmt.Errorf("read the baseline: its schema is %.40q, not %s", b.Schema, Schema)
	}
	for _, r := range b.Results {
		if r == nil {
			return nil, errors.New("read the baseline: a result is null")
		}
	}
	return b, nil
}

// Against compares a board with an earlier one.
func (b *Board) Against(old *Board) *Diff {
	d := &Diff{Tool: old.Tool}
	before := map[string]*Result{}
	for _, r := range old.Results {
		before[r.Bundle] = r
	}
	for _, r := range b.Results {
		if was := before[r.Bundle]; was != nil {
			d.bundle(was, r)
			delete(before, r.Bundle)
		} else {
			d.New = append(d.New, r.Bundle)
		}
	}
	for name := range before {
		d.Gone = append(d.Gone, name)
	}
	slices.Sort(d.Gone)
	d.count()
	return d
}

func (d *Diff) bundle(old, now *Result) {
	switch {
	case old.Error != "" && now.Error != "":
		return
	case now.Error != "":
		d.Failed = append(d.Failed, now.Bundle)
		return
	case old.Error != "":
		d.Readable = append(d.Readable, now.Bundle)
	}
	d.findings(old, now)
	d.wants(old, now)
}

func (d *Diff) findings(old, now *Result) {
	before := byFingerprint(old.Findings)
	after := byFingerprint(now.Findings)
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if after[key] == nil {
			f := before[key]
			d.Lost = append(d.Lost, Change{Bundle: now.Bundle, Old: f, Regression: f.Verdict != False})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(after)) {
		f, was := after[key], before[key]
		switch {
		case was == nil:
			d.Gained = append(d.Gained, Change{Bundle: now.Bundle, New: f, Regression: f.Verdict == False})
		case *f != *was:
			worse := was.Verdict != False && (f.Verdict == False || f.Severity.Rank() < was.Severity.Rank())
			d.Changed = append(d.Changed, Change{Bundle: now.Bundle, Old: was, New: f, Regression: worse})
		}
	}
}

func byFingerprint(findings []Finding) map[string]*Finding {
	out := map[string]*Finding{}
	for i := range findings {
		out[findings[i].Fingerprint] = &findings[i]
	}
	return out
}

// wants compares what the labels ask for in both. A label that changed asks
// for something else, which cannot be compared.
func (d *Diff) wants(old, now *Result) {
	before := map[wantKey]State{}
	for i, key := range keysOf(old.Wants) {
		before[key] = old.Wants[i].State
	}
	for i, key := range keysOf(now.Wants) {
		w := &now.Wants[i]
		was, both := before[key]
		if both && was != w.State {
			worse := was.good() && !w.State.good()
			d.Wants = append(d.Wants, WantChange{Bundle: now.Bundle, Old: was, New: *w, Regression: worse})
		}
	}
}

// A wantKey tells apart what a label asks for. A label may ask twice for a
// rule, about two pods.
type wantKey struct {
	rule, problem, file string
	line, nth           int
}

func keysOf(wants []Want) []wantKey {
	keys := make([]wantKey, len(wants))
	seen := map[wantKey]int{}
	for i, w := range wants {
		key := wantKey{w.Rule, w.Problem, w.File, w.Line, 0}
		seen[key]++
		key.nth = seen[key]
		keys[i] = key
	}
	return keys
}

func (s State) good() bool { return s == Met || s == Held }

// count sorts the changes and counts those to the worse.
func (d *Diff) count() {
	d.Regressions = len(d.Failed)
	for _, list := range [][]Change{d.Gained, d.Lost, d.Changed} {
		slices.SortStableFunc(list, func(a, b Change) int {
			return cmp.Or(strings.Compare(a.Bundle, b.Bundle), strings.Compare(a.finding().Rule, b.finding().Rule))
		})
		for i := range list {
			tally(&d.Regressions, list[i].Regression)
		}
	}
	for i := range d.Wants {
		tally(&d.Regressions, d.Wants[i].Regression)
	}
}

// finding is the newer of the two.
func (c *Change) finding() *Finding { return cmp.Or(c.New, c.Old) }

// Lines say in which fields the two findings of a change differ.
func (c *Change) Lines() []string {
	if c.Old == nil || c.New == nil {
		return nil
	}
	var out []string
	add := func(name, old, now string) {
		if old != now {
			out = append(out, fmt.Sprintf("%s: %s -> %s", name, cmp.Or(old, "none"), cmp.Or(now, "none")))
		}
	}
	add("severity", string(c.Old.Severity), string(c.New.Severity))
	add("verdict", string(c.Old.Verdict), string(c.New.Verdict))
	add("first proof", c.Old.place(), c.New.place())
	add("title", c.Old.Title, c.New.Title)
	return out
}

func (f *Finding) place() string {
	if f.File == "" || f.Line == 0 {
		return f.File
	}
	return fmt.Sprintf("%s:%d", f.File, f.Line)
}
