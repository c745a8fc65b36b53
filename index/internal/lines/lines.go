// Package lines stores the lines of a bundle.
//
// Two files hold them. "lines.zst" is a row of zstd frames; each is one block:
// about 1 MiB of one file of the bundle, cut at a line end (or, within a line
// longer than that, anywhere). "blocks.json" is the table of blocks in the
// order of the bundle, an array of [Block]. A line is found by its file and
// number: the block that holds it is looked up in the table and unpacked.
package lines

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/eksleuth/eksleuth/parsers"
)

// BlockSize is the text a full block holds.
const BlockSize = 1 << 20

const (
	linesFile  = "lines.zst"
	blocksFile = "blocks.json"
)

// A Block is a run of text of one file.
type Block struct {
	File   int   `json:"f"`           // number of the file in the case
	Line   int   `json:"l"`           // number of the line that its first byte belongs to, from 1
	Lines  int   `json:"n"`           // lines that end in it; the last one of a file may lack its end
	Cont   bool  `json:"c,omitempty"` // it starts within a line
	Size   int   `json:"s"`           // bytes of text
	Off    int64 `json:"o"`           // of the frame in lines.zst
	Packed int   `json:"p"`           // bytes of the frame

	// First and Last are the stamps of its first and last line that have
	// one, Low and High the smallest and the largest of them; Low.Kind is
	// NoStamp if the stamps of the block are not all of one kind.
	First parsers.Stamp `json:"a,omitzero"`
	Last  parsers.Stamp `json:"z,omitzero"`
	Low   parsers.Stamp `json:"lo,omitzero"`
	High  parsers.Stamp `json:"hi,omitzero"`
}

// A Packer compresses the text of blocks.
type Packer struct{ enc *zstd.Encoder }

// NewPacker makes a Packer; it serves one goroutine.
func NewPacker() (*Packer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(BlockSize), zstd.WithEncoderCRC(true))
	return &Packer{enc}, err
}

// Pack appends the frame of text to dst.
func (p *Packer) Pack(dst, text []byte) []byte { return p.enc.EncodeAll(text, dst) }

// A Writer writes a store, block by block.
type Writer struct {
	dir    string
	f      *os.File
	w      *bufio.Writer
	off    int64
	blocks []Block
	sum    uint32
}

// Create begins a store in dir.
func Create(dir string) (*Writer, error) {
	f, err := os.Create(filepath.Join(dir, linesFile))
	if err != nil {
		return nil, err
	}
	return &Writer{dir: dir, f: f, w: bufio.NewWriterSize(f, 1<<18)}, nil
}

// Add writes the next block; it fills in Off and Packed.
func (w *Writer) Add(b *Block, frame []byte) error {
	b.Off, b.Packed = w.off, len(frame)
	w.off += int64(len(frame))
	w.blocks = append(w.blocks, *b)
	_, err := w.w.Write(frame)
	return err
}

// Close writes the table and ends the store.
func (w *Writer) Close() error {
	err := w.w.Flush()
	err = errors.Join(err, w.f.Close())
	table, jerr := json.Marshal(w.blocks)
	if err = errors.Join(err, jerr); err != nil {
		return err
	}
	w.sum = crc32.Checksum(table, castagnoli)
	return os.WriteFile(filepath.Join(w.dir, blocksFile), table, 0o644)
}

// Sum is the CRC-32C of the table that Close wrote.
func (w *Writer) Sum() uint32 { return w.sum }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Abort closes the files of a store that will not be finished.
func (w *Writer) Abort() { w.f.Close() }

// A Store is a finished store. It may be used from many goroutines.
type Store struct {
	f      *os.File
	blocks []Block
	sum    uint32
	dec    *zstd.Decoder

	mu    sync.Mutex
	cache []cached // the blocks read last, newest first
}

type cached struct {
	block int
	text  []byte
}

const cacheBlocks = 8

// Open opens the store in dir.
func Open(dir string) (*Store, error) {
	table, err := os.ReadFile(filepath.Join(dir, blocksFile))
	if err != nil {
		return nil, err
	}
	s := &Store{sum: crc32.Checksum(table, castagnoli)}
	if err := json.Unmarshal(table, &s.blocks); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(dir, blocksFile), err)
	}
	s.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(4*BlockSize))
	if err != nil {
		return nil, err
	}
	if s.f, err = os.Open(filepath.Join(dir, linesFile)); err != nil {
		s.dec.Close()
		return nil, err
	}
	return s, nil
}

// Close frees the store.
func (s *Store) Close() error {
	s.dec.Close()
	return s.f.Close()
}

// Sum is the CRC-32C of the table.
func (s *Store) Sum() uint32 { return s.sum }

// Blocks is the table, in the order of the bundle. It must not be changed.
func (s *Store) Blocks() []Block { return s.blocks }

// Text appends the text of block i to dst.
func (s *Store) Text(i int, dst []byte) ([]byte, error) {
	b := &s.blocks[i]
	if b.Size < 0 || b.Size > 2*BlockSize || b.Packed < 0 || b.Packed > 2*BlockSize {
		return nil, fmt.Errorf("block %d: impossible size", i)
	}
	buf, _ := frames.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	defer frames.Put(buf)
	*buf = slices.Grow((*buf)[:0], b.Packed)
	frame := (*buf)[:b.Packed]
	if _, err := s.f.ReadAt(frame, b.Off); err != nil {
		return nil, fmt.Errorf("block %d: %w", i, err)
	}
	// The limit of the decoder is on all that it appends to, so it must not
	// see what is in dst already.
	at := len(dst)
	dst = slices.Grow(dst, b.Size)
	text, err := s.dec.DecodeAll(frame, dst[at:at])
	if err == nil && len(text) != b.Size {
		err = errors.New("wrong size")
	}
	if err != nil {
		return nil, fmt.Errorf("block %d: %w", i, err)
	}
	if b.Size > 0 && &text[0] == &dst[:at+1][at] {
		return dst[:at+b.Size], nil // it was made where it belongs
	}
	return append(dst, text...), nil
}

// frames are buffers for packed text.
var frames sync.Pool

// block returns the text of block i through the cache. It must not be changed.
// Two callers that want a block at the same moment both unpack it.
func (s *Store) block(i int) ([]byte, error) {
	if text := s.cached(i); text != nil {
		return text, nil
	}
	text, err := s.Text(i, nil)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.cache) < cacheBlocks {
		s.cache = append(s.cache, cached{})
	}
	copy(s.cache[1:], s.cache)
	s.cache[0] = cached{i, text}
	return text, nil
}

func (s *Store) cached(i int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, c := range s.cache {
		if c.block == i {
			copy(s.cache[1:k+1], s.cache[:k])
			s.cache[0] = c
			return c.text
		}
	}
	return nil
}

// Lines calls f for the lines of a file from line number from (counted from 1)
// on, without their ends, until f returns false. Of a line longer than limit
// bytes the start is given. The text is valid during the call.
func (s *Store) Lines(file, from, limit int, f func(n int, text []byte) bool) error {
	i := sort.Search(len(s.blocks), func(i int) bool {
		b := &s.blocks[i]
		return b.File > file || b.File == file && b.Line+b.Lines >= from
	})
	var part []byte // of a line that goes on in the next block
	told := false   // f has the part: what is left of the line is over the limit
	n := from
	for ; i < len(s.blocks) && s.blocks[i].File == file; i++ {
		text, err := s.block(i)
		if err != nil {
			return err
		}
		n = s.blocks[i].Line
		for {
			line, rest, ended := bytes.Cut(text, newline)
			if n >= from {
				part = append(part, line[:min(len(line), max(0, limit-len(part)))]...)
			}
			// The rest of a line over many blocks need not be unpacked.
			if n >= from && !told && (ended || len(part) >= limit && limit > 0) {
				if !f(n, part) {
					return nil
				}
				told = true
			}
			if !ended {
				break
			}
			part, text, told = part[:0], rest, false
			n++
		}
	}
	if len(part) > 0 && !told {
		f(n, part)
	}
	return nil
}

var newline = []byte{'\n'}
