package bundle

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
	"time"
)

// A zip that was cut off has lost its directory, but before each file stands
// a header with nearly the same words (PKWARE APPNOTE 6.3.10, 4.3.7):
//
//	0 "PK\3\4"   6 flags      14 CRC-32          26 length of name
//	4 version    8 method     18 packed size     28 length of extra
//	            10 time,date  22 unpacked size   30 name, extra, data
//
// A writer that did not know the sizes sets bit 3 of the flags and puts them
// after the data, which then ends where its decoder says. Links cannot be told
// from files here; they come out as a file that holds the name of the target.
const (
	localMagic   = "PK\x03\x04"
	sizesMagic   = "PK\x07\x08"
	localLen     = 30
	sizesBehind  = 1 << 3
	zip64Extra   = 1
	zipSizeIsBig = math.MaxUint32
)

type localHeader struct {
	entry
	flags, method uint16
	packed        int64 // -1: behind the data
}

// salvageZip walks a zip from its first header to the first thing that is none.
func (w *walker) salvageZip(it item, r io.Reader, size int64) error {
	br := bufio.NewReaderSize(r, packedBuf)
	whole := &ratio{packed: &size, max: w.limits.Ratio}
	for {
		h, err := readLocal(br)
		if err != nil {
			return w.ended()
		}
		if !w.count(it) {
			return errStop
		}
		more, err := w.salvage(it, h, br, whole)
		if err != nil || !more {
			return err
		}
	}
}

// salvage hands out one file; more is false if what follows it is not known.
func (w *walker) salvage(it item, h localHeader, br *bufio.Reader, whole *ratio) (more bool, err error) {
	unpack := zipMethods[h.method]
	unknownEnd := h.packed < 0 && (unpack == nil || h.method != zip.Deflate || h.flags&encrypted != 0)
	if h.flags&encrypted != 0 {
		h.refuse = "encrypted"
	} else if unpack == nil || unknownEnd {
		h.refuse = "packed in a way that cannot be read without the directory"
	}
	member, ok := w.enter(it, h.entry)
	if !ok && h.packed >= 0 {
		_, err := io.CopyN(io.Discard, br, h.packed)
		return err == nil, w.ended()
	}
	if unknownEnd {
		return false, w.ended()
	}
	data := io.Reader(br)
	if h.packed >= 0 {
		data = io.LimitReader(br, h.packed)
	}
	src := &counted{r: data}
	var in io.Reader = src
	if h.packed < 0 {
		in = countedBytes{src, br}
	}
	rc := unpack(in)
	defer rc.Close()
	l := &layer{what: "zip archive", src: src, dec: rc, archive: true, guards: []*ratio{{packed: &src.n, max: w.limits.Ratio}, whole}}
	if ok {
		member.r, member.layer = l, l
		if err := w.item(member); err != nil {
			return false, err
		}
	}
	if _, err := io.Copy(io.Discard, l); err != nil {
		w.note(it, err)
		return false, w.ended()
	}
	if h.packed < 0 {
		return skipSizes(br) == nil, w.ended()
	}
	_, err = io.Copy(io.Discard, data)
	return err == nil && !whole.over(), w.ended()
}

// countedBytes reads single bytes too: a decoder then takes not one more than
// it needs, and what follows the data can be read.
type countedBytes struct {
	*counted
	br *bufio.Reader
}

func (c countedBytes) ReadByte() (byte, error) {
	b, err := c.br.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// readLocal reads the header before a file. Any error means: no such header.
func readLocal(br *bufio.Reader) (h localHeader, err error) {
	var b [localLen]byte
	if _, err := io.ReadFull(br, b[:]); err != nil {
		return h, err
	}
	if string(b[:4]) != localMagic {
		return h, errors.New("no header of a file")
	}
	u16 := func(i int) uint16 { return binary.LittleEndian.Uint16(b[i:]) }
	name := make([]byte, u16(26))
	extra := make([]byte, u16(28))
	if _, err := io.ReadFull(br, name); err != nil {
		return h, err
	}
	if _, err := io.ReadFull(br, extra); err != nil {
		return h, err
	}
	h = localHeader{flags: u16(6), method: u16(8), packed: int64(le32(b[18:]))}
	h.entry = entry{name: string(name), size: int64(le32(b[22:])), modTime: dosTime(u16(12), u16(10))}
	h.dir = strings.HasSuffix(h.name, "/")
	if h.packed == zipSizeIsBig || h.size == zipSizeIsBig {
		h.bigSizes(extra)
	}
	if h.flags&sizesBehind != 0 {
		h.packed, h.size = -1, -1
		if h.dir {
			h.packed = 0
		}
	}
	return h, nil
}

// bigSizes takes the sizes from the zip64 field: unpacked, packed.
func (h *localHeader) bigSizes(extra []byte) {
	h.packed, h.size = -1, -1
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; n > len(extra) {
			return
		}
		if id == zip64Extra && n >= 16 {
			size, packed := binary.LittleEndian.Uint64(extra), binary.LittleEndian.Uint64(extra[8:])
			if size <= math.MaxInt64 && packed <= math.MaxInt64 {
				h.size, h.packed = int64(size), int64(packed)
			}
			return
		}
		extra = extra[n:]
	}
}

// skipSizes reads over the sizes behind a file: CRC and two sizes of 4 or 8
// bytes, with or without a magic before them. What comes next is "PK" again.
func skipSizes(br *bufio.Reader) error {
	head, _ := br.Peek(26)
	first := 0
	if strings.HasPrefix(string(head), sizesMagic) {
		first = 4
	}
	for _, n := range []int{first + 12, first + 20} {
		if len(head) >= n+2 && string(head[n:n+2]) == "PK" {
			_, err := br.Discard(n)
			return err
		}
	}
	return io.ErrUnexpectedEOF
}

// dosTime is a time of MS-DOS, in a zone that nobody wrote down.
func dosTime(date, clock uint16) time.Time {
	if date == 0 {
		return time.Time{}
	}
	return time.Date(int(date>>9)+1980, time.Month(date>>5&15), int(date&31), int(clock>>11), int(clock>>5&63), int(clock&31)*2, 0, time.UTC)
}
