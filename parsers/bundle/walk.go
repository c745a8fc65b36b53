package bundle

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/eksleuth/eksleuth/parsers/pcap"
)

// A walker is one walk through a source and lives as long as Walk does. All
// its methods run on the goroutine of Walk; only layers run ahead of it.
type walker struct {
	src    *Source
	call   func(File) error
	limits Limits
	done   <-chan struct{}
	alive  func() error // the reason to stop, nil while there is none
	cancel func()

	roots     roots
	seen      map[string]int // files of each path
	entries   int
	names     int   // bytes of the paths and reasons that were told
	total     int64 // unpacked bytes
	held      int64 // bytes of zips in memory
	delivered int
	at        string // the last file that was handed out
	inside    bool   // it is being read
	full      bool   // a limit on the whole input was met
	readers   []*bufio.Reader
}

func newWalker(ctx context.Context, cancel func(), s *Source, f func(File) error) *walker {
	alive := func() error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return nil
	}
	return &walker{
		src: s, call: f, limits: s.limits,
		done: ctx.Done(), alive: alive, cancel: cancel,
		seen: map[string]int{},
	}
}

// run walks the input, whatever it is.
func (w *walker) run() error {
	var err error
	switch s := w.src; {
	case s.root != nil:
		err = w.folder()
	case s.file != nil:
		r := io.NewSectionReader(&countingAt{s.file, &s.read}, 0, s.size)
		err = w.item(item{path: s.soloPath(), size: s.size, r: r, at: r, solo: true})
	default:
		err = w.streamed()
	}
	if err != nil && err != errStop {
		return err
	}
	if w.delivered == 0 {
		return w.nothing()
	}
	return nil
}

// streamed walks what can only be read forward, and sums it up as it passes.
func (w *walker) streamed() error {
	h := sha256.New()
	in := &countingStream{w.src.stream, &w.src.read}
	a := newAhead(io.TeeReader(in, h), w.done, w.alive)
	defer close(a.quit) // without waiting: a stalled pipe may never say a word
	err := w.item(item{path: w.src.soloPath(), size: -1, r: a, solo: true})
	if err != nil && err != errStop {
		return err
	}
	if _, rest := io.Copy(io.Discard, a); rest == nil {
		w.src.sum = digest(h) // all blocks came: the goroutine is done with h
	}
	if dead := w.alive(); dead != nil {
		return dead
	}
	return err
}

// nothing is the error of a walk that had no file to hand out.
func (w *walker) nothing() error {
	switch s := w.src; {
	case s.broken != nil:
		return fmt.Errorf("%w: %w", ErrNotBundle, s.broken)
	case len(s.skipped) > 0:
		first := s.skipped[0]
		return fmt.Errorf("%w: no file in it can be read: %.200s: %s", ErrNotBundle, first.Path, first.Reason)
	}
	return fmt.Errorf("%w: there are no files in it", ErrNotBundle)
}

// An item is a stream on its way to being a file, or found to be an archive.
type item struct {
	path    string // in the input, through all archives
	size    int64  // unpacked, -1 if unknown
	modTime time.Time
	r       io.Reader
	at      io.ReaderAt // r with random access, or nil

	solo   bool   // it is the input itself, perhaps unpacked
	level  int    // archives around it
	layers int    // compressions around it since the last archive
	layer  *layer // what r is read from, or nil
	spent  bool   // its bytes count in total where they are unpacked
}

// item looks at the first bytes and goes on as they say. The error that it
// returns ends the walk; what is wrong with the item is noted.
func (w *walker) item(it item) error {
	m := &meter{w: w, it: it}
	if it.layers > 0 {
		m.start()
	}
	br := w.reader(m)
	defer func() { w.readers = append(w.readers, br) }()
	head := w.peek(it, br)
	k := sniff(head)
	if !it.spent && (k == kindText || k == kindTar) {
		m.start()
	}
	if w.full {
		return errStop
	}
	if it.layer != nil && k.archive() {
		it.layer.archive = true
	}
	switch {
	case k == kindText && it.solo:
		return w.single(it, br)
	case k == kindText:
		return w.deliver(it, br)
	case it.depth(k) > w.limits.Nesting:
		w.skip(it.path, it.size, fmt.Sprintf("archives are nested more than %d deep", w.limits.Nesting))
		return nil
	case k.archive() && it.level > 0 && w.roots.foreign(it.path, it.level-1):
		w.skip(it.path, it.size, otherBundle(it.path))
		return nil
	case k == kindTar:
		return w.tar(it, br)
	case k == kindZip:
		return w.zip(it, br)
	}
	return w.packed(it, br, k)
}

// peek returns the first bytes of an item. An error comes again when they are
// read, but here it is noted, so it has to be clear where.
func (w *walker) peek(it item, br *bufio.Reader) []byte {
	at, inside := w.at, w.inside
	if !it.solo {
		w.at, w.inside = w.roots.rel(it.path), true
	}
	head, _ := br.Peek(headLen)
	w.at, w.inside = at, inside
	return head
}

// reader buffers r, in a buffer that an item before has used if there is one.
func (w *walker) reader(r io.Reader) *bufio.Reader {
	n := len(w.readers) - 1
	if n < 0 {
		return bufio.NewReader(r)
	}
	br := w.readers[n]
	w.readers = w.readers[:n]
	br.Reset(r)
	return br
}

// depth is how deep in archives a container of kind k would open. One
// compression comes free with each archive: a tar.gz is one thing.
func (it item) depth(k kind) int {
	if k.archive() && it.layers > 0 {
		return it.level + it.layers - 1
	}
	return it.level + it.layers
}

// base is what the paths of the item's members start with.
func (it item) base() string {
	if it.solo {
		return ""
	}
	return it.path
}

const ofOther, onItsOwn = "belongs to another bundle: ", "; analyze it on its own"

func otherBundle(name string) string { return ofOther + name + onItsOwn }

// OtherBundle is the bundle that a file belongs to which was skipped for that
// reason: an input can hold several, and only one is read.
func OtherBundle(reason string) (name string, ok bool) {
	name, ok = strings.CutPrefix(reason, ofOther)
	return strings.TrimSuffix(name, onItsOwn), ok
}

// packed goes on with what a compressed stream holds.
func (w *walker) packed(it item, br *bufio.Reader, k kind) error {
	outermost := it.solo && it.layers == 0
	r, window := io.Reader(br), maxInnerWindow
	if outermost { // in a goroutine: past the meter, which is the walker's
		head, _ := br.Peek(br.Buffered())
		r, window = io.MultiReader(bytes.NewReader(head), it.r), maxWindow
	}
	l := newLayer(k, r, w.limits.Ratio, window)
	defer l.release()
	l.archive = it.solo
	inner := item{
		path: it.path, size: -1, modTime: it.modTime, r: l,
		solo: it.solo, level: it.level, layers: it.layers + 1, layer: l,
	}
	if !outermost {
		return w.item(inner)
	}
	a := newAhead(l, w.done, w.alive)
	inner.r = a
	err := w.item(inner)
	if err != nil && err != errStop {
		w.cancel() // the goroutine may be waiting for a pipe
	}
	a.stop()
	return err
}

// single hands out an input that is one file, if it can be a log.
func (w *walker) single(it item, br *bufio.Reader) error {
	head, _ := br.Peek(br.Size())
	if len(head) == br.Size() && len(bytes.Trim(head, "\x00")) == 0 {
		br = bufio.NewReaderSize(br, 1<<20)
		head, _ = br.Peek(br.Size())
	}
	var reason string
	switch claim := promised(w.src.name, it.layers); {
	case w.alive() != nil:
		return w.alive()
	case isText(head) && claim == "", pcap.Is(head) && w.src.beside:
		return w.deliver(it, br)
	case isUTF16(head) && claim == "":
		it.size = -1
		return w.deliver(it, transform.NewReader(br, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()))
	case w.src.broken != nil:
		return nil
	case len(head) == 0:
		reason = "it is empty"
	case pcap.Is(head):
		reason = "it is a capture of packets, which can only be given beside a bundle"
	case claim != "":
		reason = "its content is not " + claim + ", as its name says"
	case len(bytes.Trim(head, "\x00")) == 0:
		reason = "it holds only NUL bytes"
	default:
		reason = "its content is no text and no archive that can be read"
	}
	return fmt.Errorf("%w: %s", ErrNotBundle, reason)
}

// deliver hands a file to the caller.
func (w *walker) deliver(it item, r io.Reader) error {
	if err := w.alive(); err != nil {
		return err
	}
	p := w.unique(w.roots.rel(it.path))
	fr := &fileReader{w: w, r: r, path: p, size: it.size, left: w.limits.EntryBytes}
	w.at, w.inside = p, true
	w.names += len(p)
	w.delivered++
	err := w.call(File{Path: p, Size: it.size, ModTime: it.modTime, R: fr})
	w.inside = false
	fr.err = errOver
	if err != nil {
		return err
	}
	return w.ended()
}

// unique returns p, or p with a number if there was a file of this path.
func (w *walker) unique(p string) string {
	name := p
	for w.seen[name] > 0 {
		w.seen[p]++
		name = fmt.Sprintf("%s (%d)", p, w.seen[p])
	}
	w.seen[name]++
	return name
}

// ended is what to return when a stream is at its end: nil, if nothing but
// that stream is.
func (w *walker) ended() error {
	if err := w.alive(); err != nil {
		return err
	}
	if w.full {
		return errStop
	}
	return nil
}

// skip records a part that is left out.
func (w *walker) skip(p string, n int64, reason string) {
	w.names += len(p) + len(reason)
	w.src.skipped = append(w.src.skipped, Skip{Path: w.roots.rel(p), Bytes: n, Reason: reason})
}

// note records why a stream ended, once.
func (w *walker) note(it item, err error) {
	switch e := err.(type) {
	case *limit:
		if !e.noted {
			e.noted = true
			w.skip(it.path, e.missing, e.reason)
		}
	case *damage:
		if !e.noted {
			e.noted = true
			w.damaged(it, e)
		}
	}
}

// damaged records damage: of the archive, or of a single packed file in a
// sound one.
func (w *walker) damaged(it item, d *damage) {
	if it.layer != nil && !it.layer.archive || w.src.broken != nil {
		w.skip(it.path, -1, d.Error())
		return
	}
	d.total = w.total
	switch {
	case w.inside:
		d.where = "in " + w.at
	case w.at != "":
		d.where = "after " + w.at
	default:
		d.where = "at its start"
	}
	w.src.broken = d
}

// enough records that a limit on the whole input was met.
func (w *walker) enough(p, reason string) {
	if !w.full {
		w.full = true
		w.skip(p, -1, reason+"; the rest of the input was not read")
	}
}
