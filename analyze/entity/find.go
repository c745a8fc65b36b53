package entity

import (
	"context"
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/index/query"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Line is a line of a log that was found.
type Line struct {
	Pos  parsers.Pos
	At   time.Time // zero when unknown
	Text string
}

// A Source is where observations come from.
type Source struct {
	Facts []Observation // of all snapshots
	// Search returns the first lines that match a query, and how many there are.
	Search func(ctx context.Context, q query.Expr, limit int) (lines []Line, total int, err error)
}

// How much is looked at and told.
const (
	maxLines  = 2000 // lines of one thing
	maxLooks  = 500  // things that are searched for
	batchSize = 100  // of these at once
	rareName  = 30   // characters of a name that stands in few lines, such as an ID
	maxEvents = 5000
)

// Find tells all that is known of what a user calls x. First everything is
// gathered that may be of the same pod, then it is told apart what is: so the
// answer does not depend on where one begins. A name of a pod, and what pods
// have one after the other, leads to each of them.
func Find(ctx context.Context, src Source, x string) (*Answer, error) {
	f := newFinder(src)
	start, err := f.start(ctx, x)
	if y := plain(x); err == nil && len(start) == 0 && y != x {
		x = y
		start, err = f.start(ctx, x)
	}
	switch {
	case err != nil || len(start) == 0:
		return &Answer{}, err
	case len(start) > 1:
		return &Answer{Called: x, Candidates: start}, nil
	}
	f.called = x
	if err := f.gather(ctx, start[0]); err != nil {
		return nil, err
	}
	return f.answer(f.decide(start[0])), nil
}

// finder is Find at work.
type finder struct {
	Source
	facts    map[Thing][]int // places in Facts
	all      []Observation   // that were gathered
	seen     map[string]int  // contents and places of all
	settled  map[Thing]bool  // addresses of which it is known who has them
	looked   map[Thing]bool
	searched int
	kinds    map[string]int // places in authority, by the ID of a container
	called   string         // as the bundle calls the first thing
	cut      bool
}

func newFinder(src Source) *finder {
	f := &finder{
		Source: src, facts: map[Thing][]int{},
		seen: map[string]int{}, settled: map[Thing]bool{}, looked: map[Thing]bool{}, kinds: map[string]int{},
	}
	for i := range src.Facts {
		f.hear(&src.Facts[i])
		for _, t := range src.Facts[i].Things {
			f.facts[t.key()] = append(f.facts[t.key()], i)
		}
	}
	return f
}

// hear learns from an observation which containers are sandboxes.
func (f *finder) hear(o *Observation) {
	for _, t := range o.Things {
		for rank, a := range authority {
			if known, ok := f.kinds[t.ID]; t.Kind == a.says && (!ok || rank < known) {
				f.kinds[t.ID] = rank
			}
		}
	}
}

// decide tells a sandbox from a container.
func (f *finder) decide(t Thing) Thing {
	if t.key().Kind == Container {
		t.Kind = authority[f.kinds[t.ID]].is
	}
	return t
}

// plain is what is meant by containerd://616E5E11A02E, pod/aws-node-xglhr or
// 10.0.5.60/32: as bundles write it.
func plain(x string) string {
	if _, id, ok := strings.Cut(x, "://"); ok {
		x = id
	}
	for _, kind := range []string{"pod/", "pods/", "container/"} {
		x = strings.TrimPrefix(x, kind)
	}
	if p, err := netip.ParsePrefix(x); err == nil && p.IsSingleIP() {
		x = p.Addr().String()
	}
	if ip, err := netip.ParseAddr(x); err == nil {
		return ip.String()
	}
	return strings.ToLower(x)
}

// start returns the things that are called x.
func (f *finder) start(ctx context.Context, x string) ([]Thing, error) {
	found, cut, err := f.search(ctx, x)
	if err != nil {
		return nil, err
	}
	for t := range f.facts {
		if t.asked(x) {
			found = append(found, Observation{Things: []Thing{t}})
		}
	}
	var things []Thing
	for _, o := range found {
		for _, t := range o.Things {
			if t = f.decide(t); t.asked(x) && !slices.Contains(things, t) {
				things = append(things, t)
			}
		}
	}
	f.cut = cut && len(things) > 0
	slices.SortFunc(things, Thing.compare)
	if exact := slices.IndexFunc(things, func(t Thing) bool { return t.ID == x }); exact >= 0 {
		return things[exact : exact+1], nil
	}
	return things, nil
}

// search reads the lines that hold one of some names. It tells whether there are
// more.
func (f *finder) search(ctx context.Context, names ...string) (out []Observation, cut bool, err error) {
	var text query.Or
	for _, name := range names {
		for _, written := range spellings(name) {
			text = append(text, query.Phrase{Text: written})
		}
	}
	limit := min(maxLines*len(names), maxEvents)
	var ask query.Expr = query.And{text, anyPattern}
	rare := !slices.ContainsFunc(names, func(name string) bool { return len(name) < rareName })
	if rare { // to look for the patterns too would take longer
		ask = text
	}
	lines, total, err := f.Search(ctx, ask, limit)
	if rare && total > limit {
		lines, total, err = f.Search(ctx, query.And{text, anyPattern}, limit)
	}
	if err != nil {
		return nil, false, err
	}
	for _, l := range lines {
		for _, o := range read(l.Text) {
			o.At, o.Pos = l.At, l.Pos
			f.hear(&o)
			out = append(out, o)
		}
	}
	return out, total > len(lines), nil
}

// aPod is the name of a pod with its namespace.
var aPod = regexp.MustCompile(`^[a-z0-9-]+/([a-z0-9.-]+)$`)

// spellings are how lines write a name.
func spellings(name string) []string {
	if m := aPod.FindStringSubmatch(name); m != nil {
		return []string{m[1]} // many lines tell the namespace elsewhere
	}
	if netns.MatchString(name) {
		return []string{path.Base(name)} // below /var/run or /run
	}
	if podUID.MatchString(name) {
		return []string{name, strings.ReplaceAll(name, "-", "_")} // the second in cgroups
	}
	return []string{name}
}

// gather takes up what names the first thing, and all that may be of its pods:
// what is found in one round is searched for in the next, all at once.
func (f *finder) gather(ctx context.Context, first Thing) error {
	next := []Thing{first}
	for done := 0; len(next) > 0; {
		if err := f.look(ctx, next); err != nil {
			return err
		}
		next = nil
		if crowded[first.Kind] {
			return nil
		}
		for ; done < len(f.all); done++ { // it grows
			for _, t := range f.all[done].Things {
				if t.Kind == IP {
					if err := f.settle(ctx, t); err != nil {
						return err
					}
				}
				switch kind := t.key().Kind; {
				case f.looked[t.key()]:
				case own[kind] || kind == Pod:
					f.looked[t.key()] = true
					next = append(next, t)
				case held[kind] && f.all[done].Now:
					f.looked[t] = true
					f.takeFacts(t, true)
				}
			}
		}
	}
	return nil
}

// settle finds who has an address at the collection by the log, where no snapshot
// says it: the last that it was given to, unless it was given back.
func (f *finder) settle(ctx context.Context, ip Thing) error {
	if f.settled[ip] || f.searched >= maxLooks {
		return nil
	}
	f.settled[ip] = true
	for _, i := range f.facts[ip] {
		if o := &f.Facts[i]; o.Now && slices.ContainsFunc(o.Things, func(t Thing) bool { return own[t.key().Kind] || t.Kind == Pod }) {
			return nil
		}
	}
	f.searched++
	found, _, err := f.search(ctx, ip.ID)
	var last Observation
	for _, o := range found {
		if (o.Verb == assigned || o.Verb == released) && o.has(ip) && !o.At.Before(last.At) {
			last = o
		}
	}
	if last.Verb == assigned && !last.At.IsZero() {
		last.Now = true
		f.take(last)
	}
	return err
}

// crowded are the kinds that many pods have at once: they are not told in full.
var crowded = map[Kind]bool{ENI: true, Image: true, Name: true, Device: true, Command: true, Service: true}

// look takes up what names some things, in the snapshots and in the logs.
func (f *finder) look(ctx context.Context, things []Thing) error {
	for _, t := range things {
		f.looked[t.key()] = true
		f.takeFacts(t, false)
	}
	for batch := range slices.Chunk(things, batchSize) {
		if f.searched += len(batch); f.searched > maxLooks {
			f.cut = true
			return nil
		}
		var names []string
		for _, t := range batch {
			names = append(names, t.ID)
		}
		found, cut, err := f.search(ctx, names...)
		if err != nil {
			return err
		}
		f.cut = f.cut || cut
		for _, o := range found {
			if slices.ContainsFunc(o.Things, func(t Thing) bool { return f.looked[t.key()] }) {
				f.take(o)
			}
		}
	}
	return nil
}

// takeFacts takes up what the snapshots say of a thing, or only what was so at
// the collection.
func (f *finder) takeFacts(t Thing, now bool) {
	for _, i := range f.facts[t.key()] {
		if o := f.Facts[i]; !now || o.Now {
			f.take(o)
		}
	}
}

// take takes up an observation, unless it is known.
func (f *finder) take(o Observation) {
	key := fmt.Sprint(o.Pos, o.Verb, o.Things)
	switch at, seen := f.seen[key]; {
	case seen:
		f.all[at].Now = f.all[at].Now || o.Now
	case len(f.all) == maxEvents:
		f.cut = true
	default:
		f.seen[key] = len(f.all)
		f.all = append(f.all, o)
	}
}
