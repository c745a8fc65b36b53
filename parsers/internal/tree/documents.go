package tree

import (
	"bytes"
	"errors"
	"io"
)

// A Note is a line, or the rest of one, that is no part of a document.
type Note struct {
	Line int
	Text string // shortened
}

// Limits of a text of many documents.
const (
	maxDocuments = 1000
	maxNotes     = 100
	maxNoteText  = 300
)

// Documents reads all JSON objects and lists of a text. They may stand one
// behind the other without a separator, as a collector leaves them that appends
// to its file, and between messages of commands, which become notes. A damaged
// document is returned as far as it goes; the first damage is an [*Error].
//
//	{"0":{"TotalIPs":9,"AssignedIPs":0,"ENIs":{}}}{"0":{"TotalIPs":9,"AssignedIPs":0,"ENIs":{}}}
//	404 page not found
func Documents(text []byte) (docs []*Value, notes []Note, err error) {
	for line, count := 1, 0; ; {
		text, line = skip(text, len(text)-len(bytes.TrimLeft(text, " \t\r\n")), line)
		if len(text) == 0 {
			return docs, notes, err
		}
		if len(docs) == maxDocuments || count > maxValues {
			return docs, notes, firstError(err, line, errTooMuch)
		}
		if text[0] == '{' || text[0] == '[' {
			r := newReader(text, line, count)
			v, damage := r.value(0)
			if v != nil {
				docs = append(docs, v)
			}
			at := r.line
			text, line = skip(text, max(int(r.dec.InputOffset()), 1), line)
			count = r.count
			if damage == nil {
				continue
			}
			err = firstError(err, at, damage)
		}
		row, _, _ := bytes.Cut(text, newline)
		if s := bytes.TrimSpace(row); len(s) > 0 && len(notes) < maxNotes {
			notes = append(notes, Note{line, string(bytes.ToValidUTF8(s[:min(len(s), maxNoteText)], []byte("?")))})
		}
		text, line = skip(text, len(row), line)
	}
}

var newline = []byte("\n")

// skip drops n bytes and counts their lines.
func skip(text []byte, n, line int) ([]byte, int) {
	return text[n:], line + bytes.Count(text[:n], newline)
}

func firstError(err error, line int, next error) error {
	if err != nil {
		return err
	}
	if errors.Is(next, io.EOF) {
		next = io.ErrUnexpectedEOF
	}
	return &Error{line, next}
}
