package analyze

import (
	"regexp"
	"time"

	"github.com/eksleuth/eksleuth/index/literal"
)

// A Rule is a trigger: a pattern on single lines of named logs, with the gate
// that turns matches into a finding. Rules are data, in rules/*.yaml, where
// every field below stands under its yaml name; see CONTRIBUTING.md.
type Rule struct {
	ID       string   `yaml:"id"` // as in "kubelet.pleg.unhealthy"
	Title    string   `yaml:"title"`
	Severity Severity `yaml:"severity"`
	// Component is kernel, kubelet, containerd, cni, kube-proxy, dns, aws,
	// storage, bootstrap, network, gpu, systemd or node.
	Component string `yaml:"component"`
	// Source names the logs the rule looks at; see Sources.
	Source []string `yaml:"source"`
	// Match is an RE2 expression on the raw line. Named groups are entities:
	// pod (namespace/name or name), pod_uid, namespace, container,
	// container_id, image, node, process, pid, device, interface, ip, eni,
	// volume, driver, unit, file, service, resource, error, version; of marks also value.
	Match string `yaml:"match"`
	// Unless is an RE2 expression for the lines that look alike and are harmless.
	Unless string `yaml:"unless"`
	// Mark makes the rule a landmark (kubelet started, node ready) that
	// gates of other rules use; it never makes a finding.
	Mark bool `yaml:"mark"`

	// Applies says which nodes the rule is about: constraints by what they
	// are on, such as kubelet: ">=1.27 <1.30"; see Subjects.
	Applies map[string]string `yaml:"applies"`
	// FixedIn says, of a known bug, which versions do not have it. On a node
	// that has these, a finding is info: the lines are there, the bug is not.
	FixedIn map[string]string `yaml:"fixed_in"`
	// Off switches the rule off: what it matches is only listed.
	Off bool `yaml:"off"`
	// Limits change those of a check, by name.
	Limits map[string]float64 `yaml:"limits"`
	// Slow allows an expression that is tried on every line of its logs.
	Slow bool `yaml:"slow"`

	// Group names an entity: one finding for each of its values. Of several,
	// as "volume+pod", for each of their combinations.
	Group string `yaml:"group"`
	// Gate says when matches are a finding. Empty: one event is enough.
	Gate Gate `yaml:"gate"`
	// Milder lowers the severity of events whose line matches; the finding
	// has the severity of its worst event.
	Milder []Milder `yaml:"milder"`
	// Block says which lines around a match are part of the same event, and
	// what they tell. nil: the line stands alone.
	Block *Block `yaml:"block"`

	// YieldsTo names rules: a line that one of them matched too is theirs.
	YieldsTo []string `yaml:"yields_to"`
	// Explains names rules that are only symptoms of this one; with
	// "id@entity" only about some entities. Both may be patterns.
	Explains []string `yaml:"explains"`

	Summary    string   `yaml:"summary"` // what it means and what breaks
	Runbook    string   `yaml:"runbook"` // such as "H3"
	Actions    []Action `yaml:"actions"`
	References []string `yaml:"references"` // source files and issues, never whole texts
	Confidence float64  `yaml:"confidence"` // 0 means 0.8

	Examples struct {
		Match   []ExampleLine `yaml:"match"`
		NoMatch []ExampleLine `yaml:"no_match"`
	} `yaml:"examples"`

	at            string // file:line of the definition
	changedAt     string // the same of the user's item that changed severity or off
	required      []literal.Clause
	steps         int // instructions of the expressions, nearly
	applies       []applicability
	fixes         []fix
	match, unless *regexp.Regexp
	milder        []*regexp.Regexp // parallel to Milder; nil for those by count
	grave         []*regexp.Regexp // the same of Unless
}

// An ExampleLine is a line that a rule is tried on. It stands there as plain
// text, or with its origin: {line: 'kernel: ...', from: 'amazon-eks-ami issue 1385'}.
type ExampleLine struct {
	Line string `yaml:"line" json:"line"`
	From string `yaml:"from" json:"from,omitempty"` // who saw the line, or which source writes it; "" for not said
}

func (e *ExampleLine) plain() any { return &e.Line }

// A Block is the lines of one event: an out-of-memory report, the stack below a
// panic, the two lines of a file system that shuts down. They are read from the
// stored lines when the bundle has passed, so they cost the pass nothing.
type Block struct {
	// From and Until are RE2 expressions for its first and last line. "", or
	// when there is no such line: it reaches as far as Before and After.
	From  string `yaml:"from"`
	Until string `yaml:"until"`
	// Before and After are how many lines around the match it may have.
	Before int `yaml:"before"`
	After  int `yaml:"after"`
	// Capture are expressions whose named groups are what the block tells,
	// each of the first line that has it. What has the name of an entity is one.
	Capture []Capture `yaml:"capture"`
	// Say are phrases for the summary: "{process} (pid {pid}) was killed".
	// One of which a name is not known is left out.
	Say []string `yaml:"say"`

	from, until *regexp.Regexp
}

// A Capture finds a line of a block.
type Capture struct {
	Match  string `yaml:"match"`
	Unless string `yaml:"unless"`

	match, unless *regexp.Regexp
}

// A Gate says which matches are a finding. All times are those of the logs.
type Gate struct {
	// Any lists alternatives; one that holds is enough. None: one event.
	Any []Threshold `yaml:"any"`
	// Recovery names marks: a mark after the last event closes the matter.
	Recovery *Recovery `yaml:"recovery"`
	// Boot leaves out events soon after a mark: a component that is only
	// starting is not a sick one.
	Boot *Boot `yaml:"boot"`
	// Order leaves out the events that do not stand so.
	Order `yaml:",inline"`
}

// A Threshold holds when all of its non-zero fields do.
type Threshold struct {
	Count  int      `yaml:"count"`  // at least this many events ...
	Within Duration `yaml:"within"` // ... inside a window of this length
	// Of names an entity: Count is of its values, not of events. One value
	// is an event that has the entity at all.
	Of   string   `yaml:"of"`
	Span Duration `yaml:"span"` // first to last event at least this long
	// Active: the last event is at most this long before the end of its log.
	Active Duration `yaml:"active"`
	// Order says which events are counted; none: all.
	Order `yaml:",inline"`
}

// An Order is what must have happened before and behind an event.
type Order struct {
	After   *Step  `yaml:"after"`   // this, before it
	Then    []Step `yaml:"then"`    // these behind it, each behind the one before
	Without *Step  `yaml:"without"` // not this, behind it
}

// A Step is one of some events.
type Step struct {
	// Mark names marks, or other rules: then what they match counts, also
	// where it is no finding.
	Mark   []string `yaml:"mark"`
	Within Duration `yaml:"within"` // at most this far away; 0: anywhere
	Same   string   `yaml:"same"`   // an entity: the step must be about the same one
	// AtEnd is for Without: also when the log ends before the time is over.
	AtEnd bool `yaml:"at_end"`
}

// Recovery is a mark that ends a symptom.
type Recovery struct {
	Mark []string `yaml:"mark"`
	// Same names an entity, or several as "volume+pod": the mark must be
	// about the same one.
	Same string `yaml:"same"`
	// Span limits it: a symptom that went on for this long without a pause
	// of ten minutes is a finding, also when it is over. 0: no limit.
	Span Duration `yaml:"span"`
	// Below limits it: with this many events or more, it stays a finding. 0: no
	// limit. Without Span, what went on for a quarter of an hour is still medium.
	Below int `yaml:"below"`
	// Severity is that of a symptom that is over, which then is a finding
	// too. "": it is none, or info if it went on for a quarter of an hour.
	Severity Severity `yaml:"severity"`
}

// Boot is the start of a component. It reaches back as far, at most two
// minutes, where the component was not up before.
type Boot struct {
	Mark   []string `yaml:"mark"`
	Within Duration `yaml:"within"`
}

// Milder is a lower severity, for lines that match, for few events, or for the
// pods of applications.
type Milder struct {
	Match  string `yaml:"match"`  // RE2 on the line
	Below  int    `yaml:"below"`  // fewer events than this ...
	Unless string `yaml:"unless"` // ... none of whose lines matches this
	// Namespace is "application": events about pods outside the namespaces of the
	// system (see podlog.go), as the line or the path of the log says.
	Namespace string   `yaml:"namespace"`
	Severity  Severity `yaml:"severity"`
}

// A Duration is a time.Duration that yaml writes as "3m".
type Duration time.Duration

// UnmarshalText reads "90s", "3m", "1h".
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	*d = Duration(v)
	return err
}

// MarshalText writes "3m", and nothing for none.
func (d Duration) MarshalText() ([]byte, error) {
	if d == 0 {
		return nil, nil
	}
	return []byte(short(d)), nil
}
