// Package bundle is the only door through which the bytes of a bundle come in.
//
// What a user names (an archive, a folder, a single file, standard input) is
// opened with [Open] and read once, forward, with [Source.Walk], as a stream of
// files. Nothing is written to disk, links and devices are never followed, and
// what is over a limit is cut or left out and said so.
//
// What the input is, is told by its first bytes and not by its name: tar and
// zip archives, gzip, zstd, xz and bzip2 around them or around a single log,
// and archives inside archives. Paths are those of the bundle's root, wherever
// it stands in the input; a second bundle is never mixed with the first.
package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// ErrNotBundle means that nothing in the input could be read as a file of a bundle.
// Errors of this package leave it to the caller to name the input.
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

func (l *Limits) orDefaults() Limits {
	d := Defaults
	if l == nil {
		return d
	}
	set(&d.Entries, l.Entries)
	set(&d.EntryBytes, l.EntryBytes)
	set(&d.TotalBytes, l.TotalBytes)
	set(&d.Ratio, l.Ratio)
	set(&d.PathBytes, l.PathBytes)
	set(&d.Nesting, l.Nesting)
	return d
}

func set[T int | int64](to *T, v T) {
	if v > 0 {
		*to = v
	}
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
type Source struct {
	name   string
	limits Limits

	// One of these is the input.
	file   *os.File
	root   *os.Root
	stream io.Reader
	closer io.Closer // what stream must be closed with, nil for stdin

	size int64 // of file; -1 for the others
	read atomic.Int64

	beside bool // it may be a capture of packets alone

	sum     string
	walked  bool // stream is used up
	skipped []Skip
	broken  error
	bundle  string
}

// Open opens what the user named. "-" is stdin. limits may be nil.
func Open(name string, stdin io.Reader, limits *Limits) (*Source, error) {
	s := &Source{name: baseName(name), limits: limits.orDefaults(), size: -1}
	if name == "-" {
		if stdin == nil {
			return nil, errors.New("open bundle: no standard input")
		}
		s.stream = stdin
		return s, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("open bundle: %w", withoutPath(err))
	}
	if info.IsDir() {
		s.root, err = os.OpenRoot(name)
	} else {
		err = s.openFile(name)
	}
	if err != nil {
		return nil, fmt.Errorf("open bundle: %w", withoutPath(err))
	}
	return s, nil
}

// Beside says that the input was given beside a bundle. Then it may be a single
// capture of packets, which is no text; as the bundle itself it is refused.
func (s *Source) Beside() { s.beside = true }

// openFile opens a file, or what can only be read forward: a named pipe, the
// /dev/fd/63 of a shell's process substitution.
func (s *Source) openFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return err
	}
	if !info.Mode().IsRegular() {
		s.stream, s.closer = f, f
		return nil
	}
	s.file, s.size = f, info.Size()
	return nil
}

// baseName is the last part of a path, also of "." and "..".
func baseName(name string) string {
	if name == "-" {
		return name
	}
	base := filepath.Base(name)
	if base == "." || base == ".." {
		if abs, err := filepath.Abs(name); err == nil {
			base = filepath.Base(abs)
		}
	}
	return base
}

// Walk reads the input once and calls f for each regular file in the order of
// the archive (for folders: sorted by path). It returns f's first error, the
// context's cause, or ErrNotBundle; damage and limits are not errors but are
// told by Broken and Skipped.
//
// Paths are unique: the second file of a name gets " (2)" after its path. It
// keeps its text, but patterns with an extension do not claim it, so a doubled
// file is not counted as evidence twice.
func (s *Source) Walk(ctx context.Context, f func(File) error) error {
	if s.stream != nil && s.walked {
		return fmt.Errorf("read %s: a stream can be read only once", s.name)
	}
	s.walked = true
	s.skipped, s.broken, s.bundle = nil, nil, ""
	s.read.Store(0)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := newWalker(ctx, cancel, s, f)
	err := w.run()
	s.bundle = w.roots.bundleName()
	return err
}

// Name is the base name of the input as the user gave it, "-" for stdin.
func (s *Source) Name() string { return s.name }

// BundleName is the name that Info reads best: that of the innermost archive
// or top folder around the bundle's root that looks like the name of a bundle,
// else Name. Valid after Walk.
func (s *Source) BundleName() string {
	if s.bundle != "" {
		return s.bundle
	}
	return s.name
}

// Skipped lists what was left out, in the order it was met. Valid after Walk.
func (s *Source) Skipped() []Skip { return s.skipped }

// Broken says where and how a damaged archive stopped; nil if it was read to
// its end. Valid after Walk. Damage inside one packed file of a sound archive
// is told by Skipped.
func (s *Source) Broken() error { return s.broken }

// Progress returns how many packed bytes were read and how many there are; the
// total is -1 when unknown. It may be called from any goroutine.
func (s *Source) Progress() (done, total int64) { return s.read.Load(), s.size }

// Close frees the input. It does not close stdin.
func (s *Source) Close() error {
	switch {
	case s.file != nil:
		return s.file.Close()
	case s.root != nil:
		return s.root.Close()
	case s.closer != nil:
		return s.closer.Close()
	}
	return nil
}

// soloPath is the path of an input that is a single file.
func (s *Source) soloPath() string {
	if s.name == "-" {
		return "stdin"
	}
	return path.Base(printable(strings.ReplaceAll(s.name, `\`, "/")))
}
