// Package ledger keeps the books of a node: how much of what it may have is in
// use, and what happens when that runs out.
//
// Read makes all entries. Each resource is a function of the list resources,
// with a file of its own: to add one, add a function. State checks that judge
// a resource ask for its entries too, so that a finding and the ledger never
// say two numbers. What a bundle does not show stays unknown, with the reason.
package ledger

import (
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
)

// A Bundle is what the books are kept from.
type Bundle struct {
	Facts []index.Fact // by path
	Files []*index.File
	Skips []index.Skip
	Card  *node.Card // nil when it was not read: then it is, if it is needed

	Marks func(rule string) []node.Mark // for that; nil for none

	config *kubeletconfig.Config // of kubelet, when it was asked for
}

// A Group is what an entry is about.
type Group string

// The groups.
const (
	Network   Group = "network"
	Pods      Group = "pods"
	Processes Group = "processes"
	Storage   Group = "storage"
)

// An Entry is one resource: what is in use of what is allowed.
type Entry struct {
	Name  string `json:"name"` // "conntrack"; stays the same over releases
	Group Group  `json:"group"`
	Title string `json:"title"`        // "tracked connections"
	Of    string `json:"of,omitempty"` // which one of several: "/var", "card 0"
	Unit  string `json:"unit"`         // "connections", "bytes"

	// Used and Allowed are missing when the bundle does not tell them, and
	// Share, in percent, when it is not known. Unknown says why.
	Used    *Amount  `json:"used,omitempty"`
	Allowed *Amount  `json:"allowed,omitempty"`
	Share   *float64 `json:"share,omitempty"`
	Unknown string   `json:"unknown,omitempty"`
	// Left and Over are told of some instead of Used: how much more there may
	// be, and how often it was too much.
	Left *Amount `json:"left,omitempty"`
	Over *Amount `json:"over,omitempty"`

	// Reached and Next are what happens at the share that is in use, and at
	// the next higher one. Without a share Next is what happens in the end.
	Reached *Trip `json:"reached,omitempty"`
	Next    *Trip `json:"next,omitempty"`

	// Tight says that the entry deserves a look: much is in use, and there is
	// no more to be had.
	Tight bool `json:"tight"`
	// Rules are the checks that judge it and the rules whose lines say that it
	// ran out.
	Rules []string `json:"rules"`
	// Findings are the IDs of what they found.
	Findings []string `json:"findings,omitempty"`

	trips []Trip
}

// An Amount is a number and where it stands.
type Amount struct {
	Value uint64 `json:"value"`
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"` // 0 is the whole file
	Note  string `json:"note,omitempty"` // what it is if it is not read but concluded
}

// Pos is the place of an amount.
func (a *Amount) Pos() parsers.Pos { return parsers.Pos{File: a.File, Line: a.Line} }

// amount is a number that stands in a file.
func amount(n uint64, file string, line int) *Amount {
	return &Amount{Value: n, File: file, Line: line}
}

// A Trip is what happens at a share.
type Trip struct {
	Share float64 `json:"share"` // percent
	What  string  `json:"what"`
	File  string  `json:"file,omitempty"` // the setting, if one says the share
	Line  int     `json:"line,omitempty"`

	evicts bool
}

// Evicts is the share from which kubelet evicts pods; false when it does not.
func (e *Entry) Evicts() (share float64, ok bool) {
	for _, t := range e.trips {
		if t.evicts {
			return t.Share, true
		}
	}
	return 0, false
}

// maxOf is how many entries of one resource there are: nodes have a few
// filesystems of their own, and at most 32 network cards.
const maxOf = 64

// tight is the share from which an entry deserves a look.
const tight = 70

// A resource makes the entries of one resource.
type resource func(*Bundle) []Entry

// resources are all of them, in the order in which they are told.
var resources = []resource{
	interfaces, addresses, pools, pods,
	conntrack, allowances,
	threads, openFiles, inotify,
	space, inodes, volumes,
}

// Read makes the entries of all resources.
func Read(b *Bundle) []Entry {
	c := *b
	c.Facts = index.ByPath(b.Facts)
	all := []Entry{}
	for _, read := range resources {
		all = append(all, read(&c)...)
	}
	return all
}

// Some returns the entries of some groups, in their order.
func Some(all []Entry, groups ...Group) []Entry {
	var out []Entry
	for _, e := range all {
		if slices.Contains(groups, e.Group) {
			out = append(out, e)
		}
	}
	return out
}

// Percent is the share; 0 when it is not known.
func (e *Entry) Percent() float64 {
	if e.Share == nil {
		return 0
	}
	return *e.Share
}

// Known reports an entry whose share is known.
func (e *Entry) Known() bool { return e.Share != nil }

// weigh sets the share and what follows from it.
func (e Entry) weigh() Entry {
	if e.Share == nil && e.Used != nil && e.Allowed != nil && e.Allowed.Value > 0 {
		e.share(Share(float64(e.Used.Value), float64(e.Allowed.Value)))
	}
	for i := range e.trips {
		if t := &e.trips[i]; e.Share != nil && *e.Share >= t.Share {
			e.Reached = t
		} else if e.Next == nil && (e.Share != nil || i == len(e.trips)-1) {
			e.Next = t
		}
	}
	e.Tight = e.Percent() >= tight
	return e
}

func (e *Entry) share(percent float64) { e.Share = &percent }

// cut says that the end of a file is missing; "" when it is there.
func (b *Bundle) cut(path string) string { return coverage.CutAt(b.Files, b.Skips, path) }

// absent says why there is nothing to read at a place.
func (b *Bundle) absent(place string) string { return coverage.Absent(b.Files, b.Skips, place) }

// attribute is a value of the card, and where it stands; "" without.
func (b *Bundle) attribute(name string) node.Reading {
	if b.Card == nil {
		marks := b.Marks
		if marks == nil {
			marks = func(string) []node.Mark { return nil }
		}
		b.Card = node.Read(&node.Bundle{Facts: b.Facts, Files: b.Files, Marks: marks})
	}
	for _, a := range b.Card.Attributes {
		if a.Name == name {
			return node.Reading{Value: a.Value, File: a.File, Line: a.Line, Note: a.Note}
		}
	}
	return node.Reading{}
}

// facts returns the decoded files of a type, by path.
func facts[T any](b *Bundle) (files []fact[T]) {
	for _, f := range b.Facts {
		if v, ok := f.Value.(*T); ok {
			files = append(files, fact[T]{f.File.Path, v})
		}
	}
	return files
}

type fact[T any] struct {
	path  string
	value *T
}

// because joins the reasons why something is not known.
func because(reasons ...string) string {
	return strings.Join(slices.DeleteFunc(reasons, func(s string) bool { return s == "" }), "; ")
}

// count is a counter of Prometheus as a number; false for what is none.
func count(v float64) (uint64, bool) {
	if !(v >= 0 && v < 1<<63) {
		return 0, false
	}
	return uint64(v), true
}
