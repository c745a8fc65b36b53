package query

import (
	"slices"
	"time"
)

// A Block is what is known of some lines of a file without reading them.
type Block struct {
	File *FileInfo

	// First and Last are the numbers of the first and the last line; Last is
	// 0 if that is not known.
	First, Last int

	// From and To are the earliest and the latest time of a line; zero if
	// that is not known.
	From, To time.Time

	// Levels has the bit 1<<Level of each level of a line; 0 if that is not
	// known.
	Levels uint8
}

// FileMayMatch reports whether a line of the file may match a resolved query,
// from what is known of the file alone.
func FileMayMatch(e Expr, f FileInfo) bool { return MayMatch(e, Block{File: &f}) }

// MayMatch reports whether a line of the block may match a resolved query. What
// the text of the lines must hold for it is up to [Needs].
func MayMatch(e Expr, b Block) bool { return e.may(&b).some }

// A verdict says whether some lines may match and whether all do.
type verdict struct{ some, all bool }

var unknown = verdict{some: true}

func decided(ok bool) verdict { return verdict{ok, ok} }

func (e And) may(b *Block) verdict {
	v := verdict{true, true}
	for _, sub := range e {
		w := sub.may(b)
		v.some = v.some && w.some
		v.all = v.all && w.all
	}
	return v
}

func (e Or) may(b *Block) verdict {
	var v verdict
	for _, sub := range e {
		w := sub.may(b)
		v.some = v.some || w.some
		v.all = v.all || w.all
	}
	return v
}

func (e Not) may(b *Block) verdict {
	v := e.Of.may(b)
	return verdict{some: !v.all, all: !v.some}
}

func (Word) may(*Block) verdict   { return unknown }
func (Phrase) may(*Block) verdict { return unknown }
func (Regexp) may(*Block) verdict { return unknown }

func (e Field) may(b *Block) verdict {
	f := fieldNamed(e.Name)
	switch {
	case f != nil && f.of != nil:
		return decided(f.accepts(b.File, e.Value))
	case e.Name == "level" && b.Levels != 0:
		return verdict{some: b.Levels&levels(e.Op, e.Value) != 0}
	}
	return unknown
}

func (e Between) may(b *Block) verdict {
	early := !e.From.IsZero() && !b.To.IsZero() && b.To.Before(e.From)
	late := !e.To.IsZero() && !b.From.IsZero() && !b.From.Before(e.To)
	return verdict{some: !early && !late}
}

func (e Lines) may(b *Block) verdict {
	at := e.At[b.File.Path]
	if b.Last > 0 {
		i, _ := slices.BinarySearch(at, b.First)
		return verdict{some: i < len(at) && at[i] <= b.Last}
	}
	return verdict{some: len(at) > 0}
}
