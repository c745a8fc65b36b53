package ipamdsettings

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// last returns the last object of a file. A damaged one is not used: what it
// lacks would look like a setting that is not there.
func last(file string, text []byte) (*tree.Value, []tree.Note, error) {
	docs, notes, err := tree.Documents(text)
	n := len(docs)
	if damage, ok := errors.AsType[*tree.Error](err); ok {
		if n < 2 || damage.Line < docs[n-1].Line {
			return nil, nil, fail(file, damage.Line, damage.Err)
		}
		n--
	}
	if n == 0 || docs[n-1].Kind != tree.Map {
		return nil, nil, fail(file, 1, errors.New("not an object"))
	}
	return docs[n-1], notes, nil
}

func fail(file string, line int, err error) error {
	return &parsers.ParseError{Pos: parsers.Pos{File: file, Line: line}, Format: name, Err: err}
}

// addNote keeps the start of what is no part of an answer.
func addNote(notes []tree.Note, line int, text []byte) []tree.Note {
	const maxNotes, maxText = 100, 300
	if len(notes) == maxNotes {
		return notes
	}
	text = bytes.TrimSpace(text[:min(len(text), maxText)])
	return append(notes, tree.Note{Line: line, Text: string(bytes.ToValidUTF8(text, []byte("?")))})
}

func integer(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
