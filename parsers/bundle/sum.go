package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
)

// Sum is the SHA-256 of the input in hex. For files it can be had before Walk
// (it reads the file once); for stdin and folders only after Walk: it is ""
// before. A folder's sum is made of its paths and contents: it is that of the
// lines that sha256sum prints for its files, in the order of the walk.
func (s *Source) Sum() (string, error) {
	if s.sum != "" || s.file == nil {
		return s.sum, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(s.file, 0, s.size)); err != nil {
		return "", fmt.Errorf("read %s: %w", s.name, err)
	}
	s.sum = digest(h)
	return s.sum, nil
}

func digest(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
