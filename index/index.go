// Package index keeps a case: the lines of one bundle in compressed blocks,
// with a table of its files, in a directory of its own.
//
// [Build] reads a bundle once and, while the bytes pass, hands each block of
// lines to a [Scanner]; [Open] comes back to a case later, and [Case.Replay]
// hands the same blocks to a Scanner again without the bundle.
package index

import (
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/index/internal/lines"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Scanner looks at the lines while they pass.
type Scanner interface {
	// Block looks at one block of whole lines (of a line longer than a
	// block, a piece). It is called from many goroutines at once; the text
	// is valid during the call. What it returns is handed to Collect.
	Block(b *Block, text []byte) any

	// Collect gets what Block returned, block by block in the order of the
	// bundle, from one goroutine.
	Collect(b *Block, found any)
}

// A Block is a run of lines of one file.
type Block struct {
	File   *File
	Format *parsers.Format // nil for plain text
	Line   int             // number of the line that the block starts in, from 1
	Cont   bool            // the block starts within that line
}

// Options say how to read. The zero value of a field means its default.
type Options struct {
	Formats []*parsers.Format
	Workers int  // blocks looked at at once; 0 means one for each processor
	Index   bool // build the search index too

	// Progress is told how many blocks of how many BuildIndex has done, from
	// many goroutines. Nil means silent.
	Progress func(done, total int64)
}

func (o *Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// Snapshots are decoded up to these sizes; a larger one is kept as text only.
// What a decoder makes of a file can be ten times its size, so large ones are
// decoded one at a time.
const (
	maxFact  = 32 << 20 // of one file
	maxFacts = 64 << 20 // of all files of a case together, in the order of the bundle
	maxAside = 16 << 20 // of these, of formats that are put aside
	minSmall = 8 << 20  // of these, for files that are not large
	bigFact  = 4 << 20
)

// MaxFact is how many bytes of a snapshot are decoded.
const MaxFact = maxFact

// A budget is how much snapshot text is decoded. Its zero value is that of a
// case of which nothing was read.
type budget struct{ taken, aside int64 }

// fits reports whether n bytes of a file can be decoded.
func (b *budget) fits(f *parsers.Format, n int64) bool {
	left := maxFacts - b.taken
	if n > bigFact {
		left = min(left-minSmall, maxFact)
	}
	if f.Aside {
		left = min(left, maxAside-b.aside)
	}
	return n <= left
}

// take reports whether a file of so many bytes is decoded, and counts it.
func (b *budget) take(f *parsers.Format, n int64) bool {
	if !b.fits(f, n) {
		return false
	}
	b.taken += n
	if f.Aside {
		b.aside += n
	}
	return true
}

// BlockSize is the text a full block holds. A line longer than that is looked
// at in pieces.
const BlockSize = lines.BlockSize

// A File is what became of one file of the bundle.
type File struct {
	Num      int    `json:"num"`              // position in the bundle, from 0
	Path     string `json:"path"`             // as in the bundle
	Place    string `json:"place,omitempty"`  // where patterns look for it, when that differs from Path
	Format   string `json:"format,omitempty"` // name of the format that owns it; "" is plain text
	Bytes    int64  `json:"bytes"`            // text read, unpacked
	Lines    int    `json:"lines"`
	Unparsed int    `json:"unparsed,omitempty"` // lines without the structure of the format
	Long     int    `json:"long,omitempty"`     // lines longer than a block: looked at in pieces
	Err      string `json:"error,omitempty"`    // where reading or decoding stopped

	// Refusal is what a command said instead of its output; nil for data.
	Refusal *parsers.Refusal `json:"refusal,omitempty"`

	// First and Last are the stamps of the first and the last line that
	// have one; zero for files without.
	First parsers.Stamp `json:"first,omitzero"`
	Last  parsers.Stamp `json:"last,omitzero"`

	Gap  Gap `json:"gap,omitzero"`
	Nuls int `json:"nuls,omitempty"` // bytes that are 0: a writer kept its offset when the file was truncated
}

// A Gap is the longest time between two lines of a log, one behind the other.
// Lines without a stamp do not end it, and neither does one that goes back.
type Gap struct {
	Line     int `json:"line"` // of its end; 0 when no two lines have a stamp
	From, To parsers.Stamp
	Second   time.Duration `json:"second,omitempty"` // the longest of the other gaps
}

// Length is how long the gap is.
func (g *Gap) Length() time.Duration { return time.Duration(g.To.Nano - g.From.Nano) }

// Step notes the time from one stamp to the next, which is that of a line, and
// returns the one that the following step is from.
func (g *Gap) Step(from, to parsers.Stamp, line int) parsers.Stamp {
	d := time.Duration(to.Nano - from.Nano)
	switch {
	case from.Kind != to.Kind || d < -halfYear:
		return to // after the turn of a year that the stamps do not say
	case d < 0:
		return from
	case g.Line == 0 || d > g.Length():
		g.add(Gap{Line: line, From: from, To: to})
	default:
		g.Second = max(g.Second, d)
	}
	return to
}

// add puts the gaps of a later part of the file to those so far.
func (g *Gap) add(o Gap) {
	switch {
	case o.Line == 0:
	case g.Line == 0:
		*g = o
	case o.Length() > g.Length():
		o.Second = max(o.Second, g.Length())
		*g = o
	default:
		g.Second = max(g.Second, o.Length())
	}
}

const halfYear = 182 * 24 * time.Hour

// At is where patterns look for the file.
func (f *File) At() string {
	if f.Place != "" {
		return f.Place
	}
	return f.Path
}

// cutHere starts the Err of a file whose text ends before it should.
const cutHere = "cut here: "

// Cut reports whether the archive broke off within the file, or the command
// that wrote it was stopped.
func (f *File) Cut() bool { return strings.HasPrefix(f.Err, cutHere) }

// ByPath returns facts in the order of their paths, which does not depend on
// how the bundle was packed.
func ByPath(facts []Fact) []Fact {
	facts = slices.Clone(facts)
	slices.SortStableFunc(facts, func(a, b Fact) int { return strings.Compare(a.File.Path, b.File.Path) })
	return facts
}

// A Fact is a decoded snapshot file.
type Fact struct {
	File  *File
	Value any   // a pointer to a struct of the format's package; nil with Err
	Err   error // why the text could not be decoded
}
