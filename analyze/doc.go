package analyze

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// MustDoc reads the check.yaml of a check. It panics when that is wrong: the
// file is a part of the binary, and a test of each check reads it.
func MustDoc(text []byte) *Doc {
	docs := MustDocs(text)
	if len(docs) != 1 {
		panic(fmt.Sprintf("check.yaml: %d documents, want one", len(docs)))
	}
	return docs[0]
}

// MustDocs reads a check.yaml of several checks, as documents of one file. It
// panics when that is wrong.
func MustDocs(text []byte) []*Doc {
	docs, err := parseDocs(text)
	if err != nil {
		panic(fmt.Sprintf("check.yaml: %v", err))
	}
	return docs
}

// A Run looks at the facts of a bundle.
type Run func(ctx context.Context, p *Pass) (Verdict, error)

// Family makes the checks of a check.yaml with several documents, in their
// order. It panics when run has not exactly one for each.
func Family(text []byte, run map[string]Run) []*Check {
	var checks []*Check
	for _, d := range MustDocs(text) {
		r, ok := run[d.ID]
		if !ok {
			panic(fmt.Sprintf("check.yaml: nothing runs %s", d.ID))
		}
		checks = append(checks, &Check{ID: d.ID, Doc: d, Run: r})
	}
	if len(checks) != len(run) {
		panic(fmt.Sprintf("check.yaml: %d documents for %d checks", len(checks), len(run)))
	}
	return checks
}

// parseDocs reads Docs strictly: an unknown key is an error, and so is a
// missing text.
func parseDocs(text []byte) ([]*Doc, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	var docs []*Doc
	for {
		d := &Doc{}
		err := dec.Decode(d)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err == nil {
			err = d.check()
		}
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
}

// check returns what is wrong with a Doc.
func (d *Doc) check() error {
	for _, field := range []struct{ name, value string }{
		{"id", d.ID}, {"title", d.Title}, {"component", d.Component}, {"summary", d.Summary}, {"needs", d.Needs},
	} {
		if field.value == "" {
			return fmt.Errorf("%s: no %s", d.ID, field.name)
		}
	}
	if d.Severity.Rank() == 0 {
		return fmt.Errorf("%s: severity %q", d.ID, d.Severity)
	}
	if d.Confidence < 0 || d.Confidence > 1 {
		return fmt.Errorf("%s: confidence %v", d.ID, d.Confidence)
	}
	for _, a := range d.Actions {
		if a.Text == "" || a.Safety != Green && a.Safety != Yellow && a.Safety != Red {
			return fmt.Errorf("%s: action %q has safety %q", d.ID, a.Text, a.Safety)
		}
	}
	for name, l := range d.Limits {
		if l.Unit == "" || l.Source == "" {
			return fmt.Errorf("%s: limit %s has no unit or no source", d.ID, name)
		}
	}
	return nil
}
