// Package index keeps a case: the lines of one bundle in compressed blocks,
// with a table of its files, in a directory of its own.
//
// [Build] reads a bundle once and, while the bytes pass, hands each block of
// lines to a [Scanner]; [Open] comes back to a case later, and [Case.Replay]
// hands the same blocks to a Scanner again without the bundle.
package index

import (
	"github.com/eksleuth/eksleuth/parsers"
)

// A File is what became of one file of the bundle.
type File struct {
	Num      int    `json:"num"`              // position in the bundle, from 0
	Path     string `json:"path"`             // as in the bundle
	Place    string `json:"place,omitempty"`  // where patterns look for it, when that differs from Path
	Format   string `json:"format,omitempty"` // name of the format that owns it; "" is plain text
	Bytes    int64  `json:"bytes"`            // text read, unpacked
	Lines    int    `json:"lines"`
	Unparsed int    `json:"unparsed,omitempty"` // lines without the structure of the format
	Skipped  string `json:"skipped,omitempty"`  // why (a part of) the file was not read
	Err      string `json:"error,omitempty"`    // where reading or decoding stopped

	// First and Last are the stamps of the first and the last line that
	// have one; zero for files without.
	First parsers.Stamp `json:"first,omitzero"`
	Last  parsers.Stamp `json:"last,omitzero"`
}

// At is where patterns look for the file.
func (f *File) At() string {
	if f.Place != "" {
		return f.Place
	}
	return f.Path
}

// A Fact is a decoded snapshot file.
type Fact struct {
	File  *File
	Value any   // a pointer to a struct of the format's package; nil with Err
	Err   error // why the text could not be decoded
}
