package analyze

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// An Incident is the lines of one event.
type Incident struct {
	File  string `json:"file"`
	Line  int    `json:"line"` // of the match
	First int    `json:"first"`
	Last  int    `json:"last"`
	Time  string `json:"time"` // RFC 3339, UTC; "" when unknown
	Facts []Told `json:"facts"`

	end int // last line that was looked at
}

// Told is what a line of an incident tells.
type Told struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Line  int    `json:"line"`
}

// value is what an incident tells of something; "" for nothing.
func (in *Incident) value(name string) string {
	for _, f := range in.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// Bounds on the blocks that are read. Lines of the kernel have up to 1000 bytes;
// a report with all rules in it reads some 100 KiB.
const (
	maxIncidents = 8       // of a finding
	maxBlocks    = 200     // of a report
	maxBlockLine = 1 << 10 // of a longer line, the start is looked at
	maxBlockText = 4 << 20 // of all blocks of a report: expressions need time by it
)

// incidents reads the blocks around the events of findings, of the worst ones
// first.
func (w *writer) incidents() error {
	order := slices.Clone(w.drafts)
	slices.SortStableFunc(order, func(a, b *draft) int { return b.Severity.Rank() - a.Severity.Rank() })
	left := budget{maxBlocks, maxBlockText}
	for _, d := range order {
		if d.rule == nil || d.rule.Block == nil {
			continue
		}
		if err := w.incidentsOf(d, &left); err != nil {
			return err
		}
		w.tell(d)
		d.events = nil
	}
	return nil
}

// A budget is what may still be read.
type budget struct{ blocks, text int }

func (w *writer) incidentsOf(d *draft, left *budget) error {
	for i := range d.events {
		if len(d.Incidents) == maxIncidents || left.blocks == 0 || left.text <= 0 {
			return nil
		}
		if d.covers(&d.events[i]) {
			continue
		}
		in, err := w.incident(d.rule, &d.events[i], left)
		if err != nil {
			return err
		}
		d.Incidents = append(d.Incidents, in)
	}
	return nil
}

// covers reports whether the line of an event is among those of a block that was
// read: a report may hold the line of a rule twice.
func (d *draft) covers(e *event) bool {
	return slices.ContainsFunc(d.Incidents, func(in Incident) bool {
		return in.File == e.file.Path && in.First <= int(e.line) && int(e.line) <= in.end
	})
}

// incident reads the block around an event.
func (w *writer) incident(r *compiledRule, e *event, left *budget) (Incident, error) {
	left.blocks--
	in := Incident{File: e.file.Path, Line: int(e.line), First: int(e.line), Last: int(e.line), Time: e.shown(), end: int(e.line)}
	from := max(1, in.Line-r.Block.Before)
	var lines [][]byte
	err := w.c.Lines(e.file, from, maxBlockLine, func(n int, line []byte) bool {
		left.text -= len(line)
		lines = append(lines, asText(bytes.Clone(line)))
		return n < in.Line+r.Block.After
	})
	if at := in.Line - from; err == nil && at < len(lines) {
		in.read(r, lines, from, at)
	}
	return in, err
}

// read finds what the block tells whose match is the line at. The first of the
// lines has the number from.
func (in *Incident) read(r *compiledRule, lines [][]byte, from, at int) {
	first, last, begins, ends := r.Block.bounds(r.match, lines, at)
	in.end = from + last
	for i := range r.Block.Capture {
		c := &r.Block.Capture[i]
		for n := first; n <= last; n++ {
			if c.match.Match(lines[n]) && (c.unless == nil || !c.unless.Match(lines[n])) {
				in.learn(c.match, lines[n], from+n)
				break
			}
		}
	}
	in.learn(r.match, lines[at], in.Line) // last: a capture may know better
	if begins {
		in.First = from + first
	}
	if ends {
		in.Last = from + last
	}
}

// bounds are the first and the last line of the block, and whether these are
// known to be its ends. A block ends before the start of the next one and
// begins behind the end of the one before. When the line that it starts with is
// not in the log, the match of the event before, which is of another block,
// keeps it from taking the facts of that.
func (b *Block) bounds(match *regexp.Regexp, lines [][]byte, at int) (first, last int, begins, ends bool) {
	for first = at; first > 0; first-- {
		if begins = b.from != nil && b.from.Match(lines[first]); begins {
			break
		}
		if b.until != nil && b.until.Match(lines[first-1]) || b.from != nil && match.Match(lines[first-1]) {
			break
		}
	}
	begins = begins || b.from != nil && b.from.Match(lines[first])
	for last = at; last < len(lines)-1; last++ {
		if ends = b.until != nil && b.until.Match(lines[last]); ends {
			break
		}
		if b.from != nil && b.from.Match(lines[last+1]) {
			break
		}
	}
	ends = ends || b.until != nil && b.until.Match(lines[last])
	return first, last, begins, ends
}

// learn keeps the named groups of a line, and makes the incident reach to it.
func (in *Incident) learn(re *regexp.Regexp, line []byte, n int) {
	loc := re.FindSubmatchIndex(line)
	for i, name := range re.SubexpNames() {
		if loc == nil || name == "" || loc[2*i] < 0 || loc[2*i] == loc[2*i+1] || in.value(name) != "" {
			continue
		}
		in.Facts = append(in.Facts, Told{name, cleanEntity(name, line[loc[2*i]:loc[2*i+1]]), n})
		in.First, in.Last = min(in.First, n), max(in.Last, n)
	}
}

// tell puts what the incidents tell into the finding: entities, the first
// sentence of the summary, and the lines of the first one as evidence.
func (w *writer) tell(d *draft) {
	for i := range d.Incidents {
		in := &d.Incidents[i]
		if pod := w.scan.pods[in.value("pod_uid")]; pod != "" && in.value("pod") == "" {
			line := 0
			for _, f := range in.Facts {
				if f.Name == "pod_uid" {
					line = f.Line
				}
			}
			in.Facts = append(in.Facts, Told{"pod", pod, line})
		}
		for _, f := range in.Facts {
			d.addEntity(f.Name, f.Value)
		}
	}
	if len(d.Incidents) == 0 {
		return
	}
	first := &d.Incidents[0]
	if said := first.say(d.rule.Block.Say); said != "" {
		d.Summary = join(" ", said, d.Summary)
	}
	d.prove(first)
}

// addEntity adds what a block tells of an entity.
func (d *draft) addEntity(name, value string) {
	if !slices.Contains(EntityNames, name) || name == "value" || slices.Contains(d.Entities[name], value) || len(d.Entities[name]) >= maxValues {
		return
	}
	d.Entities[name] = append(d.Entities[name], value)
}

// prove adds the lines that tell something of an incident to the evidence.
func (d *draft) prove(in *Incident) {
	var lines []int
	for _, f := range in.Facts {
		lines = append(lines, f.Line)
	}
	slices.Sort(lines)
	for _, n := range slices.Compact(lines) {
		if !slices.ContainsFunc(d.Evidence, func(e Evidence) bool { return e.File == in.File && e.Line == n }) {
			d.Evidence = append(d.Evidence, Evidence{File: in.File, Line: n, Time: in.Time})
		}
	}
}

// placeholder is where a phrase has a value.
var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// say fills the phrases of which everything is known into a sentence.
func (in *Incident) say(phrases []string) string {
	var parts []string
	for _, phrase := range phrases {
		known := true
		s := placeholder.ReplaceAllStringFunc(phrase, func(name string) string {
			v := in.value(strings.Trim(name, "{}"))
			known = known && v != ""
			return cmp.Or(v, name)
		})
		switch {
		case !known:
		case len(parts) == 0 && !strings.HasPrefix(phrase, "{"): // a name stays as it is written
			parts = append(parts, upperFirst(s))
		default:
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + "."
}
