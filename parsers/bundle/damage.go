package bundle

import (
	"archive/tar"
	"archive/zip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A damage is a place where the input cannot be read on. The reader that meets
// it makes it; the walker adds where it was met and lists it once.
type damage struct {
	what  string // "gzip data"
	out   int64  // what was read before it, of this stream
	cause error

	noted bool
	where string // "in kubelet/kubelet.log"
	total int64  // what was unpacked in all
}

func (d *damage) Error() string {
	s := fmt.Sprintf("%s: %s", d.what, plainly(d.cause))
	if d.where == "" {
		return fmt.Sprintf("%s after %d unpacked bytes", s, d.out)
	}
	return fmt.Sprintf("%s %s, after %d unpacked bytes", s, d.where, d.total)
}

// Unwrap returns the cause.
func (d *damage) Unwrap() error { return d.cause }

// A limit is a place where the input is not read on, though it could be.
type limit struct {
	reason  string
	missing int64 // bytes, -1 if unknown
	noted   bool
}

func (l *limit) Error() string { return l.reason }

var (
	// errStop ends the walk: a limit on the whole input was reached.
	errStop = errors.New("limit of the walk")

	errPanic   = errors.New("the decoder gave up on it")
	errEndMark = errors.New("the mark at the end is missing, so files may be missing too")
)

// plainly says in the words of a user why data could not be read.
func plainly(err error) string {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "cut off"
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		return "the checksum does not match, some of the text may be wrong"
	case errors.As(err, &corrupt):
		return "corrupt"
	case errors.Is(err, gzip.ErrHeader):
		return "corrupt header"
	case errors.Is(err, tar.ErrHeader):
		return "corrupt header of an entry"
	case errors.Is(err, zip.ErrFormat):
		return "corrupt or cut off"
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return "needs more memory than is given to one archive"
	}
	return printable(err.Error())
}
