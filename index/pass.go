package index

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/eksleuth/eksleuth/index/internal/full"
	"github.com/eksleuth/eksleuth/index/internal/lines"
	"github.com/eksleuth/eksleuth/index/query"
	"github.com/eksleuth/eksleuth/parsers"
)

// A pass brings the blocks of a bundle, in any order of work, past a Scanner:
// one goroutine feeds, several work, one collects in the order of the bundle.
type pass struct {
	ctx   context.Context
	scan  Scanner
	work  chan *job
	order chan *job
	free  chan []byte // buffers; their number bounds the memory

	// before and after run in the worker, around the look at the text.
	before func(*job) error
	after  func(*job, *worker)
	// store gets the finished blocks in order.
	store func(*job) error

	words *full.Builder // where the words go; nil: nowhere

	big     sync.Mutex      // held while a large snapshot is decoded
	stopped map[*File]error // files with a block that could not be looked at
}

// A job is a block on its way, or a whole snapshot file to decode.
type job struct {
	file   *File
	format *parsers.Format
	block  lines.Block
	index  int    // of the block in the store
	text   []byte // a buffer of free
	frame  []byte // the packed text
	found  any

	decode   bool                   // the text is a whole snapshot
	load     func() ([]byte, error) // where its text comes from; nil: it is there
	fact     any
	factErr  error
	unparsed int
	gap      Gap
	first    int // number of the first line with a stamp
	nuls     int
	stopped  error // a panic at the text

	err  error
	done chan struct{}
}

// A worker is what one goroutine of a pass works with.
type worker struct {
	packer *lines.Packer
	words  *full.Shard // nil: no search index is built
}

// learn adds the words of a block to the search index.
func (w *worker) learn(j *job) (err error) {
	full.Pieces(j.text, func(n int, start, end int) {
		if err == nil {
			err = w.words.Add(full.DocOf(j.index, n), j.text[start:end], func(emit func(byte, []byte)) {
				query.Terms(j.text[start:end], emit)
			})
		}
	})
	return err
}

// newPass makes a pass with room for two blocks for each worker.
func newPass(ctx context.Context, scan Scanner, opt *Options) *pass {
	n := 2*opt.workers() + 2
	p := &pass{
		ctx: ctx, scan: scan,
		work:  make(chan *job, n),
		order: make(chan *job, n),
		free:  make(chan []byte, n),

		stopped: map[*File]error{},
	}
	for range n {
		p.free <- nil // made when first used
	}
	return p
}

// run feeds, works and collects until all is done or something fails.
func (p *pass) run(workers int, feed func() error) ([]Fact, error) {
	ctx, cancel := context.WithCancelCause(p.ctx)
	defer cancel(nil)
	p.ctx = ctx

	team := make([]*worker, workers)
	for i := range team {
		packer, err := lines.NewPacker()
		if err != nil {
			return nil, err
		}
		team[i] = &worker{packer: packer}
		if p.words != nil {
			team[i].words = p.words.Shard(i)
		}
	}
	var wg sync.WaitGroup
	for _, w := range team {
		wg.Go(func() {
			for j := range p.work {
				j.err = p.do(j, w)
				close(j.done)
			}
		})
	}
	var facts []Fact
	wg.Go(func() {
		for j := range p.order {
			<-j.done
			if err := p.collect(j, &facts); err != nil {
				cancel(err)
			}
		}
	})
	err := feed()
	close(p.work)
	close(p.order)
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	for f, stop := range p.stopped {
		if f.Err == "" {
			f.Err = stop.Error()
		}
	}
	return facts, err
}

// send hands a job to the workers and, in order, to the collector.
func (p *pass) send(j *job) error {
	j.done = make(chan struct{})
	select {
	case <-p.ctx.Done():
		return context.Cause(p.ctx)
	case p.work <- j:
	}
	p.order <- j // has room: the buffers bound the jobs on their way
	return nil
}

// buffer waits for a free buffer.
func (p *pass) buffer() ([]byte, error) {
	select {
	case <-p.ctx.Done():
		return nil, context.Cause(p.ctx)
	case b := <-p.free:
		if b == nil {
			b = make([]byte, 0, lines.BlockSize)
		}
		return b[:0], nil
	}
}

// do is the work on one job.
func (p *pass) do(j *job, w *worker) error {
	if p.ctx.Err() != nil {
		return nil // the collector drains what is left
	}
	if j.decode {
		if j.file.Bytes > bigFact {
			p.big.Lock()
			defer p.big.Unlock()
		}
		return j.makeFact()
	}
	if err := p.before(j); err != nil {
		return err
	}
	p.look(j)
	if w.words != nil {
		if err := w.learn(j); err != nil {
			return err
		}
	}
	p.after(j, w)
	return nil
}

// look runs what reads the text. The text was made by others, so a panic in it
// is an error about the file: the lines are kept, and the report says so.
func (p *pass) look(j *job) {
	defer func() {
		if r := recover(); r != nil {
			j.found = nil
			j.stopped = fmt.Errorf("lines %d to %d could not be looked at: %v", j.block.Line, j.block.Line+j.block.Lines, r)
		}
	}()
	j.inspect()
	j.found = p.scan.Block(j.view(), j.text)
}

// makeFact decodes a snapshot. Only text that cannot be had is an error of the
// pass; text that makes no sense is part of the fact.
func (j *job) makeFact() (err error) {
	if r := j.file.Refusal; r != nil {
		j.text, j.factErr = nil, r
		return nil
	}
	if j.load != nil {
		if j.text, err = j.load(); err != nil {
			return err
		}
	}
	j.fact, j.factErr = decode(j.format, j.file.Path, j.text)
	j.text = nil
	return nil
}

// decode runs a decoder; a panic in it is an error about the file.
func decode(f *parsers.Format, file string, text []byte) (fact any, err error) {
	defer func() {
		if r := recover(); r != nil {
			fact, err = nil, fmt.Errorf("%s: decoder of %s stopped: %v", file, f.Name, r)
		}
	}()
	fact, err = f.Decode(file, text)
	if err != nil {
		return nil, err // not a typed nil
	}
	return fact, nil
}

// view is what a Scanner sees of a job.
func (j *job) view() *Block {
	return &Block{File: j.file, Format: j.format, Line: j.block.Line, Cont: j.block.Cont}
}

// inspect counts the lines without structure and notes the stamps at the ends
// and the longest time between two of them.
func (j *job) inspect() {
	j.nuls = bytes.Count(j.text, nul)
	if j.format == nil || !j.format.Log() {
		return
	}
	text := j.text
	mixed := j.block.Cont // the line it starts in may have a stamp before
	num := j.block.Line
	if j.block.Cont {
		_, text, _ = bytes.Cut(text, newline)
		num++
	}
	var at parsers.Stamp
	for ; len(text) > 0; num++ {
		line, rest, _ := bytes.Cut(text, newline)
		h := j.format.Header(line)
		if !h.OK {
			j.unparsed++
		}
		if h.Stamp.Kind != parsers.NoStamp {
			b := &j.block
			if j.first == 0 {
				b.First, b.Low, b.High = h.Stamp, h.Stamp, h.Stamp
				j.first = num
			}
			b.Last = h.Stamp
			mixed = mixed || h.Stamp.Kind != b.First.Kind
			at = j.gap.Step(at, h.Stamp, num)
			b.Low.Nano, b.High.Nano = min(b.Low.Nano, h.Stamp.Nano), max(b.High.Nano, h.Stamp.Nano)
		}
		text = rest
	}
	if mixed {
		j.block.Low, j.block.High = parsers.Stamp{}, parsers.Stamp{}
	}
}

var newline, nul = []byte{'\n'}, []byte{0}

// collect takes a finished job, in the order of the bundle.
func (p *pass) collect(j *job, facts *[]Fact) error {
	defer func() {
		if j.text != nil && !j.decode {
			p.free <- j.text
		}
	}()
	switch {
	case p.ctx.Err() != nil:
		return nil
	case j.err != nil:
		return j.err
	case j.decode:
		*facts = append(*facts, Fact{File: j.file, Value: j.fact, Err: j.factErr})
		return nil
	}
	f := j.file
	if j.stopped != nil {
		p.stopped[f] = j.stopped
	}
	f.Unparsed += j.unparsed
	p.silence(f, j)
	if f.First.Kind == parsers.NoStamp {
		f.First = j.block.First
	}
	if j.block.Last.Kind != parsers.NoStamp {
		f.Last = j.block.Last
	}
	p.scan.Collect(j.view(), j.found)
	return p.store(j)
}

// silence adds the gaps of a block to those of its file, and the one before it.
func (p *pass) silence(f *File, j *job) {
	if j.block.Line == 1 && !j.block.Cont {
		f.Gap, f.Nuls = Gap{}, 0 // a case that is read again has those of before
	}
	f.Nuls += j.nuls
	if f.Last.Kind != parsers.NoStamp && j.block.First.Kind != parsers.NoStamp {
		f.Gap.Step(f.Last, j.block.First, j.first)
	}
	f.Gap.add(j.gap)
}
