package bundle

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// tar walks the entries of a tar archive.
func (w *walker) tar(it item, r io.Reader) error {
	c := &counted{r: r}
	guard := &ratio{packed: &c.n, max: w.limits.Ratio}
	tr := tar.NewReader(c)
	for {
		h, err := tr.Next()
		switch {
		case c.err != nil:
			return w.ended()
		case err == io.EOF:
			return w.tarEnd(it, c)
		case err != nil && !errors.Is(err, tar.ErrInsecurePath): // clean decides about paths
			w.damaged(it, &damage{what: "tar archive", out: c.n, cause: err})
			return nil
		case !w.count(it):
			return errStop
		}
		e, sparse := tarEntry(h)
		member, ok := w.enter(it, e)
		if !ok {
			continue
		}
		l := &layer{what: "tar archive", src: c, dec: tr, guards: []*ratio{guard}, archive: true}
		member.r, member.layer, member.spent = l, l, !sparse
		if err := w.item(member); err != nil {
			return err
		}
		if l.err != nil && l.err != io.EOF {
			return w.ended()
		}
	}
}

// tarEntry says what a header is. A sparse file has holes that are not in the
// archive: it unpacks, so its bytes count once more.
func tarEntry(h *tar.Header) (e entry, sparse bool) {
	e = entry{name: h.Name, size: h.Size}
	if h.ModTime.Unix() != 0 {
		e.modTime = h.ModTime.UTC()
	}
	sparse = h.Typeflag == tar.TypeGNUSparse
	for key := range h.PAXRecords {
		sparse = sparse || strings.HasPrefix(key, "GNU.sparse.")
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
	case tar.TypeDir:
		e.dir = true
	case tar.TypeSymlink:
		e.refuse = "symbolic link to " + shown(h.Linkname) + ", not followed"
	case tar.TypeLink:
		e.refuse = "hard link to " + shown(h.Linkname) + ", not followed"
	case tar.TypeChar, tar.TypeBlock:
		e.refuse = "device"
	case tar.TypeFifo:
		e.refuse = "named pipe"
	case tar.TypeXGlobalHeader:
		e.dir = true // it holds no file, only words about the archive
		e.name = "."
	default:
		e.refuse = fmt.Sprintf("entry of unknown type %q", h.Typeflag)
	}
	return e, sparse
}

// shown is a string of the archive as it can stand in a reason.
func shown(s string) string {
	if len(s) > shownBytes {
		s = s[:shownBytes]
	}
	return printable(s)
}

// tarEnd reads what stands after the last entry: zeros in a good archive. It
// must be read for the checksum of the compression around it.
func (w *walker) tarEnd(it item, c *counted) error {
	if c.eof && it.solo && it.layers == 0 {
		w.damaged(it, &damage{what: "tar archive", out: c.n, cause: errEndMark})
		return nil
	}
	var odd int64
	buf := make([]byte, 32<<10)
	for {
		n, err := c.Read(buf)
		if len(bytes.Trim(buf[:n], "\x00")) > 0 {
			odd += int64(n)
		}
		if err != nil {
			break
		}
	}
	if odd > 0 {
		w.skip(it.path, odd, "data after the end of the tar archive")
	}
	return w.ended()
}
