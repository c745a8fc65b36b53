// Package full keeps the words of a case: which pieces of its lines hold which
// words. It is the only importer of bleve.
//
// A document of the index is a piece of the line store of about 512 KiB, not a
// line: a word of a piece is handed over once, however often it stands there.
// That makes building and storing cheap, and an answer is a set of pieces that
// may hold a match; who asks looks at their lines. The documents are written by
// bleve's offline builder into folders "0", "1" and so on, by several goroutines
// at once, each into folders of its own.
package full

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

// PieceSize is the text from which on a piece ends at the next line end.
const PieceSize = 512 << 10

// PiecesPerBlock bounds the pieces of one block of the line store.
const PiecesPerBlock = 16

// Pieces calls f for the pieces of the text of a block.
func Pieces(text []byte, f func(n int, start, end int)) {
	start := 0
	for n := 0; start < len(text); n++ {
		end := len(text)
		if n < PiecesPerBlock-1 && end-start > PieceSize {
			if i := bytes.IndexByte(text[start+PieceSize:], '\n'); i >= 0 {
				end = start + PieceSize + i + 1
			}
		}
		f(n, start, end)
		start = end
	}
}

// A Doc is the number of a piece: block*PiecesPerBlock + piece.
type Doc uint32

// DocOf is the document of a piece of a block.
func DocOf(block, piece int) Doc { return Doc(block*PiecesPerBlock + piece) }

// Place is the block and the piece of a document.
func (d Doc) Place() (block, piece int) { return int(d) / PiecesPerBlock, int(d) % PiecesPerBlock }

// The fields of a document.
const (
	Letters = "a" // runs of letters
	Mixed   = "n" // words with digits
)

// A Builder writes an index.
type Builder struct {
	dir     string
	writers []*Shard
	next    atomic.Int64 // number of the next folder
	maxDocs int          // in a folder
}

// batch is how many documents become a segment at once, and maxDocs how many
// one folder has at most: both bound the memory, as all segments of a folder
// are merged into one at its end.
const (
	batch   = 32
	maxDocs = 1024
)

// Create begins an index in the folder dir, which must not exist, for so many
// goroutines.
func Create(dir string, writers int) (*Builder, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	b := &Builder{dir: dir, maxDocs: maxDocs}
	for range writers {
		b.writers = append(b.writers, &Shard{of: b, letters: newWordSet(), mixed: newWordSet(), counter: newCounter()})
	}
	return b, nil
}

// Shard is one of the writers; each serves one goroutine.
func (b *Builder) Shard(i int) *Shard { return b.writers[i] }

// Close finishes the index, with all writers at once.
func (b *Builder) Close() error {
	errs := make([]error, len(b.writers))
	counters := make([]*counter, len(b.writers))
	var wg sync.WaitGroup
	for i, s := range b.writers {
		counters[i] = s.counter
		wg.Go(func() { errs[i] = s.end() })
	}
	wg.Wait()
	if err := errors.Join(append(errs, writeCounts(b.dir, counters))...); err != nil {
		return err
	}
	return writeSums(b.dir)
}

// A Shard is a part of an index while it is built: one folder after the other.
type Shard struct {
	of   *Builder
	b    *scorch.Builder // nil between folders
	docs int             // in this folder

	letters, mixed *wordSet
	counter        *counter
}

// begin makes a folder. The builder works in one of its own beside it.
func (s *Shard) begin() (err error) {
	n := int(s.of.next.Add(1)) - 1
	s.docs = 0
	s.b, err = scorch.NewBuilder(map[string]any{
		"path": filepath.Join(s.of.dir, strconv.Itoa(n)), "buildPathPrefix": s.of.dir,
		"batchSize": batch, "mergeMax": maxDocs/batch + 1,
	})
	return err
}

// end finishes the folder at hand, if there is one.
func (s *Shard) end() error {
	if s.b == nil {
		return nil
	}
	err := s.b.Close()
	s.b = nil
	if err != nil {
		return fmt.Errorf("write the search index: %w", err)
	}
	return nil
}

// Add adds a document: text is its whole lines, and terms calls its argument for each word of the piece with
// the field that it belongs to, as often as it likes; the word is valid during
// the call.
func (s *Shard) Add(d Doc, text []byte, terms func(emit func(field byte, word []byte))) error {
	if s.b == nil {
		if err := s.begin(); err != nil {
			return err
		}
	}
	s.letters.reset()
	s.mixed.reset()
	terms(func(field byte, word []byte) {
		if field == Letters[0] {
			s.letters.add(word)
		} else {
			s.mixed.add(word)
		}
	})
	s.counter.count(text)
	s.docs++
	err := s.b.Index(&document{id: d.id(), fields: []*field{
		{name: Letters, words: s.letters.frequencies()},
		{name: Mixed, words: s.mixed.frequencies()},
	}})
	if err == nil && s.docs == s.of.maxDocs {
		err = s.end()
	}
	return err
}

// id is the document as bleve names it.
func (d Doc) id() string {
	return hex.EncodeToString(binary.BigEndian.AppendUint32(nil, uint32(d)))
}

func docOf(id string) (Doc, error) {
	b, err := hex.DecodeString(id)
	if err != nil || len(b) != 4 {
		return 0, fmt.Errorf("the search index has an impossible document %q", id)
	}
	return Doc(binary.BigEndian.Uint32(b)), nil
}

// A document is what bleve is given: words that are counted already.
type document struct {
	id     string
	fields []*field
}

func (d *document) ID() string                                 { return d.id }
func (d *document) Size() int                                  { return len(d.id) }
func (d *document) VisitComposite(index.CompositeFieldVisitor) {}
func (d *document) HasComposite() bool                         { return false }
func (d *document) NumPlainTextBytes() uint64                  { return 0 }
func (d *document) StoredFieldsBytes() uint64                  { return 0 }
func (d *document) Indexed() bool                              { return true }

func (d *document) VisitFields(visit index.FieldVisitor) {
	for _, f := range d.fields {
		visit(f)
	}
}

// AddIDField is called by bleve once, before it reads the fields.
func (d *document) AddIDField() {
	words := newWordSet()
	words.add([]byte(d.id))
	d.fields = append(d.fields, &field{name: "_id", value: []byte(d.id), words: words.frequencies()})
}

// A field is the words of a document that are of one kind.
type field struct {
	name  string
	value []byte // stored, for the id only
	words index.TokenFrequencies
}

func (f *field) Name() string                                     { return f.name }
func (f *field) Value() []byte                                    { return f.value }
func (f *field) ArrayPositions() []uint64                         { return nil }
func (f *field) EncodedFieldType() byte                           { return 't' }
func (f *field) Analyze()                                         {}
func (f *field) AnalyzedLength() int                              { return len(f.words) }
func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.words }
func (f *field) NumPlainTextBytes() uint64                        { return 0 }

// Options keeps neither how often nor where a word stands.
func (f *field) Options() index.FieldIndexingOptions {
	if f.value != nil {
		return index.IndexField | index.StoreField
	}
	return index.IndexField | index.SkipFreqNorm
}
