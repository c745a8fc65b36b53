package bundle

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// An unxz reads the streams of an xz file. The LZMA2 data in them are read by
// package lzma; the container is read here, because each block names the size
// of its dictionary (up to 4 GiB, allocated at once) and only who reads the
// block headers can refuse it.
//
// The format (tukaani.org/xz/xz-file-format.txt, 1.1.0): a stream is a header
// of 12 bytes, blocks, an index that starts with a zero byte, and a footer of
// 12 bytes. A block is a header, LZMA2 data, padding to 4 bytes and a check.
type unxz struct {
	br     *bufio.Reader
	window int

	check  int64     // size of the check of this stream
	sum    hash.Hash // nil if there is none that we know
	block  io.Reader // the open block, nil between blocks
	taken  *counted  // packed side of the open block
	began  bool      // a stream header was read
	blocks uint64    // of this stream
}

var (
	errXz       = errors.New("corrupt")
	errXzFilter = errors.New("uses a filter that is not supported")
	errXzCheck  = errors.New("the checksum does not match, some of the text may be wrong")
	xzMagic     = []byte("\xfd7zXZ\x00")
	xzChecks    = [16]int64{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}
	xzCRC64     = crc64.MakeTable(crc64.ECMA)
	errXzWindow = errors.New("needs more memory than is given to one archive")
)

func newUnxz(br *bufio.Reader, window int) *unxz { return &unxz{br: br, window: window} }

func (x *unxz) Read(p []byte) (int, error) {
	for {
		if x.block == nil {
			if err := x.next(); err != nil {
				return 0, err
			}
			continue
		}
		n, err := x.block.Read(p)
		if x.sum != nil {
			x.sum.Write(p[:n])
		}
		if err == io.EOF {
			err = x.endBlock()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next opens the next block, through the ends and starts of streams.
func (x *unxz) next() error {
	if !x.began {
		return x.beginStream()
	}
	size, err := x.br.ReadByte()
	if err != nil {
		return noEOF(err)
	}
	if size == 0 {
		return x.endStream()
	}
	return x.beginBlock(size)
}

// beginStream reads a stream header, after padding of zero words between
// streams. io.EOF means that there is none.
func (x *unxz) beginStream() error {
	var h [12]byte
	for {
		if _, err := io.ReadFull(x.br, h[:4]); err != nil {
			return err
		}
		if h[0]|h[1]|h[2]|h[3] != 0 {
			break
		}
	}
	if err := x.full(h[4:]); err != nil {
		return err
	}
	if !bytes.Equal(h[:6], xzMagic) || h[6] != 0 || h[7] > 15 || crc32.ChecksumIEEE(h[6:8]) != le32(h[8:]) {
		return errXz
	}
	x.check, x.began, x.blocks = xzChecks[h[7]], true, 0
	switch h[7] {
	case 1:
		x.sum = crc32.NewIEEE()
	case 4:
		x.sum = crc64.New(xzCRC64)
	case 10:
		x.sum = sha256.New()
	default:
		x.sum = nil
	}
	return nil
}

// beginBlock reads the rest of a block header, whose first byte is its size.
func (x *unxz) beginBlock(size byte) error {
	h := make([]byte, (int(size)+1)*4)
	h[0] = size
	if err := x.full(h[1:]); err != nil {
		return err
	}
	body := h[:len(h)-4]
	if crc32.ChecksumIEEE(body) != le32(h[len(body):]) {
		return errXz
	}
	dict, err := dictionary(body[1:])
	if err != nil {
		return err
	}
	if dict > int64(x.window) {
		return errXzWindow
	}
	x.taken = &counted{r: x.br}
	x.blocks++
	x.block, err = lzma.Reader2Config{DictCap: int(max(dict, lzma.MinDictCap))}.NewReader2(x.taken)
	return noEOF(err)
}

// dictionary returns the dictionary size that a block header asks for. After
// the flags stand the packed and unpacked size, each if its flag is set, and
// the filters: id, size of properties, properties. We take one LZMA2 filter.
func dictionary(h []byte) (int64, error) {
	flags, h := h[0], h[1:]
	if flags&0x3f != 0 {
		return 0, errXzFilter
	}
	for _, bit := range []byte{0x40, 0x80} {
		if flags&bit != 0 {
			_, n := binary.Uvarint(h)
			if n <= 0 {
				return 0, errXz
			}
			h = h[n:]
		}
	}
	if len(h) < 3 || h[0] != 0x21 || h[1] != 1 || h[2] > 40 {
		return 0, errXzFilter
	}
	if h[2] == 40 {
		return 1<<32 - 1, nil
	}
	return int64(2|h[2]&1) << (h[2]/2 + 11), nil
}

// endBlock reads padding and check of a block.
func (x *unxz) endBlock() error {
	x.block = nil
	tail := make([]byte, -x.taken.n&3+x.check)
	if err := x.full(tail); err != nil {
		return err
	}
	if x.sum == nil {
		return nil
	}
	got := x.sum.Sum(nil)
	x.sum.Reset()
	check := tail[int64(len(tail))-x.check:]
	if x.check <= 8 { // numbers are little endian
		for i, j := 0, len(got)-1; i < j; i, j = i+1, j-1 {
			got[i], got[j] = got[j], got[i]
		}
	}
	if !bytes.Equal(got, check) {
		return errXzCheck
	}
	return nil
}

// endStream reads the index, whose first byte is read, and the footer. The
// index only repeats what was in the blocks.
func (x *unxz) endStream() error {
	c := &counted{r: x.br}
	in := bytewise{c}
	records, err := binary.ReadUvarint(in)
	if err != nil {
		return noEOF(err)
	}
	if records != x.blocks {
		return fmt.Errorf("%w: %d blocks, %d in the index", errXz, x.blocks, records)
	}
	for range 2 * records {
		if _, err := binary.ReadUvarint(in); err != nil {
			return noEOF(err)
		}
	}
	tail := make([]byte, -(1+c.n)&3+4+12)
	if err := x.full(tail); err != nil {
		return err
	}
	if string(tail[len(tail)-2:]) != "YZ" {
		return errXz
	}
	x.began = false
	return nil
}

func (x *unxz) full(p []byte) error {
	_, err := io.ReadFull(x.br, p)
	return noEOF(err)
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

// bytewise reads single bytes off a reader that counts them.
type bytewise struct{ r io.Reader }

func (b bytewise) ReadByte() (byte, error) {
	var p [1]byte
	_, err := io.ReadFull(b.r, p[:])
	return p[0], err
}
