package bundle

import (
	"archive/zip"
	"bufio"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

const (
	// maxHeld is how much memory the zips of one input may take that cannot
	// be read in place: those from stdin and those inside archives.
	maxHeld = 256 << 20

	// dirBytes is how much of a zip's directory is read for each entry that
	// Limits allow: package zip keeps all of it in memory.
	dirBytes = 256
)

// Compression methods of zip beside those that package zip names
// (PKWARE APPNOTE 6.3.10, 4.4.5).
const (
	methodBzip2 = 12
	methodZstd  = 93
	methodXz    = 95
)

const encrypted = 1 // bit 0 of the flags of a zip entry

// zip walks a zip archive. Its directory stands at its end; without one, what
// stands before each file is enough to read forward up to the break.
func (w *walker) zip(it item, r io.Reader) error {
	at, size, err := it.at, it.size, error(nil)
	if at == nil {
		held := &blocks{}
		size, err = w.hold(it, held, r)
		if err != nil {
			return err
		}
		if size < 0 {
			return nil
		}
		at = held
		defer func() { w.held -= size }()
	}
	guarded := &stingyAt{r: at, left: int64(w.limits.Entries)*dirBytes + 1<<20}
	zr, err := zip.NewReader(guarded, size)
	guarded.left = -1
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // clean decides about paths
		if err := w.ended(); err != nil {
			return err
		}
		w.damaged(it, &damage{what: "zip directory", cause: err})
		return w.salvageZip(it, io.NewSectionReader(at, 0, size), size)
	}
	return w.zipEntries(it, zr, size)
}

// hold reads a zip into memory. The size is -1 if it is too large.
func (w *walker) hold(it item, to *blocks, r io.Reader) (int64, error) {
	n, _ := io.Copy(to, io.LimitReader(r, maxHeld-w.held+1)) // what broke it was noted
	if err := w.ended(); err != nil {
		return 0, err
	}
	if n > maxHeld-w.held {
		w.skip(it.path, it.size, fmt.Sprintf("a zip that is not a file of its own can have at most %d MiB", maxHeld>>20))
		return -1, nil
	}
	w.held += n
	return n, nil
}

func (w *walker) zipEntries(it item, zr *zip.Reader, size int64) error {
	var packed *counted // of the entry that was opened last
	for method, dec := range zipMethods {
		zr.RegisterDecompressor(method, func(r io.Reader) io.ReadCloser {
			packed = &counted{r: r}
			return dec(packed)
		})
	}
	whole := &ratio{packed: &size, max: w.limits.Ratio}
	for _, f := range zr.File {
		if !w.count(it) {
			return errStop
		}
		member, ok := w.enter(it, zipEntry(f))
		if !ok {
			continue
		}
		packed = &counted{}
		rc, err := f.Open()
		l := &layer{what: "zip archive", src: packed, dec: rc, archive: true}
		l.guards = []*ratio{{packed: &packed.n, max: w.limits.Ratio}, whole}
		if err != nil {
			l.err = l.explain(noEOF(err))
		}
		member.r, member.layer = l, l
		err = w.item(member)
		if rc != nil {
			rc.Close()
		}
		if err != nil {
			return err
		}
		if whole.over() {
			return nil
		}
	}
	return nil
}

// zipMethods are the ways of packing that are unpacked.
var zipMethods = map[uint16]func(io.Reader) io.ReadCloser{
	zip.Store:   io.NopCloser,
	zip.Deflate: flate.NewReader,
	methodBzip2: func(r io.Reader) io.ReadCloser { return io.NopCloser(bzip2.NewReader(r)) },
	methodXz:    func(r io.Reader) io.ReadCloser { return io.NopCloser(newUnxz(bufio.NewReader(r), maxInnerWindow)) },
	methodZstd: func(r io.Reader) io.ReadCloser {
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxInnerWindow))
		if err != nil {
			return failed{err}
		}
		return d.IOReadCloser()
	},
}

// zipEntry says what an entry of the directory is.
func zipEntry(f *zip.File) entry {
	e := entry{name: f.Name, size: int64(f.UncompressedSize64), dir: f.Mode().IsDir()}
	if e.size < 0 {
		e.size = -1
	}
	if !f.Modified.IsZero() {
		e.modTime = f.Modified.UTC()
	}
	switch _, known := zipMethods[f.Method]; {
	case e.dir:
	case f.Mode()&fs.ModeType != 0:
		e.refuse = notRegular(f.Mode())
	case f.Flags&encrypted != 0:
		e.refuse = "encrypted"
	case !known:
		e.refuse = fmt.Sprintf("packed by method %d, which is not supported", f.Method)
	}
	return e
}

// failed is a reader of nothing but an error.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }
func (f failed) Close() error             { return nil }

// A stingyAt lets only so many bytes be read, if left is not negative.
type stingyAt struct {
	r    io.ReaderAt
	left int64
}

func (s *stingyAt) ReadAt(p []byte, off int64) (int, error) {
	if s.left >= 0 {
		s.left -= int64(len(p))
		if s.left < 0 {
			s.left = 0
			return 0, errors.New("it is larger than the limit on entries allows")
		}
	}
	return s.r.ReadAt(p, off)
}

// blocks is bytes in memory that grow without being copied.
type blocks struct {
	list [][]byte
	size int64
}

const blockLen = 1 << 20

func (b *blocks) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		used := int(b.size % blockLen)
		if used == 0 {
			b.list = append(b.list, make([]byte, blockLen))
		}
		n := copy(b.list[len(b.list)-1][used:], rest)
		rest = rest[n:]
		b.size += int64(n)
	}
	return len(p), nil
}

// ReadAt is given negative offsets by package zip when the directory of an
// archive stands before where it says.
func (b *blocks) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, zip.ErrFormat
	}
	for n < len(p) && off < b.size {
		block := b.list[off/blockLen][off%blockLen:]
		block = block[:min(int64(len(block)), b.size-off)]
		k := copy(p[n:], block)
		n, off = n+k, off+int64(k)
	}
	if n < len(p) {
		err = io.EOF
	}
	return n, err
}
