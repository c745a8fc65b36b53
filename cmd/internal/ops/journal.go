package ops

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"

	"github.com/eksleuth/eksleuth/analyze/score"
)

// A journal is a file with the results of the bundles that are done, so that a
// run that was killed goes on where it stopped. A line is the checksum of what
// follows it, and a result:
//
//	8f1c02d7 {"key":"5d41...","result":{"bundle":"2026/node-1.tar.gz", ...}}
//
// The key says what was judged by what (see [regression.key]): a result of
// another content, of other rules or another label is not used. Lines are only
// ever appended, each in one write. A kill leaves a part of one at the end,
// whose checksum is wrong; the next run begins a new line.
type journal struct {
	mu    sync.Mutex
	file  *os.File // nil: nothing is kept
	known map[string]*journalEntry
}

type journalEntry struct {
	Key    string        `json:"key"`
	Result *score.Result `json:"result"`
}

// maxEntry is the longest line of a journal that is read.
const maxEntry = 64 << 20

// openJournal reads a journal and opens it for more. name "" is a journal that
// remembers nothing.
func openJournal(name string) (j *journal, err error) {
	j = &journal{known: map[string]*journalEntry{}}
	if name == "" {
		return j, nil
	}
	j.file, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep the state: %w", err)
	}
	if err := j.load(); err != nil {
		j.file.Close()
		return nil, fmt.Errorf("read the state in %s: %w", name, err)
	}
	return j, nil
}

// load reads the lines that are whole. A later line about a bundle replaces an
// earlier one.
func (j *journal) load() error {
	if info, err := j.file.Stat(); err != nil {
		return err
	} else if !info.Mode().IsRegular() {
		return errors.New("it is no regular file")
	}
	lines := bufio.NewReaderSize(j.file, 1<<20)
	for {
		line, whole, err := readLine(lines)
		if err != nil && err != io.EOF {
			return err
		}
		if e := parseEntry(line); e != nil && whole {
			j.known[e.Result.Bundle] = e
		}
		if err == io.EOF {
			if len(line) == 0 && whole {
				return nil
			}
			_, err := j.file.Write([]byte("\n"))
			return err
		}
	}
}

// readLine reads up to the end of a line. The part of one that is too long is
// dropped. whole is false for a line without an end.
func readLine(r *bufio.Reader) (line []byte, whole bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) <= maxEntry {
			line = append(line, part...)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		return line, err == nil || len(line) == 0, err
	}
}

// parseEntry returns nil for a line that is damaged.
func parseEntry(line []byte) *journalEntry {
	sum, text, ok := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	if !ok || string(sum) != checksum(text) {
		return nil
	}
	e := &journalEntry{}
	if err := json.Unmarshal(text, e); err != nil || e.Result == nil {
		return nil
	}
	return e
}

func checksum(text []byte) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE(text)) }

// result returns what is known of a bundle, or nil. key is what the result must
// have been made of.
func (j *journal) result(name, key string) *score.Result {
	if e := j.known[name]; e != nil && key != "" && e.Key == key { // known is written by load only
		return e.Result
	}
	return nil
}

// add appends a result; without a key there is nothing to keep.
func (j *journal) add(key string, r *score.Result) error {
	if j.file == nil || key == "" {
		return nil
	}
	text, err := json.Marshal(journalEntry{key, r})
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, err := fmt.Fprintf(j.file, "%s %s\n", checksum(text), text); err != nil {
		return fmt.Errorf("keep the state: %w", err)
	}
	return nil
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}
