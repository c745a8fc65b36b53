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

	Lines  *Range // lines from 1 on, the last one included; instead of those of Place
	Bytes  *Range // bytes from 0 on, the last one not included
	Around int    // lines before and after the line of Place
}

// A Range is a part of a file. Numbers below 0 count from its end: lines -3 to
// -1 are the last three, bytes from -10 on the last ten.
type Range struct {
	From, To int64
	ToEnd    bool // To is the end of the file
}

// Read writes the bytes of a part of a stored file to w, and nothing else. The
// error is [ErrNoCase] or [ErrNoPlace], or says why the case cannot be read.
func Read(ctx context.Context, req ReadRequest, w io.Writer) error {
	h, id, err := find(ctx, req.Home, req.Case)
	if err != nil {
		return err
	}
	c, err := index.Open(h.Dir(id))
	if err != nil {
		return &unreadable{id, err}
	}
	defer c.Close()
	r := &reading{ReadRequest: req, c: c}
	if err := r.find(func() (*analyze.Report, error) { return readReport(h.Dir(id)) }); err != nil {
		return fmt.Errorf("case %s: %w", id, err)
	}
	from, to, err := r.bytes()
	if err != nil {
		return fmt.Errorf("case %s: %w", id, err)
	}
	return c.Copy(ctx, w, r.file, from, to)
}

// reading is a ReadRequest at work.
type reading struct {
	ReadRequest
	c     *index.Case
	file  *index.File
	lines *Range // that Place names; nil for none
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
	if r.file, err = r.byEnd(r.Place); err == nil || m == nil {
		return err
	}
	if r.file, err = r.byEnd(m[1]); err != nil {
		return err
	}
	return r.setLines(m[2], m[3])
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
	var err error
	if l.From, err = strconv.ParseInt(first, 10, 32); err == nil && last != "" {
		l.To, err = strconv.ParseInt(last, 10, 32)
	} else {
		l.To = l.From
	}
	if err != nil || l.From == 0 || l.To == 0 {
		return fmt.Errorf("%w: lines are counted from 1, or -1 from the end", ErrNoPlace)
	}
	r.lines = l
	return nil
}

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

// bytes is the part of the file to read.
func (r *reading) bytes() (from, to int64, err error) {
	size := r.file.Bytes
	if b := r.Bytes; b != nil {
		if from, to = fromEnd(b.From, size), fromEnd(b.To, size); b.ToEnd {
			to = size
		}
		if from > size {
			return 0, 0, fmt.Errorf("%w: %s has %d bytes", ErrNoPlace, r.file.Path, size)
		}
		return from, min(to, size), nil
	}
	lines := r.lines
	if r.Lines != nil {
		lines = r.Lines
	}
	if lines == nil {
		return 0, size, nil
	}
	count := int64(r.file.Lines)
	first, last := fromEnd(lines.From, count+1), fromEnd(lines.To, count+1)
	if lines.ToEnd {
		last = count
	}
	if first > count && lines.From > 0 {
		return 0, 0, fmt.Errorf("%w: %s has %d lines", ErrNoPlace, r.file.Path, count)
	}
	if from, err = r.c.Offset(r.file, int(max(first-int64(r.Around), 1))); err != nil {
		return 0, 0, err
	}
	to, err = r.c.Offset(r.file, int(min(last+int64(r.Around), count))+1)
	return from, to, err
}

// fromEnd counts a number below 0 from the end; what lies before the start is 0.
func fromEnd(n, end int64) int64 {
	if n < 0 {
		n = max(n+end, 0)
	}
	return n
}
