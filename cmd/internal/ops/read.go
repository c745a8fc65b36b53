package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/index"
)

// ErrNoPlace means that a case lacks the file, line or ID asked for.
var ErrNoPlace = errors.New("no such place")

// ReadRequest says which bytes of a case to read.
type ReadRequest struct {
	Home, Case string

	// Place is a file of the bundle or the end of its path, maybe with a line
	// or lines ("kubelet.log:7", "kubelet.log:7-9"), a finding ("F-001": its
	// first evidence) or a hit of a search ("S-12-7").
	Place string

	// Lines or Bytes are the part of a file that Place names without a line.
	Lines  *Range // from 1 on, the last one included
	Bytes  *Range // from 0 on, the last one not included
	Around int    // lines before and after the line of Place
}

// A Range is a part of a file. Numbers below 0 count from its end: lines -3 to
// -1 are the last three, bytes from -10 on the last ten.
type Range struct {
	From, To int64
	ToEnd    bool // To is the end of the file
}

// String is the range as users write it.
func (r *Range) String() string {
	switch {
	case r.ToEnd:
		return fmt.Sprintf("%d:", r.From)
	case r.From == r.To:
		return fmt.Sprint(r.From)
	}
	return fmt.Sprintf("%d:%d", r.From, r.To)
}

// sameSign reports whether both ends count from the same end of the file.
func (r *Range) sameSign() bool { return (r.From < 0) == (r.To < 0) }

// Read writes the bytes of a part of a stored file to w, and nothing else. A
// part that goes on beyond the file ends with it; the note says so, and is ""
// otherwise. The error is [ErrNoCase], [ErrNoPlace] for a part that begins
// behind the end of the file, or a [UserError] for one that cannot be in any or
// has nothing in it, or says why the case cannot be read.
func Read(ctx context.Context, req ReadRequest, w io.Writer) (note string, err error) {
	h, id, err := find(ctx, req.Home, req.Case)
	if err != nil {
		return "", err
	}
	c, err := index.Open(h.Dir(id))
	if err != nil {
		return "", &unreadable{id, err}
	}
	defer c.Close()
	r := &reading{ReadRequest: req, c: c}
	if err := r.find(func() (*analyze.Report, error) { return readReport(h.Dir(id)) }); err != nil {
		return "", readError(id, err)
	}
	from, to, err := r.part()
	if err != nil {
		return "", readError(id, err)
	}
	out := &sink{w: w}
	if err = c.Copy(ctx, out, r.file, from, to); err != nil && out.err == nil {
		err = damage(ctx, id, err)
	}
	return r.note, err
}

// readError tells of which case a place is wrong, or that the case is damaged.
func readError(id string, err error) error {
	if _, ok := errors.AsType[*UserError](err); ok || errors.Is(err, ErrNoPlace) {
		return fmt.Errorf("case %s: %w", id, err)
	}
	return &unreadable{id, err}
}

// A sink keeps the error of its writer, which is none of the case.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (n int, err error) {
	n, s.err = s.w.Write(p)
	return n, s.err
}

// reading is a ReadRequest at work.
type reading struct {
	ReadRequest
	c     *index.Case
	file  *index.File
	lines *Range // that Place names; nil for none
	note  string
}

// The forms of a place. The name of a file may look like any of them and may
// have a colon, so a file with the whole name goes first.
var (
	findingPlace = regexp.MustCompile(`^[Ff]-[0-9]+$`)
	hitPlace     = regexp.MustCompile(`^[Ss]-([0-9]+)-([0-9]+)$`)
	linePlace    = regexp.MustCompile(`^(.+):(-?[0-9]+)(?:-(-?[0-9]+))?$`)
)

// find resolves the place.
func (r *reading) find(report func() (*analyze.Report, error)) (err error) {
	if r.file = r.c.File(r.Place); r.file != nil {
		return nil
	}
	if findingPlace.MatchString(r.Place) {
		return r.finding(report)
	}
	if m := hitPlace.FindStringSubmatch(r.Place); m != nil {
		return r.hit(m)
	}
	m := linePlace.FindStringSubmatch(r.Place)
	if r.file, err = r.byEnd(r.Place); err == nil {
		return nil
	}
	if m == nil {
		return r.notLines(err)
	}
	if r.file, err = r.byEnd(m[1]); err != nil {
		return err
	}
	return r.setLines(m[2], m[3])
}

// notLines tells what is wrong with a place that names no file: what stands behind
// the colon, if a file stands before it.
func (r *reading) notLines(err error) error {
	at := strings.LastIndexByte(r.Place, ':')
	if at < 0 {
		return err
	}
	if _, other := r.byEnd(r.Place[:at]); other != nil {
		return err
	}
	return userErrorf("%q behind %s are no lines: they are written :120 or :120-140; --lines takes 120: and :140 too", r.Place[at+1:], r.Place[:at])
}

// finding goes to the first evidence of a finding.
func (r *reading) finding(report func() (*analyze.Report, error)) error {
	rep, err := report()
	if err != nil {
		return err
	}
	f := rep.Finding(r.Place)
	if f == nil {
		return fmt.Errorf("%w: there is no finding %s", ErrNoPlace, r.Place)
	}
	if len(f.Evidence) == 0 {
		return fmt.Errorf("%w: finding %s is concluded from what is missing", ErrNoPlace, f.ID)
	}
	e := f.Evidence[0]
	if r.file = r.c.File(e.File); r.file == nil {
		return fmt.Errorf("%w: finding %s is about %s, which is not in the bundle", ErrNoPlace, f.ID, e.File)
	}
	if e.Line > 0 {
		r.lines = &Range{From: int64(e.Line), To: int64(e.Line)}
	}
	return nil
}

// hit goes to the line that the ID of a hit names; see hitID.
func (r *reading) hit(m []string) error {
	n, err := strconv.Atoi(m[1])
	if err != nil || n < 1 || n > len(r.c.Files) {
		return fmt.Errorf("%w: %s: the case has %d files", ErrNoPlace, m[0], len(r.c.Files))
	}
	r.file = r.c.Files[n-1]
	return r.setLines(m[2], "")
}

func (r *reading) setLines(first, last string) error {
	l := &Range{}
	// A number too large for its type becomes the largest: no file has the line.
	l.From, _ = strconv.ParseInt(first, 10, 64)
	l.To = l.From
	if last != "" {
		l.To, _ = strconv.ParseInt(last, 10, 64)
	}
	if l.From == 0 || l.To == 0 {
		return userErrorf("lines are counted from 1, or -1 from the end")
	}
	r.lines = l
	return nil
}

func userErrorf(format string, args ...any) error { return &UserError{fmt.Errorf(format, args...)} }

// maxNamed is how many files an error names.
const maxNamed = 5

// byEnd finds the only file whose path ends so: in whole names if there is one,
// else anyhow.
func (r *reading) byEnd(end string) (*index.File, error) {
	if f := r.c.File(end); f != nil {
		return f, nil
	}
	for _, suffix := range []string{"/" + end, end} {
		var found []*index.File
		for _, f := range r.c.Files {
			if strings.HasSuffix(f.Path, suffix) {
				found = append(found, f)
			}
		}
		if len(found) == 1 {
			return found[0], nil
		}
		if len(found) > 1 {
			return nil, fmt.Errorf("%w: %q is the end of %s", ErrNoPlace, end, names(found))
		}
	}
	return nil, fmt.Errorf("%w: there is no file %q", ErrNoPlace, end)
}

func names(files []*index.File) string {
	var out []string
	for _, f := range files[:min(len(files), maxNamed)] {
		out = append(out, strconv.Quote(f.Path))
	}
	if n := len(files) - len(out); n > 0 {
		out = append(out, fmt.Sprintf("%d more", n))
	}
	return strings.Join(out, ", ")
}

// part is the bytes to read.
func (r *reading) part() (from, to int64, err error) {
	switch {
	case r.lines != nil && (r.Lines != nil || r.Bytes != nil):
		return 0, 0, userErrorf("%s names a line already: --lines, --bytes and --tail are for a place without one", r.Place)
	case r.Bytes != nil && r.Around == 0:
		return r.byteRange(r.Bytes)
	case r.lines != nil:
		return r.lineRange(r.lines)
	case r.Lines != nil:
		return r.lineRange(r.Lines)
	case r.Around > 0:
		return 0, 0, userErrorf("--around needs a line, and %s names none", r.Place)
	}
	return 0, r.file.Bytes, nil
}

func (r *reading) byteRange(b *Range) (from, to int64, err error) {
	size := r.file.Bytes
	from, to = fromEnd(b.From, size), fromEnd(b.To, size)
	if b.ToEnd {
		to = size
	}
	switch {
	case !b.ToEnd && b.sameSign() && b.To <= b.From:
		return 0, 0, userErrorf("bytes %d:%d: the second number must be larger", b.From, b.To)
	case from >= size && b.From >= 0:
		return 0, 0, fmt.Errorf("%w: %s has %s", ErrNoPlace, r.file.Path, amount(size, "byte"))
	case !b.ToEnd && (to <= 0 || to <= from):
		return 0, 0, userErrorf("bytes %s: that is nothing, %s has only %d", b, r.file.Path, size)
	case !b.ToEnd && from < 0 || to > size:
		r.note = fmt.Sprintf("bytes %s: %s has only %d", b, r.file.Path, size)
	}
	return max(from, 0), min(to, size), nil
}

func (r *reading) lineRange(l *Range) (from, to int64, err error) {
	count := int64(r.file.Lines)
	first, last := fromEnd(l.From, count+1), fromEnd(l.To, count+1)
	if l.ToEnd {
		last = count
	}
	switch {
	case !l.ToEnd && l.sameSign() && l.To < l.From:
		return 0, 0, userErrorf("lines %s: the second number must not be smaller", l)
	case first > count && l.From > 0:
		return 0, 0, fmt.Errorf("%w: %s has %s", ErrNoPlace, r.file.Path, amount(count, "line"))
	case !l.ToEnd && (last < 1 || last < first):
		return 0, 0, userErrorf("lines %s: that is nothing, %s has only %d", l, r.file.Path, count)
	case !l.ToEnd && first < 1 || last > count:
		r.note = fmt.Sprintf("lines %s: %s has only %d", l, r.file.Path, count)
	}
	first, last = max(first, 1), min(last, count)
	around := min(int64(r.Around), count)
	if from, err = r.c.Offset(r.file, int(max(first-around, 1))); err != nil {
		return 0, 0, err
	}
	to, err = r.c.Offset(r.file, int(min(last+around, count))+1)
	return from, to, err
}

// amount is a number of things.
func amount(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// fromEnd counts a number below 0 from the end; what lies before the start stays
// below that.
func fromEnd(n, end int64) int64 {
	if n < 0 {
		n += end
	}
	return n
}
