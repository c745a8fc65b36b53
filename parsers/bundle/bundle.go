// Package bundle is the only door through which the bytes of a bundle come in.
//
// What a user names (an archive, a folder, a single file, standard input) is
// opened with [Open] and read once, forward, with [Source.Walk], as a stream of
// files. Nothing is written to disk, links and devices are never followed, and
// what is over a limit is cut or left out and said so.
package bundle

import (
	"context"
	"errors"
	"io"
	"time"
)

// ErrNotBundle means that nothing in the input could be read as a file of a bundle.
var ErrNotBundle = errors.New("not a log bundle")

// Limits bound what a hostile archive can cost. A zero field means the default.
type Limits struct {
	Entries    int   // files and folders in all archives together
	EntryBytes int64 // unpacked bytes of one file; the rest is cut
	TotalBytes int64 // unpacked bytes in all; the walk ends there
	Ratio      int64 // unpacked over packed bytes, judged after the first 64 MiB unpacked
	PathBytes  int   // length of a path
	Nesting    int   // archives inside archives
}

// Defaults are the limits in force where a field of Limits is zero.
var Defaults = Limits{
	Entries:    100_000,
	EntryBytes: 8 << 30,
	TotalBytes: 64 << 30,
	Ratio:      400,
	PathBytes:  1024,
	Nesting:    3,
}

// A File is one regular file on its way through.
type File struct {
	// Path is where the file stands in the bundle, with slashes and without
	// a leading "./" or the folder that the bundle was packed under.
	Path    string
	Size    int64     // unpacked, as the archive says; -1 when it does not say
	ModTime time.Time // zero when unknown

	// R is the text of the file; gzip'd members are unpacked. It is valid
	// until the Walk function returns. A read error other than io.EOF means
	// that the archive is damaged here: what came before it is good.
	R io.Reader
}

// A Skip is a part of the input that was not read, and why.
type Skip struct {
	Path   string
	Bytes  int64 // how much is missing; -1 when unknown
	Reason string
}

// A Source is an opened input.
type Source struct{}

// Open opens what the user named. "-" is stdin. limits may be nil.
func Open(name string, stdin io.Reader, limits *Limits) (*Source, error) { panic("written next") }

// Walk reads the input once and calls f for each regular file in the order of
// the archive (for folders: sorted by path). It returns f's first error, the
// context's cause, or ErrNotBundle; damage and limits are not errors but are
// told by Broken and Skipped.
func (s *Source) Walk(ctx context.Context, f func(File) error) error { panic("written next") }

// Name is the base name of the input as the user gave it, "-" for stdin.
func (s *Source) Name() string { panic("written next") }

// Skipped lists what was left out, in the order it was met. Valid after Walk.
func (s *Source) Skipped() []Skip { panic("written next") }

// Broken says where and how a damaged archive stopped; nil if it was read to
// its end. Valid after Walk.
func (s *Source) Broken() error { panic("written next") }

// Sum is the SHA-256 of the input in hex. For files it can be had before Walk
// (it reads the file once); for stdin and folders only after Walk: it is ""
// before. A folder's sum is made of its paths and contents.
func (s *Source) Sum() (string, error) { panic("written next") }

// Progress returns how many packed bytes were read and how many there are; the
// total is -1 when unknown. It may be called from any goroutine.
func (s *Source) Progress() (done, total int64) { panic("written next") }

// Close frees the input.
func (s *Source) Close() error { panic("written next") }
