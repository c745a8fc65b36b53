package index

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eksleuth/eksleuth/index/internal/full"
	"github.com/eksleuth/eksleuth/index/internal/lines"
	"github.com/eksleuth/eksleuth/parsers"
)

// FormatVersion is raised when cases written before can no longer be read.
//
//	1: line store and manifest
//	2: bounds of the times in the table of blocks; search index
//	3: words end at characters that are no letters; checksum of the manifest
const FormatVersion = 3

// ErrVersion means that a case was written by another version of the format.
var ErrVersion = errors.New("it was written by another version of eksleuth")

var errDamaged = errors.New("it has wrong bytes")

const manifestFile = "case.json"

// A Manifest is what a case knows of itself: case.json.
type Manifest struct {
	Version    int       `json:"version"`
	Bundle     string    `json:"bundle"`      // base name of the input
	BundleName string    `json:"bundle_name"` // name that tells instance and time, maybe of an inner archive
	SHA256     string    `json:"sha256"`
	Newest     time.Time `json:"newest,omitzero"` // latest modification time of a file
	Broken     string    `json:"broken,omitempty"`
	Skips      []Skip    `json:"skips,omitempty"`
	Files      []*File   `json:"files"`
	Facts      int       `json:"facts"`
	// Blocks is the CRC-32C of the table of blocks. It is 0 in cases that were
	// made before it was noted; the times in their table do not say yet which
	// are UTC on any node, so nothing is left out by them.
	Blocks uint32 `json:"blocks,omitempty"`
	// CRC is the CRC-32C of all that stands before it in case.json.
	CRC uint32 `json:"crc"`
}

// A Skip is a part of the input that was not read, and why.
type Skip struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"` // -1 when unknown
	Reason string `json:"reason"`
}

func (m *Manifest) write(dir string) error {
	m.CRC = 0
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	m.CRC = crc32.Checksum(data[:crcAt(data)], castagnoli)
	if data, err = json.MarshalIndent(m, "", " "); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, manifestFile), data, 0o644)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// crcAt is where the checksum stands in a manifest: its last field. No text in
// it looks the same, as quotation marks in texts are escaped.
func crcAt(data []byte) int { return max(0, bytes.LastIndex(data, []byte("\n \"crc\": "))) }

// readManifest reads case.json. A wrong byte in it could name the lines of one
// file by the path of another.
func readManifest(dir string) (m Manifest, err error) {
	name := filepath.Join(dir, manifestFile)
	data, err := os.ReadFile(name)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("read %s: %w", name, err)
	}
	if m.Version != FormatVersion {
		return m, fmt.Errorf("%s: version %d: %w", dir, m.Version, ErrVersion)
	}
	if at := crcAt(data); at == 0 || m.CRC != crc32.Checksum(data[:at], castagnoli) {
		return m, fmt.Errorf("%s: %w", name, errDamaged)
	}
	return m, nil
}

// A Case is an open case. It may be used from many goroutines.
type Case struct {
	Dir string
	Manifest
	// Facts are the decoded snapshots, in the order of the bundle. Build
	// and Replay fill them.
	Facts []Fact

	store *lines.Store

	byPath func() map[string]*File
}

// Open opens the case in dir.
func Open(dir string) (*Case, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	c := &Case{Dir: dir, Manifest: m}
	if c.store, err = lines.Open(dir); err != nil {
		return nil, err
	}
	// A wrong number in the table would pass off a line as another one.
	if m.Blocks != 0 && m.Blocks != c.store.Sum() {
		c.store.Close()
		return nil, fmt.Errorf("the table of blocks: %w", errDamaged)
	}
	c.byPath = sync.OnceValue(func() map[string]*File {
		files := make(map[string]*File, len(c.Files))
		for _, f := range c.Files {
			files[f.Path] = f
		}
		return files
	})
	return c, nil
}

// Verify reads all lines, and returns an error when they are not as they were
// written.
func (c *Case) Verify(ctx context.Context) error {
	var next atomic.Int64
	errs := make([]error, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			var text []byte
			for errs[i] == nil && ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= len(c.store.Blocks()) {
					return
				}
				text, errs[i] = c.store.Text(n, text[:0])
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.Join(errs...)
}

// Close frees the case.
func (c *Case) Close() error { return c.store.Close() }

// Lines calls f for the lines of a file from line number from (counted from 1)
// on, until it returns false. A line is cut to limit bytes. The text is valid
// during the call.
func (c *Case) Lines(file *File, from, limit int, f func(n int, text []byte) bool) error {
	return c.store.Lines(file.Num, from, limit, f)
}

// File returns the file with a path of the bundle, or nil.
func (c *Case) File(path string) *File { return c.byPath()[path] }

// Texts returns the lines at some places, each cut to limit bytes. A place
// that does not exist is left out.
func (c *Case) Texts(at []parsers.Pos, limit int) (map[parsers.Pos]string, error) {
	at = slices.Clone(at)
	// In the order of the store each block is unpacked once.
	slices.SortFunc(at, func(a, b parsers.Pos) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line)
	})
	at = slices.Compact(at)
	found := make([]*string, len(at))
	workers := runtime.GOMAXPROCS(0)
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for n := range workers {
		from, to := n*len(at)/workers, (n+1)*len(at)/workers
		wg.Go(func() { errs[n] = c.texts(at[from:to], found[from:to], limit) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	texts := make(map[parsers.Pos]string, len(at))
	for i, text := range found {
		if text != nil {
			texts[at[i]] = *text
		}
	}
	return texts, nil
}

// texts finds the lines at sorted places; that of a place that does not exist
// stays nil.
func (c *Case) texts(at []parsers.Pos, found []*string, limit int) error {
	for i, pos := range at {
		f := c.File(pos.File)
		if f == nil || pos.Line < 1 {
			continue
		}
		err := c.Lines(f, pos.Line, limit, func(n int, line []byte) bool {
			if n == pos.Line {
				text := string(line)
				found[i] = &text
			}
			return false
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Replay shows every block of a case to scan again and decodes its snapshots
// again, without the bundle. Files are told apart anew, so formats that were
// added since the case was built own their files.
func (c *Case) Replay(ctx context.Context, scan Scanner, opt *Options) error {
	p := newPass(ctx, scan, opt)
	p.before = func(j *job) (err error) {
		j.text, err = c.store.Text(j.index, j.text)
		return err
	}
	p.after = func(*job, *worker) {}
	p.store = func(*job) error { return nil }
	facts, err := p.run(opt.workers(), func() error { return c.feed(p, opt) })
	if err != nil {
		return err
	}
	noteFacts(facts)
	c.Facts = facts
	return nil
}

// wordsDir is the folder of the search index in that of the case.
const wordsDir = "words"

// Indexed reports whether the case has a search index.
func (c *Case) Indexed() bool {
	_, err := os.Stat(filepath.Join(c.Dir, wordsDir))
	return err == nil
}

// BuildIndex makes the search index of a case that has none, from its lines.
// It is built beside and renamed into place. The caller holds the lock of the
// case, so a folder of another build is of one that was killed.
func (c *Case) BuildIndex(ctx context.Context, opt *Options) (err error) {
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), draftPrefix) {
			if err := os.RemoveAll(filepath.Join(c.Dir, e.Name())); err != nil {
				return err
			}
		}
	}
	dir, err := os.MkdirTemp(c.Dir, draftPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	words, err := full.Create(filepath.Join(dir, wordsDir), opt.workers())
	if err != nil {
		return err
	}
	if err := c.learn(ctx, words, opt); err != nil {
		return err
	}
	if err := words.Close(); err != nil {
		return err
	}
	return os.Rename(filepath.Join(dir, wordsDir), filepath.Join(c.Dir, wordsDir))
}

// DropIndex removes the search index unless it is sound: another process may have
// made it anew. The caller holds the lock of the case.
func (c *Case) DropIndex() error {
	dir := filepath.Join(c.Dir, wordsDir)
	if x, err := full.Open(dir); err == nil {
		return x.Close()
	}
	return os.RemoveAll(dir)
}

// learn adds the words of every block.
func (c *Case) learn(ctx context.Context, words *full.Builder, opt *Options) error {
	var next, done atomic.Int64
	errs := make([]error, opt.workers())
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			w := &worker{words: words.Shard(i)}
			var text []byte
			for errs[i] == nil {
				n := int(next.Add(1)) - 1
				if n >= len(c.store.Blocks()) {
					return
				}
				if text, errs[i] = c.store.Text(n, text[:0]); errs[i] == nil {
					errs[i] = w.learn(&job{index: n, text: text})
				}
				if ctx.Err() != nil {
					errs[i] = context.Cause(ctx)
				}
				if opt.Progress != nil {
					opt.Progress(done.Add(1), int64(len(c.store.Blocks())))
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// feed sends the blocks of the store through a pass.
func (c *Case) feed(p *pass, opt *Options) error {
	blocks := c.store.Blocks()
	next := 0
	var left budget
	for _, f := range c.Files {
		start := next
		for next < len(blocks) && blocks[next].File == f.Num {
			next++
		}
		end := next // stays, for load
		format, err := c.detect(f, start, end, opt)
		if err != nil {
			return err
		}
		f.Unparsed, f.First, f.Last = 0, parsers.Stamp{}, parsers.Stamp{}
		for i := start; i < end; i++ {
			buf, err := p.buffer()
			if err != nil {
				return err
			}
			j := &job{file: f, format: format, block: blocks[i], index: i, text: buf}
			if err := p.send(j); err != nil {
				return err
			}
		}
		if format == nil || format.Decode == nil || f.Bytes == 0 {
			continue
		}
		j := &job{file: f, format: format, decode: true, load: func() ([]byte, error) { return c.text(start, end) }}
		if !left.take(format, f.Bytes) {
			j.format, j.load = tooLarge(format, f), nil
		}
		if err := p.send(j); err != nil {
			return err
		}
	}
	return nil
}

// Snapshots decodes the snapshots of a case again, on all cores, without a look at
// its logs.
func (c *Case) Snapshots(ctx context.Context, formats []*parsers.Format) ([]Fact, error) {
	all := c.snapshots(formats)
	errs := make([]error, len(all))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(all)) {
		wg.Go(func() {
			for n := int(next.Add(1)) - 1; n < len(all) && ctx.Err() == nil; n = int(next.Add(1)) - 1 {
				errs[n] = c.decode(&all[n])
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	facts := make([]Fact, len(all))
	for i := range all {
		if errs[i] != nil {
			return nil, errs[i] // the others are about the same store
		}
		facts[i] = all[i].fact
	}
	return facts, nil
}

// A snapshot is a file that is decoded again, with its blocks.
type snapshot struct {
	fact       Fact
	format     *parsers.Format
	start, end int
}

// snapshots are the files with a format of a list that are decoded, in the order
// of the bundle.
func (c *Case) snapshots(formats []*parsers.Format) (all []snapshot) {
	blocks := c.store.Blocks()
	var left budget
	next := 0
	for _, f := range c.Files {
		start := next
		for next < len(blocks) && blocks[next].File == f.Num {
			next++
		}
		i := slices.IndexFunc(formats, func(x *parsers.Format) bool { return x.Name == f.Format })
		if i < 0 || formats[i].Decode == nil || f.Bytes == 0 || f.Refusal != nil || !left.take(formats[i], f.Bytes) {
			continue
		}
		all = append(all, snapshot{Fact{File: f}, formats[i], start, next})
	}
	return all
}

// decode fills in the fact of a snapshot. An error is about the store; that of the
// decoder stands in the fact.
func (c *Case) decode(s *snapshot) error {
	text, err := c.text(s.start, s.end)
	if err != nil {
		return err
	}
	s.fact.Value, s.fact.Err = decode(s.format, s.fact.File.Path, text)
	return nil
}

// detect finds the format of a file by its path and its first block, and what
// a command said instead of its output.
func (c *Case) detect(f *File, start, end int, opt *Options) (*parsers.Format, error) {
	var head []byte
	f.Refusal = nil
	if start < end {
		text, err := c.store.Text(start, nil)
		if err != nil {
			return nil, err
		}
		if end-start == 1 {
			f.Refusal = parsers.Refused(text)
		}
		head = text[:min(len(text), parsers.SniffLen)]
	}
	format := parsers.Detect(opt.Formats, f.At(), head)
	f.Format = ""
	if format != nil {
		f.Format = format.Name
	}
	return format, nil
}

// text joins the blocks start to end.
func (c *Case) text(start, end int) (text []byte, err error) {
	size := 0
	for _, b := range c.store.Blocks()[start:end] {
		size += min(max(b.Size, 0), BlockSize)
	}
	text = make([]byte, 0, size)
	for i := start; i < end; i++ {
		if text, err = c.store.Text(i, text); err != nil {
			return nil, err
		}
	}
	return text, nil
}
