// Package nuls reads lines that start with a hole.
//
// When a log is truncated while its writer keeps its offset (logrotate's
// copytruncate), the file is sparse up to there and reads as NUL bytes: the
// first line of one real ipamd.log began with 106083 of them.
package nuls

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
)

// Skip calls header with what stands behind the NULs of a line.
func Skip(line []byte, header func([]byte) parsers.Header) parsers.Header {
	if len(line) == 0 || line[0] != 0 {
		return header(line)
	}
	text := bytes.TrimLeft(line, "\x00")
	h := header(text)
	if h.OK {
		h.Body += len(line) - len(text)
	}
	return h
}
