package entity

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// pods tells which of the things that were gathered are of the same pod. Things
// are known by their key.
type pods struct {
	all    []Observation
	parent map[Thing]Thing // of things of the same pod, a tree
	beside map[Thing]map[Thing]bool
	lives  map[Thing][]life // of the pods of one name, one after the other
}

// A life is when something is told of a pod.
type life struct {
	uid         Thing
	first, last time.Time
}

// newPods takes the observations in the order of their times.
func newPods(all []Observation) *pods {
	p := &pods{all: all, parent: map[Thing]Thing{}, beside: map[Thing]map[Thing]bool{}, lives: map[Thing][]life{}}
	p.atTheCollection()
	for i := range all {
		p.join(p.parts(&all[i])...)
	}
	for _, name := range p.names() {
		if uids := p.uids(name); len(uids) > 1 {
			p.lives[name] = p.livesOf(uids)
		}
		p.nameJoins(name)
	}
	return p
}

// atTheCollection notes what stands beside each of the things that pods hold, in
// what was so at the collection.
func (p *pods) atTheCollection() {
	for i := range p.all {
		o := &p.all[i]
		for _, t := range o.Things {
			if !o.Now || !held[t.Kind] {
				continue
			}
			if p.beside[t] == nil {
				p.beside[t] = map[Thing]bool{}
			}
			for _, u := range o.Things {
				p.beside[t][u.key()] = true
			}
		}
	}
}

// parts are the things of an observation that are of one pod.
func (p *pods) parts(o *Observation) []Thing {
	var parts []Thing
	for _, t := range o.Things {
		if t = t.key(); own[t.Kind] || o.Now && held[t.Kind] && p.sure(o, t) {
			parts = append(parts, t)
		}
	}
	return parts
}

// sure reports whether what is held was held by one only: an address that two
// sandboxes have at once belongs to neither of them more than to the other.
func (p *pods) sure(o *Observation, t Thing) bool {
	switch t.Kind {
	case PID:
		return true
	case Interface:
		return p.one(t, func(u Thing) bool { return u.Kind == IP && isV4(u.ID) }) && p.one(t, func(u Thing) bool { return u.Kind == IP && !isV4(u.ID) })
	}
	return p.one(t, func(u Thing) bool { return u.Kind == Container }) && p.one(t, func(u Thing) bool { return u.Kind == Pod }) &&
		(!o.hasKind(Interface) || p.one(t, func(u Thing) bool { return u.Kind == Interface }))
}

// one reports whether there is not more than one such thing beside t.
func (p *pods) one(t Thing, is func(Thing) bool) bool {
	n := 0
	for u := range p.beside[t] {
		if is(u) {
			n++
		}
	}
	return n <= 1
}

func isV4(ip string) bool {
	a, err := netip.ParseAddr(ip)
	return err == nil && a.Is4()
}

// root stands for all things of a pod.
func (p *pods) root(t Thing) Thing {
	for t = t.key(); p.parent[t] != (Thing{}); {
		t = p.parent[t]
	}
	return t
}

func (p *pods) join(things ...Thing) {
	for _, t := range things {
		if a, b := p.root(things[0]), p.root(t); a != b {
			p.parent[b] = a
		}
	}
}

// names are the names of pods.
func (p *pods) names() []Thing {
	found := map[Thing]bool{}
	for _, o := range p.all {
		for _, t := range o.Things {
			if t.Kind == Pod {
				found[t] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), Thing.compare)
}

// uids are those of the pods of a name.
func (p *pods) uids(name Thing) map[Thing]bool {
	roots := map[Thing]bool{}
	for i := range p.all {
		if o := &p.all[i]; o.has(name) {
			for _, t := range p.parts(o) {
				roots[p.root(t)] = true
			}
		}
	}
	uids := map[Thing]bool{}
	for _, o := range p.all {
		for _, t := range o.Things {
			if t.Kind == UID && roots[p.root(t)] {
				uids[t] = true
			}
		}
	}
	return uids
}

// livesOf are the times of pods, in order.
func (p *pods) livesOf(uids map[Thing]bool) []life {
	var lives []life
	for uid := range uids {
		l := life{uid: uid}
		for i := range p.all {
			o := &p.all[i]
			parts := p.parts(o)
			if o.At.IsZero() || len(parts) == 0 || p.root(parts[0]) != p.root(uid) {
				continue
			}
			if l.first.IsZero() {
				l.first = o.At
			}
			l.last = o.At
		}
		lives = append(lives, l)
	}
	slices.SortFunc(lives, func(a, b life) int { return cmp.Or(a.first.Compare(b.first), a.uid.compare(b.uid)) })
	return lives
}

// nameJoins joins what stands beside a name: all of it if there was one pod of
// this name, else what has no UID to the pod of its time.
func (p *pods) nameJoins(name Thing) {
	lives := p.lives[name]
	for i := range p.all {
		o := &p.all[i]
		if !o.has(name) {
			continue
		}
		parts := p.parts(o)
		switch {
		case lives == nil:
			p.join(append(parts, name)...)
		case len(parts) > 0 && !slices.ContainsFunc(lives, func(l life) bool { return p.root(l.uid) == p.root(parts[0]) }):
			if of, ok := whose(lives, o); ok {
				p.join(of, parts[0])
			}
		}
	}
}

// whose is the pod of which an observation tells that gives its name only: the
// last one that was there before. A pod is added before anything is told of it.
func whose(lives []life, o *Observation) (uid Thing, ok bool) {
	switch {
	case o.Now:
		return lives[len(lives)-1].uid, true
	case o.At.IsZero():
		return Thing{}, false
	}
	for i, l := range lives {
		last := i == len(lives)-1
		if last || o.Verb == added && !o.At.After(l.last) || o.Verb != added && o.At.Before(lives[i+1].first) {
			return l.uid, true
		}
	}
	return Thing{}, false
}

// of are the roots of the pods of which an observation tells.
func (p *pods) of(o *Observation) []Thing {
	var roots []Thing
	for _, t := range p.parts(o) {
		roots = append(roots, p.root(t))
	}
	if len(roots) > 0 {
		return roots
	}
	for _, t := range o.Things {
		if t.Kind != Pod {
			continue
		}
		if lives := p.lives[t]; lives == nil {
			roots = append(roots, p.root(t))
		} else if uid, ok := whose(lives, o); ok {
			roots = append(roots, p.root(uid))
		}
	}
	return roots
}

// asked are the roots of the pods that the first thing is of.
func (p *pods) asked(first Thing) map[Thing]bool {
	roots := map[Thing]bool{}
	if crowded[first.Kind] {
		return roots
	}
	for i := range p.all {
		o := &p.all[i]
		if !o.has(first) {
			continue
		}
		for _, t := range p.of(o) {
			roots[t] = true
		}
	}
	if own[first.key().Kind] {
		return map[Thing]bool{p.root(first): true}
	}
	return roots
}

// hasKind reports whether an observation names a thing of a kind.
func (o *Observation) hasKind(k Kind) bool {
	return slices.ContainsFunc(o.Things, func(t Thing) bool { return t.Kind == k })
}

// byTime orders observations: those without a time last.
func byTime(x, y Observation) int {
	if x.At.IsZero() != y.At.IsZero() { // the zero time is long ago
		return y.At.Compare(x.At)
	}
	return cmp.Or(x.At.Compare(y.At), strings.Compare(x.Pos.File, y.Pos.File), x.Pos.Line-y.Pos.Line)
}
