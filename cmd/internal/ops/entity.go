package ops

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/entity"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/index/query"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/all"
)

// EntitySchema is the name of the form of an [EntityResult] in JSON.
const EntitySchema = "eksleuth.entity/v1"

// EntityRequest names a thing: a pod (with its namespace or without), the UID of
// one, the ID of a container or sandbox or the start of it, an address, a network
// interface, a process, a volume or a device.
type EntityRequest struct {
	Home, Case, Name string

	// Progress is told of the search index that has to be made first.
	Progress func(done, total int64)
}

// An EntityResult is what a case says of a thing. Its JSON form is a contract.
type EntityResult struct {
	Schema string `json:"schema"`
	Case   string `json:"case"`
	Name   string `json:"name"`

	// Candidates are the things that are called so, if it is not clear which
	// one is meant; then only Lines and Files are told too.
	Candidates []entity.Thing `json:"candidates,omitempty"`

	Things   []EntityThing   `json:"things"`   // the one asked for first
	Events   []EntityEvent   `json:"events"`   // in order of time; those without stand last
	Findings []EntityFinding `json:"findings"` // that name the thing or what is of its pod only
	Lines    int             `json:"lines"`    // in all files that hold the name
	Files    []Share         `json:"files"`    // the same by file, the most first
	Cut      bool            `json:"cut,omitempty"`
	Notes    []string        `json:"notes,omitempty"`
}

// An EntityThing is a thing with the first and the last time that tell of it.
type EntityThing struct {
	entity.Thing
	First string `json:"first,omitempty"` // RFC 3339, UTC
	Last  string `json:"last,omitempty"`
}

// An EntityEvent is one place that names things together.
type EntityEvent struct {
	Time   string         `json:"time,omitempty"` // RFC 3339, UTC; none: so it was at the collection
	What   string         `json:"what"`
	Things []entity.Thing `json:"things"`
	File   string         `json:"file"`
	Line   int            `json:"line,omitempty"` // 0: the name of the file says it
}

// An EntityFinding is a finding about one of the things.
type EntityFinding struct {
	ID       string           `json:"id"`
	Severity analyze.Severity `json:"severity"`
	Title    string           `json:"title"`
}

// Entity tells what a case says of a thing. A name that it has nowhere is an
// [ErrNoPlace].
func Entity(ctx context.Context, req EntityRequest) (*EntityResult, error) {
	h, id, err := find(ctx, req.Home, req.Case)
	if err != nil {
		return nil, err
	}
	sr := SearchRequest{Home: req.Home, Case: req.Case, Progress: req.Progress}
	s, err := sr.open(h, id)
	if err != nil {
		return nil, err
	}
	defer s.c.Close()
	if err := s.index(ctx, h); err != nil {
		return nil, err
	}
	e := &entities{s: s, out: &EntityResult{Schema: EntitySchema, Case: id, Name: req.Name, Things: []EntityThing{}, Events: []EntityEvent{}, Findings: []EntityFinding{}, Files: []Share{}}}
	err = e.run(ctx, h.Dir(id))
	if errors.Is(err, index.ErrIndex) { // before anything was told
		if err = s.remake(ctx, h, err); err == nil {
			err = e.run(ctx, h.Dir(id))
		}
	}
	if err != nil {
		return nil, err
	}
	e.out.Notes = append(s.out.Notes, e.gaps...)
	return e.out, nil
}

// entities is an EntityRequest at work.
type entities struct {
	s    *search
	out  *EntityResult
	gaps []string        // what could not be read
	own  map[string]bool // IDs of the thing asked for, and of what is of its pod only
}

// longestName is more than any name has: that of a mount can be a path.
const longestName = 4096

func (e *entities) run(ctx context.Context, dir string) error {
	if len(e.out.Name) > longestName {
		return &noEntity{e.s.id, e.out.Name}
	}
	facts, err := e.s.c.Snapshots(ctx, all.Formats())
	if err != nil {
		return &unreadable{e.s.id, err}
	}
	e.gaps = entity.Gaps(facts, e.s.c.Files)
	src := entity.Source{Facts: entity.Facts(facts, e.s.c.Files), Search: e.search}
	a, err := entity.Find(ctx, src, e.out.Name)
	if err != nil {
		return err
	}
	if err := e.mentions(ctx, a); err != nil {
		return err
	}
	if len(a.Things)+len(a.Candidates) == 0 && e.out.Lines == 0 {
		return &noEntity{e.s.id, e.out.Name}
	}
	e.tell(a)
	return e.findings(dir)
}

// noEntity is the error for a name that a case does not have.
type noEntity struct{ id, name string }

// shownName is how much of a name an error repeats.
const shownName = 100

func (e *noEntity) Error() string {
	name := e.name
	if len(name) > shownName {
		name = strings.ToValidUTF8(name[:shownName], "") + "…"
	}
	return "case " + e.id + " has nothing called " + name
}
func (e *noEntity) Unwrap() error { return ErrNoPlace }

// search finds lines for package entity.
func (e *entities) search(ctx context.Context, q query.Expr, limit int) (lines []entity.Line, total int, err error) {
	r, err := e.s.c.Search(ctx, index.Search{Expr: q, Formats: all.Formats(), Clock: e.s.time, Limit: limit, NoIndex: e.s.scan})
	if err != nil {
		return nil, 0, e.failed(ctx, err)
	}
	for _, h := range r.Hits {
		l := entity.Line{Pos: parsers.Pos{File: h.File.Path, Line: h.Line}, At: h.Time, Text: string(h.Text)}
		if h.Text == nil {
			texts, err := e.s.c.Texts([]parsers.Pos{l.Pos}, maxLine)
			if err != nil {
				return nil, 0, e.failed(ctx, err)
			}
			l.Text = texts[l.Pos]
		}
		lines = append(lines, l)
	}
	return lines, r.Total, nil
}

func (e *entities) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &unreadable{e.s.id, err}
}

// mentions counts the lines that hold the name.
func (e *entities) mentions(ctx context.Context, a *entity.Answer) error {
	name := cmp.Or(a.Called, e.out.Name)
	if len(a.Things) > 0 && a.Things[0].Kind == entity.Pod {
		_, name, _ = strings.Cut(a.Things[0].ID, "/") // most lines tell the namespace apart
	}
	r, err := e.s.c.Search(ctx, index.Search{Expr: query.Phrase{Text: name}, Formats: all.Formats(), Clock: e.s.time, Facets: true, NoIndex: e.s.scan})
	if err != nil {
		return e.failed(ctx, err)
	}
	e.out.Lines, e.out.Files = r.Total, facets(r).Files
	return nil
}

func (e *entities) tell(a *entity.Answer) {
	e.out.Candidates, e.out.Cut, e.own = a.Candidates, a.Cut, map[string]bool{}
	for _, k := range a.Things {
		e.out.Things = append(e.out.Things, EntityThing{k.Thing, rfc3339(k.First), rfc3339(k.Last)})
		if k.Own {
			e.own[k.ID] = true
		}
	}
	for _, o := range a.Events {
		e.out.Events = append(e.out.Events, EntityEvent{rfc3339(o.At), o.Verb, o.Things, o.Pos.File, o.Pos.Line})
	}
}

// findings are those that name the thing or what is of its pod only, the worst
// first: an image or an interface of EC2 would bring those of other pods.
func (e *entities) findings(dir string) error {
	r, err := readReport(dir)
	if err != nil {
		return &unreadable{e.s.id, err}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		for _, values := range f.Entities {
			if slices.ContainsFunc(values, func(v string) bool { return e.own[v] }) {
				e.out.Findings = append(e.out.Findings, EntityFinding{f.ID, f.Severity, f.Title})
				break
			}
		}
	}
	slices.SortStableFunc(e.out.Findings, func(a, b EntityFinding) int { return cmp.Compare(b.Severity.Rank(), a.Severity.Rank()) })
	return nil
}
