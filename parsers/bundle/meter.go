package bundle

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// A meter is where the walker reads a stream: it counts unpacked bytes, holds
// the limit on all of them, sees to it that a cancelled walk stops, and notes
// why a stream ended. Its errors are sticky.
type meter struct {
	w     *walker
	it    item
	n     int64
	spend bool
	err   error
}

// start makes the bytes of the stream count, those read before too.
func (m *meter) start() {
	if m.spend {
		return
	}
	m.spend = true
	m.w.total += m.n
	if m.w.total > m.w.limits.TotalBytes {
		m.over()
	}
}

func (m *meter) Read(p []byte) (int, error) {
	if m.err == nil {
		m.err = m.w.alive()
	}
	if m.err != nil || len(p) == 0 {
		return 0, m.err
	}
	left := m.w.limits.TotalBytes - m.w.total
	if m.spend { // one byte more than allowed tells the limit from the end
		p = p[:min(int64(len(p)), max(left, 1))]
	}
	n, err := m.it.r.Read(p)
	if m.spend && int64(n) > left {
		m.over()
		return 0, m.err
	}
	m.n += int64(n)
	if m.spend {
		m.w.total += int64(n)
	}
	if err != nil && err != io.EOF {
		m.fail(err)
		return n, m.err
	}
	return n, err
}

// over ends the walk at the limit on all bytes.
func (m *meter) over() {
	m.w.enough(m.it.path, fmt.Sprintf("the input unpacks to more than %d bytes", m.w.limits.TotalBytes))
	m.err = errStop
}

func (m *meter) fail(err error) {
	switch err.(type) {
	case *limit, *damage:
	default:
		if err != errStop && m.w.alive() == nil {
			err = &damage{what: "input", out: m.n, cause: withoutPath(err)}
		}
	}
	m.err = err
	m.w.note(m.it, err)
}

// withoutPath leaves out of an error the path on the machine of the user.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

var errOver = errors.New("the file is read after its turn")

// A fileReader is what the caller reads a file with. To the caller a limit is
// an end, and damage is an error.
type fileReader struct {
	w    *walker
	r    io.Reader
	path string
	size int64
	left int64
	err  error
}

func (f *fileReader) Read(p []byte) (int, error) {
	if f.err != nil || len(p) == 0 {
		return 0, f.err
	}
	if f.left == 0 {
		f.err = f.cut()
		return 0, f.err
	}
	n, err := f.r.Read(p[:min(int64(len(p)), f.left)])
	f.left -= int64(n)
	if _, ok := err.(*limit); ok || err == errStop {
		err = io.EOF
	}
	f.err = err
	return n, err
}

// cut ends a file at the limit, and says so if there is more of it.
func (f *fileReader) cut() error {
	if n, err := io.ReadFull(f.r, make([]byte, 1)); n == 0 {
		if _, ok := err.(*limit); ok || err == errStop {
			return io.EOF
		}
		return err
	}
	missing := int64(-1)
	if f.size >= 0 {
		missing = f.size - f.w.limits.EntryBytes
	}
	f.w.skip(f.path, missing, fmt.Sprintf("cut after %d bytes", f.w.limits.EntryBytes))
	return io.EOF
}

// A countingAt tells Source.Progress how far a file was read.
type countingAt struct {
	r io.ReaderAt
	n *atomic.Int64
}

func (c *countingAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	c.n.Add(int64(n))
	return n, err
}

// A countingStream tells Source.Progress how far a stream was read.
type countingStream struct {
	r io.Reader
	n *atomic.Int64
}

func (c *countingStream) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}
