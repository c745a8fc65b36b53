package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/index/internal/full"
	"github.com/eksleuth/eksleuth/index/internal/lines"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// ErrOwnBundle means that what was given beside a bundle is another one, which
// may well be that of another node.
var ErrOwnBundle = errors.New("it is a bundle of its own, to be analyzed by itself")

// ExtraDir is the folder that files given beside the bundle stand in.
const ExtraDir = "extra"

// Build reads a bundle, and further files about the same node, into a new case
// in the empty folder dir, and shows every block to scan on the way. The error
// is for a build that could not go on; then the folder is of no use. A damaged
// bundle is not an error: Manifest.Broken tells.
func Build(ctx context.Context, dir string, src *bundle.Source, extra []*bundle.Source, scan Scanner, opt *Options) (*Case, error) {
	w, err := lines.Create(dir)
	if err != nil {
		return nil, err
	}
	b := &builder{pass: newPass(ctx, scan, opt), opt: opt}
	b.before = func(*job) error { return nil }
	b.after = func(j *job, w *worker) { j.frame = w.packer.Pack(nil, j.text) }
	b.store = func(j *job) error { return w.Add(&j.block, j.frame) }

	if opt.Index {
		if b.words, err = full.Create(filepath.Join(dir, wordsDir), opt.workers()); err != nil {
			w.Abort()
			return nil, err
		}
	}
	facts, err := b.run(opt.workers(), func() error { return b.walk(src, extra) })
	if err != nil {
		w.Abort()
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if b.words != nil {
		if err := b.words.Close(); err != nil {
			return nil, err
		}
	}
	return b.finish(dir, src, facts, w.Sum())
}

// A builder cuts files into blocks.
type builder struct {
	*pass
	opt    *Options
	files  []*File
	blocks int // sent so far
	left   budget
	newest time.Time // of the files of the bundle
	skips  []bundle.Skip

	ended int     // lists whose last line has its end
	open  []*File // the others
}

func (b *builder) walk(src *bundle.Source, extra []*bundle.Source) error {
	if err := src.Walk(b.ctx, func(f bundle.File) error { return b.file(f, f.Path) }); err != nil {
		return err
	}
	b.skips = append(b.skips, src.Skipped()...)
	names := map[string]bool{}
	for _, x := range extra {
		x.Beside()
		err := x.Walk(b.ctx, func(f bundle.File) error {
			if top, _, below := strings.Cut(f.Path, "/"); below && bundle.Top(top) {
				return ErrOwnBundle
			}
			f.ModTime = time.Time{} // says nothing of the bundle
			return b.file(f, extraPath(names, f.Path))
		})
		if errors.Is(err, bundle.ErrNotBundle) {
			reason := strings.TrimPrefix(err.Error(), bundle.ErrNotBundle.Error()+": ")
			b.skips = append(b.skips, bundle.Skip{Path: extraPath(names, x.Name()), Bytes: -1, Reason: reason})
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", x.Name(), err)
		}
		if x.Broken() != nil {
			return fmt.Errorf("read %s: %w", x.Name(), x.Broken())
		}
		b.skips = append(b.skips, x.Skipped()...)
	}
	return nil
}

// extraPath is where a file given beside the bundle stands. Two of one name are
// told apart by a number before the extension, which says what they are.
func extraPath(taken map[string]bool, name string) string {
	ext := path.Ext(name)
	try := path.Join(ExtraDir, name)
	for n := 2; taken[try]; n++ {
		try = path.Join(ExtraDir, fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, ext), n, ext))
	}
	taken[try] = true
	return try
}

// lastYear is the last year that the time of a file may be in: an archive can
// say any, and those after 9999 cannot even be written down.
const lastYear = 2200

// file sends one file through the pass.
func (b *builder) file(in bundle.File, name string) error {
	f := &File{Num: len(b.files), Path: name}
	if place := parsers.Place(b.opt.Formats, name); place != name {
		f.Place = place
	}
	b.files = append(b.files, f)
	if in.ModTime.After(b.newest) && in.ModTime.Year() <= lastYear {
		b.newest = in.ModTime
	}
	c := cutter{builder: b, file: f, r: in.R, line: 1}
	return c.run()
}

// A cutter cuts the text of one file into blocks at line ends.
type cutter struct {
	*builder
	file   *File
	format *parsers.Format
	r      io.Reader
	line   int
	cont   bool   // the next block starts within a line
	carry  []byte // text behind the last cut
	whole  []byte // the text of a snapshot, to be decoded
}

func (c *cutter) run() error {
	for {
		buf, err := c.buffer()
		if err != nil {
			return err
		}
		buf = append(buf, c.carry...)
		n, readErr := fill(c.r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if c.file.Bytes == 0 {
			c.detect(buf)
			if readErr != nil {
				c.file.Refusal = parsers.Refused(buf)
			}
		}
		c.file.Bytes += int64(n)
		if readErr != nil && readErr != io.EOF {
			c.file.Err = cutHere + readErr.Error()
		}
		if err := c.block(buf, readErr != nil); err != nil {
			return err
		}
		if readErr != nil {
			c.noteEnd()
			return c.decode()
		}
	}
}

// noteEnd notes whether the last line of a list has its end.
func (c *cutter) noteEnd() {
	if c.format == nil || !c.format.Rows || c.file.Bytes == 0 || c.file.Err != "" || c.file.Refusal != nil {
		return
	}
	if c.cont {
		c.open = append(c.open, c.file)
	} else {
		c.ended++
	}
}

// cutOpen tells the lists that end within a line so, unless whoever packed the
// bundle took the last line end off most of them.
func (b *builder) cutOpen() {
	if len(b.open) > b.ended {
		return
	}
	for _, f := range b.open {
		f.Err = cutHere + "the last line has no end"
	}
}

// fill reads until buf is full. Unlike io.ReadFull it returns the reader's own
// error, io.EOF for a clean end, also when something was read.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

func (c *cutter) detect(head []byte) {
	c.format = parsers.Detect(c.opt.Formats, c.file.At(), head[:min(len(head), parsers.SniffLen)])
	if c.format != nil {
		c.file.Format = c.format.Name
	}
}

// block sends the part of buf up to the last good place to cut; the rest is
// carried over, unless this is the last of the file.
func (c *cutter) block(buf []byte, last bool) error {
	end := len(buf)
	if !last {
		end = c.cut(buf)
	}
	c.carry = append(c.carry[:0], buf[end:]...)
	buf = buf[:end]
	if len(buf) == 0 {
		c.free <- buf
		return nil
	}
	c.keep(buf)
	j := &job{file: c.file, format: c.format, text: buf, index: c.blocks}
	c.blocks++
	j.block = lines.Block{File: c.file.Num, Line: c.line, Lines: bytes.Count(buf, newline), Cont: c.cont, Size: len(buf)}
	wasCont := c.cont
	c.line += j.block.Lines
	c.cont = buf[len(buf)-1] != '\n'
	c.file.Lines = c.line - 1
	if c.cont {
		c.file.Lines++
		if !last && !(wasCont && j.block.Lines == 0) {
			c.file.Long++
		}
	}
	return c.send(j)
}

// cut finds the last line end after which no line is continued; the whole
// buffer when there is none.
func (c *cutter) cut(buf []byte) int {
	end := bytes.LastIndexByte(buf, '\n') + 1
	if end == 0 {
		return len(buf)
	}
	if c.format == nil || c.format.Continues == nil {
		return end
	}
	for at := end; at > 0; {
		start := bytes.LastIndexByte(buf[:at-1], '\n') + 1
		if !c.format.Continues(buf[start : at-1]) {
			return at
		}
		at = start
	}
	return end
}

// keep gathers the text of a snapshot for its decoder.
func (c *cutter) keep(buf []byte) {
	if c.format == nil || c.format.Decode == nil {
		return
	}
	if !c.left.fits(c.format, c.file.Bytes) {
		c.whole = nil // decode will not take it
		return
	}
	c.whole = append(c.whole, buf...)
}

// decode sends the text of a snapshot to its decoder.
func (c *cutter) decode() error {
	if c.format == nil || c.format.Decode == nil || c.file.Bytes == 0 {
		return nil
	}
	j := &job{file: c.file, format: c.format, text: c.whole, decode: true}
	if !c.left.take(c.format, c.file.Bytes) {
		j.format = tooLarge(c.format, c.file)
	}
	return c.send(j)
}

// tooLarge stands in for a format whose file is too large to decode.
func tooLarge(f *parsers.Format, file *File) *parsers.Format {
	why := fmt.Errorf("not decoded: larger than %d MiB", maxFact>>20)
	if file.Bytes <= maxFact {
		why = fmt.Errorf("not decoded: together with those before it, too large for the memory of snapshots, %d MiB", maxFacts>>20)
	}
	return &parsers.Format{Name: f.Name, Decode: func(string, []byte) (any, error) { return nil, why }}
}

// finish writes the manifest and opens the case.
func (b *builder) finish(dir string, src *bundle.Source, facts []Fact, table uint32) (*Case, error) {
	m := &Manifest{Version: FormatVersion, Bundle: src.Name(), BundleName: src.BundleName(), Newest: b.newest, Files: b.files, Facts: len(facts), Blocks: table}
	if err := src.Broken(); err != nil {
		m.Broken = err.Error()
	}
	sum, err := src.Sum()
	if err != nil {
		return nil, err
	}
	m.SHA256 = sum
	for _, s := range b.skips {
		m.Skips = append(m.Skips, Skip(s))
	}
	b.cutOpen()
	noteFacts(facts)
	if err := m.write(dir); err != nil {
		return nil, err
	}
	c, err := Open(dir)
	if err != nil {
		return nil, err
	}
	c.Files, c.Facts = m.Files, facts
	return c, nil
}

// noteFacts tells the files whose text could not be decoded so.
func noteFacts(facts []Fact) {
	for _, f := range facts {
		if f.Err != nil && f.File.Err == "" && f.File.Refusal == nil {
			f.File.Err = f.Err.Error()
		}
	}
}
