package bundle

import "io"

// Buffers of an ahead reader: 4 x 256 KiB keep a decoder and its consumer both
// busy; more gains nothing.
const (
	aheadBlocks = 4
	aheadBlock  = 256 << 10
)

// An ahead reads r in a goroutine of its own, so that unpacking and reading
// what was unpacked use two cores, and so that a stalled pipe does not keep a
// cancelled walk from ending.
type ahead struct {
	full chan block
	free chan []byte
	done <-chan struct{} // of the walk's context
	why  func() error    // what to return when done
	quit chan struct{}
	gone chan struct{}

	cur  block
	rest []byte
	err  error
}

type block struct {
	data []byte
	err  error
}

func newAhead(r io.Reader, done <-chan struct{}, why func() error) *ahead {
	a := &ahead{
		full: make(chan block, aheadBlocks),
		free: make(chan []byte, aheadBlocks),
		done: done,
		why:  why,
		quit: make(chan struct{}),
		gone: make(chan struct{}),
	}
	for range aheadBlocks {
		a.free <- nil // made when first used
	}
	go a.fill(r)
	return a
}

func (a *ahead) fill(r io.Reader) {
	defer close(a.gone)
	for {
		var buf []byte
		select {
		case buf = <-a.free:
		case <-a.quit:
			return
		}
		if buf == nil {
			buf = make([]byte, aheadBlock)
		}
		n, err := readFull(r, buf[:cap(buf)])
		a.full <- block{buf[:n], err}
		if err != nil {
			return
		}
	}
}

// readFull is io.ReadFull that leaves errors as they are.
func readFull(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var k int
		k, err = r.Read(p[n:])
		n += k
	}
	return n, err
}

func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.err != nil {
			return 0, a.err
		}
		if a.cur.data != nil {
			a.free <- a.cur.data
			a.cur.data = nil
		}
		select {
		case a.cur = <-a.full:
			a.rest, a.err = a.cur.data, a.cur.err
		case <-a.done:
			a.err = a.why()
		}
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// stop ends the goroutine and waits for it.
func (a *ahead) stop() {
	close(a.quit)
	<-a.gone
}
