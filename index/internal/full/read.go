package full

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

// An Index answers which documents hold a word. It may be used from many
// goroutines.
type Index struct {
	shards []shard
}

type shard struct {
	index  index.Index
	reader index.IndexReader
}

// Open opens the index in the folder dir. One of which a file is lost or is not
// as it was written is an error.
func Open(dir string) (*Index, error) {
	folders, err := checkSums(dir)
	if err != nil {
		return nil, err
	}
	x := &Index{}
	for i := range folders {
		s, err := openShard(filepath.Join(dir, strconv.Itoa(i)))
		if err != nil {
			x.Close()
			return nil, err
		}
		x.shards = append(x.shards, s)
	}
	return x, nil
}

func openShard(path string) (s shard, err error) {
	s.index, err = scorch.NewScorch(scorch.Name, map[string]any{"path": path, "read_only": true}, index.NewAnalysisQueue(1))
	if err != nil {
		return s, err
	}
	if err := s.index.Open(); err != nil {
		return s, errors.Join(err, s.index.Close())
	}
	if s.reader, err = s.index.Reader(); err != nil {
		return s, errors.Join(err, s.index.Close())
	}
	return s, nil
}

// Close frees the index.
func (x *Index) Close() error {
	var errs []error
	for _, s := range x.shards {
		errs = append(errs, s.reader.Close(), s.index.Close())
	}
	return errors.Join(errs...)
}

// Exact returns the documents that hold a word.
func (x *Index) Exact(ctx context.Context, field, word string) (Set, error) {
	set := Set{}
	return set, x.add(ctx, set, field, word)
}

// Prefix returns the documents that hold a word with a prefix.
func (x *Index) Prefix(ctx context.Context, field, prefix string) (Set, error) {
	return x.words(ctx, field, func(r index.IndexReader) (index.FieldDict, error) {
		return r.FieldDictPrefix(field, []byte(prefix))
	}, func(string) bool { return true })
}

// Within returns the documents that hold a word for which ok holds. It goes over
// all words of the field.
func (x *Index) Within(ctx context.Context, field string, ok func(word string) bool) (Set, error) {
	return x.words(ctx, field, func(r index.IndexReader) (index.FieldDict, error) {
		return r.FieldDict(field)
	}, ok)
}

// words returns the documents of those words of a dictionary for which ok holds.
func (x *Index) words(ctx context.Context, field string, open func(index.IndexReader) (index.FieldDict, error), ok func(string) bool) (Set, error) {
	set := Set{}
	for _, s := range x.shards {
		dict, err := open(s.reader)
		if err != nil {
			return nil, err
		}
		for {
			e, err := dict.Next()
			if err != nil || e == nil {
				if err := errors.Join(err, dict.Close()); err != nil {
					return nil, err
				}
				break
			}
			if !ok(e.Term) {
				continue
			}
			if err := s.add(ctx, set, field, strings.Clone(e.Term)); err != nil {
				return nil, err
			}
		}
	}
	return set, nil
}

func (x *Index) add(ctx context.Context, set Set, field, word string) error {
	for _, s := range x.shards {
		if err := s.add(ctx, set, field, word); err != nil {
			return err
		}
	}
	return nil
}

// add puts the documents of one shard that hold a word into a set.
func (s shard) add(ctx context.Context, set Set, field, word string) error {
	r, err := s.reader.TermFieldReader(ctx, []byte(word), field, false, false, false)
	if err != nil {
		return err
	}
	var d index.TermFieldDoc
	for {
		next, err := r.Next(&d)
		if err != nil || next == nil {
			return errors.Join(err, r.Close())
		}
		id, err := s.reader.ExternalID(next.ID)
		if err != nil {
			return errors.Join(err, r.Close())
		}
		doc, err := docOf(id)
		if err != nil {
			return errors.Join(err, r.Close())
		}
		set[doc] = struct{}{}
	}
}

// A Set is documents.
type Set map[Doc]struct{}

// And keeps what is in both.
func (s Set) And(t Set) Set {
	if len(t) < len(s) {
		s, t = t, s
	}
	out := Set{}
	for d := range s {
		if _, ok := t[d]; ok {
			out[d] = struct{}{}
		}
	}
	return out
}

// Or joins both.
func (s Set) Or(t Set) Set {
	if len(t) > len(s) {
		s, t = t, s
	}
	for d := range t {
		s[d] = struct{}{}
	}
	return s
}
