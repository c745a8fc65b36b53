package analyze

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Scan is one pass of the rules over one bundle. It is an [index.Scanner];
// when the pass has ended, Engine.Report makes findings of what it gathered.
type Scan struct {
	// BruteForce tries every expression on every line instead of looking
	// for candidates first. It is there to be compared with.
	BruteForce bool

	engine *Engine
	seed   maphash.Seed
	state  sync.Pool // *lineState

	mu   sync.Mutex
	sets map[*index.File]*ruleSet

	matches []*matches        // by rule number
	pods    map[string]string // names by UID
	keeper  keeper
	hard    map[*index.File]hard
	tired   []tired        // by rule number
	spent   []atomic.Int64 // by rule number: the same in a rough form, as soon as it is seen

	costs *costs // what each rule took; nil when nobody asks
	trace *Trace // the rules that are followed; nil for none
}

// Bounds on the work of expressions. They take time by the length of the line,
// so lines made to hold the texts of all rules cost a hundred times what those
// of a sick node do. Brute force has the first of the bounds too.
const (
	maxLook = 128 << 10            // of a longer line, the start is looked at; real ones are up to 106 KB
	maxWork = 16 * index.BlockSize // bytes of lines looked at for each block; rules without a text come on top
)

// hard counts what the bounds left out of a file.
type hard struct {
	cut   int // lines of which only the start was looked at
	tired int // blocks in which lines were not looked at
}

// NewScan starts a pass.
func (e *Engine) NewScan() *Scan {
	s := &Scan{engine: e, seed: maphash.MakeSeed(), sets: map[*index.File]*ruleSet{}, pods: map[string]string{}, hard: map[*index.File]hard{}}
	s.tired, s.spent = make([]tired, len(e.rules)), make([]atomic.Int64, len(e.rules))
	s.matches = make([]*matches, len(e.rules))
	for i := range s.matches {
		s.matches[i] = newMatches()
	}
	s.state.New = func() any { return &lineState{} }
	return s
}

// tired says where a rule was given up; a zero line means that it was not.
type tired struct {
	file *index.File
	line int
}

// A hit is one line that a rule matched.
type hit struct {
	rule     int32
	line     int32
	stamp    parsers.Stamp
	key      uint64 // of the event's own text: equal in every copy of the line
	severity Severity
	grave    bool     // see Milder.Unless
	yielded  bool     // a rule that it yields to matched the line too
	kind     string   // the group entity
	group    string   // its value
	entities []string // values, parallel to compiledRule.names; "" for none
	from     podLog   // in whose log it stands, if the line names no pod
}

func (s *Scan) setFor(f *index.File) *ruleSet {
	s.mu.Lock()
	set := s.sets[f]
	s.mu.Unlock()
	if set == nil {
		set = s.engine.setFor(f.At())
		s.mu.Lock()
		s.sets[f] = set
		s.mu.Unlock()
	}
	return set
}

// Block looks at the lines of one block.
func (s *Scan) Block(b *index.Block, text []byte) any {
	if b.Format != nil && b.Format.Binary {
		return nil
	}
	set := s.setFor(b.File)
	if len(set.rules) == 0 {
		return nil
	}
	l := s.state.Get().(*lineState)
	defer s.state.Put(l)
	l.begin(s, set, b)
	if b.Format != nil && b.Format.Join != nil {
		if joined, lines := b.Format.Join(text); joined != nil {
			text, l.lines = joined, lines
		}
	}
	l.text = text
	if s.BruteForce {
		l.everyLine()
	} else {
		set.auto.Scan(text, l.found)
	}
	if len(set.always) > 0 {
		l.advance(len(text) - 1)
	}
	l.flush()
	if l.work > l.most {
		l.hard.tired = 1
	}
	return looked{l.hits, l.hard, l.gaveUp}
}

// looked is what Block hands to Collect.
type looked struct {
	hits   []hit
	hard   hard
	gaveUp []giveUp
}

// giveUp says at which line of a block a rule had done too much.
type giveUp struct{ rule, line int }

// A lineState walks over the lines of a block that hold a text of a rule.
type lineState struct {
	scan  *Scan
	set   *ruleSet
	block *index.Block
	text  []byte
	lines []int // number of each line, relative to the first, when lines were joined; else nil

	start, end int     // the line at hand
	next       int     // where the line after it starts
	rules      []int32 // to try on it, positions in set.rules
	klog       int     // start of the line that begins a JSON object of klog last, plus 1
	written    []byte  // the text form of such a line
	tried      []int   // by rule: start of the line it was noted for last, plus 1
	effort     []int   // by rule: what its expressions did so far, see maxEffort
	counted    int     // offset up to which line ends are counted
	line       int     // line ends up to there
	from       podLog  // whose log the file is

	hits []hit
	work int // bytes given to expressions
	most int // when that is enough
	hard hard

	gaveUp []giveUp
}

func (l *lineState) begin(s *Scan, set *ruleSet, b *index.Block) {
	tried, effort := l.tried[:0], l.effort[:0]
	for range set.rules {
		tried, effort = append(tried, 0), append(effort, 0)
	}
	*l = lineState{scan: s, set: set, block: b, from: podLogOf(b.File), tried: tried, effort: effort, rules: l.rules[:0], written: l.written[:0], most: maxWork + len(set.always)*index.BlockSize}
}

// found is told of each text of the automaton.
func (l *lineState) found(text int32, end int) {
	if end > l.next {
		l.advance(end - 1)
	}
	if text == l.set.klog {
		l.klog = l.start + 1
	}
	l.noteText(text, end)
}

// noteText notes the rules of a text for the line at hand.
func (l *lineState) noteText(text int32, _ int) {
	for _, r := range l.set.byText[text] {
		l.note(r)
	}
}

// advance makes the line around an offset, or the first behind it, the line at
// hand. Rules without a required text are tried on the lines between too.
func (l *lineState) advance(at int) {
	l.flush()
	if len(l.set.always) == 0 {
		l.next += bytes.LastIndexByte(l.text[l.next:at], '\n') + 1
		l.step()
		return
	}
	for l.next <= at {
		l.flush()
		l.step()
		for _, r := range l.set.always {
			l.note(r)
		}
	}
}

// everyLine notes every rule for every line.
func (l *lineState) everyLine() {
	for l.next < len(l.text) {
		l.flush()
		l.step()
		for r := range l.set.rules {
			l.note(int32(r))
		}
	}
}

// step makes the next line the line at hand.
func (l *lineState) step() {
	l.start, l.end = l.next, len(l.text)
	if n := bytes.IndexByte(l.text[l.start:], '\n'); n >= 0 {
		l.end = l.start + n
	}
	l.next = l.end + 1
}

func (l *lineState) note(r int32) {
	if l.tried[r] != l.start+1 {
		l.tried[r] = l.start + 1
		l.rules = append(l.rules, r)
	}
}

// flush tries the noted rules on the line at hand.
func (l *lineState) flush() {
	if len(l.rules) == 0 && l.klog != l.start+1 {
		return
	}
	raw := l.text[l.start:l.end]
	if len(raw) > maxLook {
		raw = raw[:maxLook]
		l.hard.cut++
	}
	line := raw
	if l.klog == l.start+1 || l.scan.BruteForce {
		line = l.asText(raw)
	}
	var head parsers.Header
	parsed := false
	for _, i := range l.rules {
		r := l.set.rules[i]
		if !l.scan.BruteForce && !l.affords(i, r, line) {
			continue
		}
		loc := l.search(r, line)
		if loc == nil {
			continue
		}
		if !parsed {
			head, parsed = l.header(raw), true
		}
		if r.wants(head.Ident) {
			h := l.hit(r, line, loc, head)
			h.key = maphash.Bytes(l.scan.seed, raw[head.Body:])
			l.hits = append(l.hits, h)
		}
	}
	l.rules = l.rules[:0]
}

// asText is the text form of a line that klog wrote as JSON, and notes the rules
// that it has texts of; other lines stay as they are.
func (l *lineState) asText(line []byte) []byte {
	text := klogText(l.written[:0], line)
	if text == nil {
		return line
	}
	l.written = text
	l.set.auto.Scan(text, l.noteText)
	return text
}

// search runs the expressions of a rule.
func (l *lineState) search(r setRule, line []byte) []int {
	if l.scan.costs != nil {
		return l.scan.costs.search(r.compiledRule, line)
	}
	return r.search(line)
}

// affords reports whether a rule, the one at i in its set, is to be tried on a
// line.
func (l *lineState) affords(i int32, r setRule, line []byte) bool {
	if l.work > l.most || !r.worthTrying(line) || l.effort[i] > maxEffort || l.scan.spentBefore(r.num, l.block) {
		return false
	}
	l.work += len(line)
	if l.effort[i] += len(line) * r.steps; l.effort[i] > maxEffort {
		l.gaveUp = append(l.gaveUp, giveUp{r.num, l.number()})
		l.scan.spend(r.num, l.block)
		return false
	}
	return true
}

// spend notes that a rule is given up from a block on. That saves trying it in
// later ones; what counts is the order in which Collect hears of it.
func (s *Scan) spend(rule int, b *index.Block) {
	for {
		old := s.spent[rule].Load()
		if old != 0 && old <= order(b) || s.spent[rule].CompareAndSwap(old, order(b)) {
			return
		}
	}
}

func (s *Scan) spentBefore(rule int, b *index.Block) bool {
	from := s.spent[rule].Load()
	return from != 0 && from < order(b)
}

// order is a number that grows with the blocks of a bundle, above 0.
func order(b *index.Block) int64 { return int64(b.File.Num)<<32 + int64(b.Line) + 1 }

// header splits the line at hand. Within a line that began in an earlier
// block there is none.
func (l *lineState) header(line []byte) parsers.Header {
	f := l.block.Format
	if f == nil || f.Header == nil || l.block.Cont && l.start == 0 {
		return parsers.Header{}
	}
	return f.Header(line)
}

func (l *lineState) hit(r setRule, line []byte, loc []int, head parsers.Header) hit {
	h := hit{rule: int32(r.num), line: int32(min(l.number(), math.MaxInt32)), stamp: head.Stamp, severity: r.severity(line), grave: r.weighs(line)}
	if r.names != nil {
		h.entities = entitiesAt(r.names, line, loc)
	}
	h.attribute(r.compiledRule, l.from)
	h.kind, h.group = h.groupOf(r)
	h.soften(r.compiledRule)
	return h
}

// entitiesAt are the values of the groups of an expression; "" for none.
func entitiesAt(names []string, line []byte, loc []int) []string {
	out := make([]string, len(names))
	for i, name := range names {
		if name == "" || loc[2*i] < 0 || loc[2*i] == loc[2*i+1] {
			continue
		}
		out[i] = cleanEntity(name, line[loc[2*i]:loc[2*i+1]])
	}
	return out
}

// maxEntity cuts values that an expression let run on; what a mark tells of the
// node may be longer.
const (
	maxEntity    = 200
	maxNodeValue = 2000
)

// cleanEntity trims the quotes that captures to the end of a value keep, takes
// the backslashes from those inside it (kubelet quotes what is quoted already,
// so one text comes with none, one and three of them), and writes pods as
// namespace/name, the UID of a pod as kubelet does (names of cgroups have _ for
// -), volumes by their IDs and units by their names.
func cleanEntity(name string, v []byte) string {
	v = bytes.Trim(v, `"\ `)
	limit := maxEntity
	if name == "value" {
		limit = maxNodeValue
	}
	v = v[:min(len(v), limit)]
	s := string(bytes.ToValidUTF8(v, []byte("\uFFFD")))
	s = bareQuotes(s)
	switch name {
	case "pod":
		s = podName(s)
	case "pod_uid":
		s = strings.ReplaceAll(s, "_", "-")
	case "unit":
		s = unitName(s)
	case "volume":
		s = volumeID(s)
	}
	return s
}

// volumeID writes the serial number of an EBS disk, vol0771c312871baaaaa, as the
// ID of its volume.
func volumeID(s string) string {
	if hex, ok := strings.CutPrefix(s, "vol"); ok && len(hex) == len("0771c312871baaaaa") && strings.Trim(hex, "0123456789abcdef") == "" {
		return "vol-" + hex
	}
	return s
}

// bareQuotes takes the backslashes in front of quotes away, however many.
func bareQuotes(s string) string {
	if !strings.Contains(s, `\"`) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] == '"' {
			b = bytes.TrimRight(b, `\`)
		}
		b = append(b, s[i])
	}
	return string(b)
}

// number is the number of the line at hand.
func (l *lineState) number() int {
	l.line += bytes.Count(l.text[l.counted:l.start], []byte{'\n'})
	l.counted = l.start
	if l.lines != nil {
		return l.block.Line + l.lines[l.line]
	}
	return l.block.Line + l.line
}

// Collect gathers the hits of a block.
func (s *Scan) Collect(b *index.Block, found any) {
	l, _ := found.(looked)
	l.hits = s.untired(b, l)
	s.yield(l.hits)
	for i := range l.hits {
		r := s.engine.rules[l.hits[i].rule]
		s.matches[r.num].add(&s.keeper, r, b.File, &l.hits[i])
		s.notePod(r, &l.hits[i])
	}
	if l.hard != (hard{}) {
		h := s.hard[b.File]
		s.hard[b.File] = hard{h.cut + l.hard.cut, h.tired + l.hard.tired}
	}
}

// untired leaves out the hits of rules from where they were given up on. The
// blocks come in the order of the bundle, so that is the same place in each run.
func (s *Scan) untired(b *index.Block, l looked) []hit {
	for _, g := range l.gaveUp {
		if s.tired[g.rule].file == nil {
			s.tired[g.rule] = tired{b.File, g.line}
		}
	}
	return slices.DeleteFunc(l.hits, func(h hit) bool {
		t := s.tired[h.rule]
		return t.file != nil && (t.file != b.File || int(h.line) >= t.line)
	})
}

// yield marks the hits, which are in order of lines, that belong to another rule.
func (s *Scan) yield(hits []hit) {
	for first := 0; first < len(hits); {
		end := first + 1
		for end < len(hits) && hits[end].line == hits[first].line {
			end++
		}
		s.yieldLine(hits[first:end])
		first = end
	}
}

func (s *Scan) yieldLine(hits []hit) {
	if len(hits) < 2 {
		return
	}
	for i := range hits {
		for _, to := range s.engine.rules[hits[i].rule].yieldsTo {
			for k := range hits {
				if int(hits[k].rule) == to && k != i {
					hits[i].yielded = true
				}
			}
		}
	}
}

// notePod learns which pod has a UID from a line that says both.
func (s *Scan) notePod(r *compiledRule, h *hit) {
	var pod, uid string
	for i, name := range r.names {
		switch name {
		case "pod":
			pod = cmp.Or(pod, h.entities[i])
		case "pod_uid":
			uid = cmp.Or(uid, h.entities[i])
		}
	}
	if pod == "" || uid == "" || len(s.pods) >= maxPods && s.pods[uid] == "" {
		return
	}
	if old := s.pods[uid]; old == "" || betterName(pod, old) {
		s.pods[uid] = pod
	}
}

// betterName prefers a name with its namespace, which says more than one
// without, and of two that say the same the one that sorts first.
func betterName(a, b string) bool {
	if as, bs := strings.Contains(a, "/"), strings.Contains(b, "/"); as != bs {
		return as
	}
	return a < b
}

// maxPods bounds what is kept of a bundle that names pods without end.
const maxPods = 100_000
