package bundle

import (
	"bufio"
	"compress/bzip2"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

const (
	packedBuf = 64 << 10 // read-ahead of a decoder on its packed side

	// ratioFrom is how much a stream may unpack to before its ratio counts.
	ratioFrom = 64 << 20

	// Dictionaries of zstd and xz. `zstd --long` and `xz -9e` stay below the
	// first; a file inside an archive gets the second, as several may be
	// open at once.
	maxWindow      = 128 << 20
	maxInnerWindow = 32 << 20
)

// A counted reader knows how much was read from it and how that ended.
type counted struct {
	r   io.Reader
	n   int64
	err error // not io.EOF
	eof bool
}

func (c *counted) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	c.eof = c.eof || n == 0 && err == io.EOF
	return n, err
}

// A ratio guards one packed stream against bombs.
type ratio struct {
	packed *int64
	out    int64
	max    int64
}

// add counts n unpacked bytes and reports whether they are too many.
func (r *ratio) add(n int) bool {
	r.out += int64(n)
	return r.over()
}

func (r *ratio) over() bool { return r.out > ratioFrom && r.out/r.max > *r.packed }

// A layer unpacks one packed stream. Its errors are sticky, and are a *damage,
// a *limit, or what its source said.
type layer struct {
	what    string
	src     *counted
	dec     io.Reader
	guards  []*ratio
	out     int64
	err     error
	archive bool // an archive is packed in it, not a single file
	release func()
}

func (l *layer) Read(p []byte) (n int, err error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err = l.decode(p)
	l.out += int64(n)
	for _, g := range l.guards {
		if g.add(n) && err == nil {
			err = &limit{missing: -1, reason: fmt.Sprintf("%s unpacks to more than %d times its size", l.what, g.max)}
		}
	}
	l.err = l.explain(err)
	return n, l.err
}

// decode shields the walk from decoders: they are other people's code, and
// what they are given was made to break them.
func (l *layer) decode(p []byte) (n int, err error) {
	defer func() {
		if recover() != nil {
			n, err = 0, errPanic
		}
	}()
	return l.dec.Read(p)
}

// explain finds out whose error it is: that of the source, where the break is
// further out, or that of this layer.
func (l *layer) explain(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if _, ok := err.(*limit); ok {
		return err
	}
	if l.src.err != nil {
		return l.src.err
	}
	return &damage{what: l.what, out: l.out, cause: err}
}

// newLayer unpacks r. The error of a header that cannot be read is that of the
// first Read.
func newLayer(k kind, r io.Reader, maxRatio int64, window int) *layer {
	src := &counted{r: r}
	l := &layer{what: string(k) + " data", src: src, release: func() {}}
	l.guards = []*ratio{{packed: &src.n, max: maxRatio}}
	br := bufio.NewReaderSize(src, packedBuf)
	var err error
	switch k {
	case kindGzip:
		l.dec, err = newGunzip(br)
	case kindZstd:
		var d *zstd.Decoder
		d, err = zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(uint64(window)))
		if err == nil {
			l.dec, l.release = d, d.Close
		}
	case kindXz:
		l.dec = newUnxz(br, window)
	case kindBzip2:
		l.dec = bzip2.NewReader(br)
	}
	l.err = l.explain(noEOF(err))
	return l
}
