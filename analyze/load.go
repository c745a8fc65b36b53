package analyze

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
)

//go:embed all:rules
var embeddedRules embed.FS

// Rules returns the rules in the binary.
func Rules() ([]*Rule, error) {
	sub, err := fs.Sub(embeddedRules, "rules")
	if err != nil {
		return nil, err
	}
	return LoadRules(sub)
}

// LoadRules reads every *.yaml file of a folder, each a list of rules. Errors
// name the file and the line. All problems are reported, not only the first.
func LoadRules(fsys fs.FS) ([]*Rule, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	files := make([]struct {
		rules []*Rule
		err   error
	}, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			data, err := fs.ReadFile(fsys, name)
			if err == nil {
				files[i].rules, err = parseRules(name, data)
			}
			files[i].err = err
		})
	}
	wg.Wait()
	var rules []*Rule
	var errs []error
	for _, f := range files {
		rules = append(rules, f.rules...)
		errs = append(errs, f.err)
	}
	if err := duplicates(rules); err != nil {
		errs = append(errs, err)
	}
	return rules, errors.Join(errs...)
}

// ParseRules reads files of rules that are used together.
func ParseRules(files []RuleText) ([]*Rule, error) {
	var rules []*Rule
	var errs []error
	for _, f := range files {
		own, err := parseRules(f.Name, f.Data)
		rules = append(rules, own...)
		errs = append(errs, err)
	}
	return rules, errors.Join(append(errs, duplicates(rules))...)
}

var ruleID = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)

// EntityNames are the names that groups of expressions may have.
var EntityNames = []string{
	"pod", "pod_uid", "namespace", "container", "container_id", "image", "node",
	"process", "pid", "device", "interface", "ip", "eni", "volume", "driver",
	"unit", "file", "service", "resource", "error", "version",
	"value", // of a mark: what its line tells of the node
}

// Components are the values of Rule.Component.
var Components = []string{
	"kernel", "kubelet", "containerd", "cni", "kube-proxy", "dns", "aws",
	"storage", "bootstrap", "network", "gpu", "systemd", "node",
}

// check returns what is wrong with a rule on its own, and compiles it.
func (r *Rule) check() []problem {
	var p problems
	if r.adjusts() {
		return r.checkAdjustment()
	}
	p.at("id")
	p.unless(ruleID.MatchString(r.ID), "the id is not of the form area.thing.what")
	p.at("source")
	p.unless(len(r.Source) > 0, "no source")
	for i, s := range r.Source {
		p.at("source", i)
		p.unless(KnownSource(s), "unknown source %q", s)
	}
	p.at("match")
	p.unless(r.Match != "", "no match expression")
	r.match = p.compile("match", r.Match)
	p.at("unless")
	r.unless = p.compile("unless", r.Unless)
	p.at("match")
	if r.match != nil {
		for _, name := range r.match.SubexpNames() {
			p.unless(name == "" || slices.Contains(EntityNames, name), "unknown entity %q in match", name)
		}
	}
	if !r.Mark {
		p.at("title")
		p.unless(r.Title != "", "no title")
		p.at("severity")
		p.unless(r.Severity.Rank() > 0, "severity %q is none of critical, high, medium, low, info", r.Severity)
		p.at("component")
		p.unless(slices.Contains(Components, r.Component), "unknown component %q", r.Component)
	}
	p.at("group")
	for _, name := range r.groups() {
		p.unless(slices.Contains(EntityNames, name), "unknown entity %q in group", name)
	}
	r.milder, r.grave = make([]*regexp.Regexp, len(r.Milder)), make([]*regexp.Regexp, len(r.Milder))
	for i, m := range r.Milder {
		p.at("milder", i)
		p.unless(m.Severity.Rank() > 0, "milder: severity %q is none of critical, high, medium, low, info", m.Severity)
		p.unless(boolInt(m.Match != "")+boolInt(m.Below != 0)+boolInt(m.Namespace != "") == 1, "milder: one of match, below and namespace is needed")
		p.unless(m.Namespace == "" || m.Namespace == application, "milder: namespace %q is not %s", m.Namespace, application)
		p.unless(m.Unless == "" || m.Below > 0, "milder: unless is for below")
		r.milder[i], r.grave[i] = p.compile("milder", m.Match), p.compile("milder", m.Unless)
	}
	p.at("block")
	if r.Block != nil {
		p.block(r, r.Block)
	}
	for i := range r.Gate.Any {
		t := &r.Gate.Any[i]
		p.at("gate", "any", i)
		p.unless(!t.empty(), "gate: an empty alternative")
		p.unless(t.Within == 0 || t.Count > 1, "gate: within needs a count above 1")
		p.unless(t.Of == "" || t.Count > 0, "gate: of needs a count")
		p.unless(r.captures(t.Of), "gate: match has no entity %q", t.Of)
		p.order(r, &t.Order)
	}
	p.at("gate")
	p.order(r, &r.Gate.Order)
	p.at("gate", "recovery")
	if rec := r.Gate.Recovery; rec != nil {
		p.unless(rec.Severity == "" || rec.Severity.Rank() > 0, "recovery: severity %q is none of critical, high, medium, low, info", rec.Severity)
	}
	for i, a := range r.Actions {
		p.at("actions", i)
		p.unless(a.Text != "" && slices.Contains([]Safety{Green, Yellow, Red}, a.Safety), "action %q: safety %q is none of green, yellow, red", a.Text, a.Safety)
	}
	p.examples("match", r.Examples.Match)
	p.examples("no_match", r.Examples.NoMatch)
	p.at("confidence")
	p.unless(r.Confidence >= 0 && r.Confidence <= 1, "confidence %v is not between 0 and 1", r.Confidence)
	p.applies(r)
	p.cost(r)
	return p.all
}

func (p *problems) examples(key string, all []ExampleLine) {
	for i, e := range all {
		p.at("examples", key, i)
		p.unless(e.Line != "" || e.From == "", "an example without a line")
	}
}

// captures reports whether match has groups for all parts of an entity.
func (r *Rule) captures(entity string) bool {
	for _, name := range entityList(entity) {
		if r.match == nil || !slices.Contains(r.match.SubexpNames(), name) {
			return false
		}
	}
	return true
}

// A problem is one mistake in a rule.
type problem struct {
	at   []any // keys and positions that lead to it
	text string
}

// problems gathers the mistakes of a rule.
type problems struct {
	all   []problem
	where []any
}

// at says what is looked at from here on: the keys, and in lists the positions,
// that lead to it.
func (p *problems) at(keys ...any) { p.where = keys }

// maxBlock is how many lines a block may have on each side of its match.
const maxBlock = 400

func (p *problems) block(r *Rule, b *Block) {
	p.unless(b.Before >= 0 && b.After >= 0 && b.Before <= maxBlock && b.After <= maxBlock, "block: before and after must be 0 to %d", maxBlock)
	p.unless(!r.Mark, "block: a mark has none")
	b.from, b.until = p.compile("block", b.From), p.compile("block", b.Until)
	known := map[string]bool{}
	learn := func(re *regexp.Regexp) {
		if re != nil {
			for _, name := range re.SubexpNames() {
				known[name] = true
			}
		}
	}
	learn(r.match)
	for i := range b.Capture {
		c := &b.Capture[i]
		p.unless(c.Match != "", "block: a capture without an expression")
		c.match, c.unless = p.compile("block", c.Match), p.compile("block", c.Unless)
		learn(c.match)
	}
	p.unless(b.steps() <= maxSteps, "block: the expressions are too large: %d steps, and %d are allowed", b.steps(), maxSteps)
	known["pod"] = known["pod"] || known["pod_uid"] // the name is looked up
	for _, phrase := range b.Say {
		for _, name := range placeholder.FindAllStringSubmatch(phrase, -1) {
			p.unless(known[name[1]], "block: nothing captures %q, which say wants", name[1])
		}
	}
}

func (p *problems) order(r *Rule, o *Order) {
	for _, s := range o.steps() {
		p.unless(len(s.Mark) > 0, "gate: a step without a mark")
		p.unless(r.captures(s.Same), "gate: match has no entity %q", s.Same)
		p.unless(!s.AtEnd || s == o.Without && s.Within > 0, "gate: at_end is for without, and a time")
	}
}

func (p *problems) unless(ok bool, format string, args ...any) {
	if !ok {
		p.all = append(p.all, problem{p.where, fmt.Sprintf(format, args...)})
	}
}

func (p *problems) compile(what, expr string) *regexp.Regexp {
	if expr == "" {
		return nil
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		p.unless(false, "%s: %v", what, err)
	}
	return re
}

// KnownSource reports whether a rule can name a log so: by a name of [Sources],
// or as "pod:NAME".
func KnownSource(name string) bool {
	if pod, ok := strings.CutPrefix(name, "pod:"); ok {
		return pod != "" && !strings.ContainsAny(pod, "/?[\\")
	}
	return slices.ContainsFunc(Sources, func(s Source) bool { return s.Name == name })
}

// duplicates reports ids that are defined twice.
func duplicates(rules []*Rule) error {
	byID := map[string]*Rule{}
	var errs []error
	for _, r := range rules {
		if first := byID[r.ID]; first != nil {
			errs = append(errs, fmt.Errorf("%s: rule %q is already defined at %s", r.at, r.ID, first.at))
		}
		byID[r.ID] = r
	}
	return errors.Join(errs...)
}

// unknownMarks reports gates that name marks which are not there.
func unknownMarks(rules []*Rule) error {
	marks := map[string]bool{}
	for _, r := range rules {
		marks[r.ID] = r.Mark
	}
	errs := unknownSteps(rules)
	for _, r := range rules {
		for _, id := range r.marks() {
			if !marks[id] {
				errs = append(errs, fmt.Errorf("%s: rule %q: there is no mark %q", r.at, r.ID, id))
			}
		}
	}
	return errors.Join(errs...)
}

// groups are the entities by which findings of the rule are told apart.
func (r *Rule) groups() []string { return entityList(r.Group) }

// entityList splits "volume+pod".
func entityList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "+")
}

// marks are the marks that the gate of r refers to.
func (r *Rule) marks() []string {
	var ids []string
	if r.Gate.Recovery != nil {
		ids = append(ids, r.Gate.Recovery.Mark...)
	}
	if r.Gate.Boot != nil {
		ids = append(ids, r.Gate.Boot.Mark...)
	}
	return ids
}

// IDGlob reports whether a path.Match pattern, or a plain id, matches an id.
func IDGlob(pattern, id string) bool {
	ok, err := path.Match(pattern, id)
	return err == nil && ok
}
