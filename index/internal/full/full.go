// Package full keeps the words of a case: which pieces of its lines hold which
// words. It is the only importer of bleve.
//
// A document of the index is a piece of the line store of about 512 KiB, not a
// line: a word of a piece is handed over once, however often it stands there.
// That makes building and storing cheap, and an answer is a set of pieces that
// may hold a match; who asks looks at their lines. The documents are written by
// bleve's offline builder, one shard for each goroutine that builds, into
// folders "0", "1" and so on.
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
	dir    string
	shards []*Shard
}

// batch is how many documents become a segment at once; it bounds the memory.
const batch = 32

// Create begins an index in the folder dir, which must not exist, with a shard
// for each goroutine.
func Create(dir string, shards int) (*Builder, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	b := &Builder{dir: dir}
	for i := range shards {
		// The builder works in a folder of its own beside the shards.
		sb, err := scorch.NewBuilder(map[string]any{
			"path": filepath.Join(dir, strconv.Itoa(i)), "buildPathPrefix": dir,
			"batchSize": batch, "mergeMax": 256,
		})
		if err != nil {
			return nil, err
		}
		b.shards = append(b.shards, &Shard{b: sb})
	}
	return b, nil
}

// Shard is one of the shards; each serves one goroutine.
func (b *Builder) Shard(i int) *Shard { return b.shards[i] }

// Close finishes the index, with all shards at once.
func (b *Builder) Close() error {
	errs := make([]error, len(b.shards))
	var wg sync.WaitGroup
	for i, s := range b.shards {
		wg.Go(func() { errs[i] = s.close(filepath.Join(b.dir, strconv.Itoa(i))) })
	}
	wg.Wait()
	var counters []*counter
	for _, s := range b.shards {
		if s.counter != nil {
			counters = append(counters, s.counter)
		}
	}
	return errors.Join(append(errs, writeCounts(b.dir, counters))...)
}

// A Shard is a part of an index while it is built.
type Shard struct {
	b     *scorch.Builder
	docs  int
	words map[byte]*wordSet

	counter *counter
}

// Add adds a document: text is its whole lines, and terms calls its argument for each word of the piece with
// the field that it belongs to, as often as it likes; the word is valid during
// the call.
func (s *Shard) Add(d Doc, text []byte, terms func(emit func(field byte, word []byte))) error {
	if s.words == nil {
		s.counter = newCounter()
		s.words = map[byte]*wordSet{Letters[0]: newWordSet(), Mixed[0]: newWordSet()}
	}
	letters, mixed := s.words[Letters[0]], s.words[Mixed[0]]
	letters.reset()
	mixed.reset()
	terms(func(field byte, word []byte) {
		if field == Letters[0] {
			letters.add(word)
		} else {
			mixed.add(word)
		}
	})
	s.counter.count(text)
	s.docs++
	return s.b.Index(&document{id: d.id(), fields: []*field{
		{name: Letters, words: letters.frequencies()},
		{name: Mixed, words: mixed.frequencies()},
	}})
}

// close ends a shard. One without documents is left out: bleve makes no index
// of nothing.
func (s *Shard) close(dir string) error {
	if s.docs == 0 {
		return nil
	}
	if err := s.b.Close(); err != nil {
		return fmt.Errorf("write the search index: %w", err)
	}
	_, err := os.Stat(dir)
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
