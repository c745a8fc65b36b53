package analyze

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/internal/automaton"
	"github.com/eksleuth/eksleuth/index/literal"
)

// A compiledRule is a rule as the scanner uses it.
type compiledRule struct {
	*Rule
	num int // position in Engine.rules

	// first is the clause that the automaton looks for, rest those that are
	// looked for in a line that has it. No first: every line is tried.
	first *literal.Clause
	rest  []literal.Clause

	starts, unlessStarts [][]byte // what match and unless begin with, see begin

	groupedBy []string
	names     []string // entity names of the groups of match, "" for none
	yieldsTo  []int    // rule numbers
	keep      bool     // its events keep their entities: a gate compares them
}

func compile(num int, r *Rule) *compiledRule {
	c := &compiledRule{Rule: r, num: num, groupedBy: r.groups(), names: r.match.SubexpNames()}
	if len(c.names) == 1 {
		c.names = nil
	}
	first := max(0, slices.IndexFunc(r.required, func(cl literal.Clause) bool { return !slices.ContainsFunc(cl.Texts, isProgram) }))
	for i := range r.required {
		if i == first {
			c.first = &r.required[i]
		} else if !r.required[i].Fold { // a folded text cannot be looked up with bytes.Contains
			c.rest = append(c.rest, r.required[i])
		}
	}
	c.starts, c.unlessStarts = startsOf(r.Match), startsOf(r.Unless)
	return c
}

// isProgram reports whether a text is the name of a program that has rules:
// every line of that program has it.
func isProgram(text string) bool {
	return slices.ContainsFunc(Sources, func(s Source) bool { return slices.Contains(s.Idents, text) })
}

// worthTrying looks for the other required texts, which is far cheaper than
// the expression.
func (c *compiledRule) worthTrying(line []byte) bool {
	for _, cl := range c.rest {
		if !slices.ContainsFunc(cl.Texts, func(t string) bool { return bytes.Contains(line, []byte(t)) }) {
			return false
		}
	}
	return true
}

// A ruleSet is the rules for one kind of file, with the automaton that finds
// the lines worth trying.
type ruleSet struct {
	rules  []setRule
	auto   *automaton.Automaton
	byText [][]int32 // text of the automaton to positions in rules
	always []int32   // rules without a required text
	klog   int32     // the text of the automaton that begins the lines of klog's JSON form
}

// A setRule is a rule in a set. In a mixed log it is only for the lines of
// some programs; nil idents means all lines.
type setRule struct {
	*compiledRule
	idents []string
	anyPod bool // it is for the files as logs of any pod
}

func newRuleSet(rules []setRule) *ruleSet {
	s := &ruleSet{rules: rules}
	num := map[string]int32{}
	var texts []string
	for i, r := range rules {
		if r.first == nil {
			s.always = append(s.always, int32(i))
			continue
		}
		for _, t := range r.first.Texts {
			t = literal.Lower(t)
			n, ok := num[t]
			if !ok {
				n = int32(len(texts))
				num[t] = n
				texts = append(texts, t)
				s.byText = append(s.byText, nil)
			}
			if !slices.Contains(s.byText[n], int32(i)) {
				s.byText[n] = append(s.byText[n], int32(i))
			}
		}
	}
	n, ok := num[klogObject]
	if !ok {
		n = int32(len(texts))
		texts = append(texts, klogObject)
		s.byText = append(s.byText, nil)
	}
	s.klog = n
	s.auto = automaton.New(texts)
	return s
}

// wants reports whether the rule is for lines of a program. Before systemd
// becomes the program of a service it logs under that name in parentheses:
//
//	Sep 09 20:36:28 localhost (nodeadm)[1493]: nodeadm-config.service: Failed to locate executable /usr/bin/nodeadm: Permission denied
func (r setRule) wants(ident []byte) bool {
	if r.idents == nil {
		return true
	}
	if len(ident) > 0 && ident[0] == '(' {
		ident = []byte("systemd")
	}
	for _, id := range r.idents {
		if string(ident) == id {
			return true
		}
	}
	return false
}

// setFor returns the rules for a file, given where it stands in the bundle.
func (e *Engine) setFor(place string) *ruleSet {
	key, direct, mixed := e.sourcesOf(place)
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.sets[key]; s != nil {
		return s
	}
	var rules []setRule
	for _, r := range e.rules {
		if idents, ok := e.scope(r, direct, mixed); ok {
			any := slices.Contains(direct, anyPod) && slices.Contains(r.Source, anyPod)
			rules = append(rules, setRule{r, idents, any})
		}
	}
	s := newRuleSet(rules)
	e.sets[key] = s
	return s
}

// scope reports whether a rule is for a file of the direct sources, or for
// some programs of a mixed log.
func (e *Engine) scope(r *compiledRule, direct []string, mixed bool) (idents []string, ok bool) {
	for _, name := range r.Source {
		s, known := e.sources[name]
		if !known {
			continue
		}
		if slices.Contains(direct, name) {
			if s.shared {
				idents, ok = append(idents, s.Idents...), true
				continue
			}
			return nil, true
		}
		if mixed && len(s.Idents) > 0 {
			idents, ok = append(idents, s.Idents...), true
		}
	}
	return idents, ok
}

// A namedSource is a Source that rules in force name.
type namedSource struct {
	Source
	shared bool // its files hold lines of other programs too
}

// namedSources are the sources of a set of rules, with those of pods made up.
func namedSources(rules []*compiledRule) (map[string]namedSource, []string) {
	all := map[string]namedSource{}
	for _, r := range rules {
		for _, name := range r.Source {
			if _, done := all[name]; done {
				continue
			}
			if pod, ok := strings.CutPrefix(name, "pod:"); ok {
				all[name] = namedSource{Source: Source{Name: name, Files: podFiles(pod)}}
				continue
			}
			for _, s := range Sources {
				if s.Name == name {
					all[name] = namedSource{Source: s, shared: name == "systemd"}
				}
			}
		}
	}
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return all, names
}

// sourcesOf returns the sources that a file belongs to, whether it is a mixed
// log, and a key for both.
func (e *Engine) sourcesOf(place string) (key string, direct []string, mixed bool) {
	for _, name := range e.sourceNames {
		if name == anySource || matchesAny(e.sources[name].Files, place) {
			direct = append(direct, name)
		}
	}
	mixed = matchesAny(MixedLogs, place)
	key = strings.Join(direct, ",")
	if mixed {
		key += ",mixed"
	}
	return key, direct, mixed
}

// anySource is every file of the bundle.
const anySource = "any"

// search runs the expressions of a rule on a line. It returns the index pairs
// of the groups, or nil.
func (c *compiledRule) search(line []byte) []int {
	from := begin(c.starts, line)
	if from < 0 {
		return nil
	}
	var loc []int
	if c.names != nil {
		loc = c.match.FindSubmatchIndex(line[from:])
		for i := range loc {
			if loc[i] >= 0 {
				loc[i] += from
			}
		}
	} else if c.match.Match(line[from:]) {
		loc = whole
	}
	if loc == nil || c.excepted(line) {
		return nil
	}
	return loc
}

// excepted reports whether the expression for look-alikes matches a line.
func (c *compiledRule) excepted(line []byte) bool {
	if c.unless == nil {
		return false
	}
	from := begin(c.unlessStarts, line)
	return from >= 0 && c.unless.Match(line[from:])
}

var whole = []int{0, 0}

// startsOf are the texts of literal.Starts of an expression that compiles.
func startsOf(expr string) [][]byte {
	texts, _ := literal.Starts(expr)
	out := make([][]byte, len(texts))
	for i, text := range texts {
		out[i] = []byte(text)
	}
	return out
}

// begin is where in a line a match can begin, given texts one of which every
// match begins with: -1 for nowhere, 0 without such texts. An expression that
// begins with one of several texts tries every place of a line, 70 ns each.
func begin(starts [][]byte, line []byte) int {
	if len(starts) == 0 {
		return 0
	}
	first := -1
	for _, text := range starts {
		if i := bytes.Index(line, text); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	return first
}

// severity is that of an event: lower if a milder expression matches its line.
func (c *compiledRule) severity(line []byte) Severity {
	s := c.Rule.Severity
	for i, re := range c.milder {
		if re != nil && c.Milder[i].Severity.Rank() < s.Rank() && re.Match(line) {
			s = c.Milder[i].Severity
		}
	}
	return s
}

// weighs reports whether an event is one that few of are not mild.
func (c *compiledRule) weighs(line []byte) bool {
	return slices.ContainsFunc(c.grave, func(re *regexp.Regexp) bool { return re != nil && re.Match(line) })
}
