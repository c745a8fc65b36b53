// Package imds concludes what is wrong with the instance metadata service of a
// node, as seen from the node: which of seven causes keeps programs from it,
// what speaks for each of them and against, and what could not be judged.
//
// [Conclude] makes a [Conclusion] of the facts of a bundle, of the lines that
// tell of failed calls, and of what rules and checks found. The report of a case
// has it under "imds".
//
// Nothing is concluded from silence: a log without failed calls rules out no
// cause, and a hop limit of 1 is no problem where no pod asks for the service.
package imds

import (
	"cmp"
	"slices"
	"time"

	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

// A Class is a cause for which programs of a node get nothing from the service.
type Class string

// The classes. A program can be kept away by several at once; a conclusion
// names the one that explains most.
const (
	Disabled   Class = "disabled"    // HttpEndpoint is disabled
	Blocked    Class = "blocked"     // packet filter rules or network policies are in the way, or an agent answers instead
	NoProfile  Class = "no_profile"  // the service answers, and has no role
	HopLimit   Class = "hop_limit"   // tokens do not reach pods, as their packets may pass no router
	Proxy      Class = "proxy"       // calls go to a proxy, as NO_PROXY does not leave the service out
	SDKVersion Class = "sdk_version" // tokens are required, and the program knows none
	Throttled  Class = "throttled"   // more packets were sent to link-local services than an interface may
)

// Classes are all of them, in the order that decides between equals.
var Classes = []Class{Disabled, Blocked, NoProfile, HopLimit, Proxy, SDKVersion, Throttled}

// A State is how the service is for the programs of the node.
type State string

// The states.
const (
	Failing State = "failing" // calls fail, or cannot succeed
	Working State = "working" // it answered, and no call fails that matters
	Unknown State = "unknown" // nothing tells
)

// A Says is what became of one class.
type Says string

// What can become of a class. Latent is something that is set so that calls of
// some programs would fail, while none does: information, no problem. NoSign is
// what was looked at and shows nothing, which is less than to be ruled out.
const (
	Root         Says = "root"
	Contributing Says = "contributing" // it does harm too, and another explains more
	Possible     Says = "possible"
	Latent       Says = "latent"
	NoSign       Says = "no-sign"
	RuledOut     Says = "ruled-out"
	Unjudged     Says = "unjudged"
)

// A Conclusion is what is known of the service on one node.
type Conclusion struct {
	State      State    `json:"state"`
	Class      Class    `json:"class"` // "" if none is found, or if it cannot be told which
	Confidence float64  `json:"confidence"`
	Detail     string   `json:"detail"`   // a sentence
	Findings   []string `json:"findings"` // IDs, the causes first
	Others     []string `json:"others"`   // IDs of findings that make calls fail, and are none of the classes: a full connection table

	Classes []Judged  `json:"classes"`           // all seven
	Host    Reach     `json:"host"`              // programs with the network of the node
	Pods    []Pod     `json:"pods"`              // those whose calls failed
	Quiet   []string  `json:"quiet"`             // pods with a network of their own without a failed call; that is no proof that theirs succeed
	Options *Settings `json:"options,omitempty"` // of the running instance, if known
	Makers  []Maker   `json:"makers"`            // what gives the next instances their options
	Callers []Caller  `json:"v1_callers"`
	Roles   []Point   `json:"roles"` // ways to credentials without the service that this node has
	Actions []Action  `json:"actions"`
	Notes   []string  `json:"notes"`
}

// A Judged is what became of a class.
type Judged struct {
	Class      Class   `json:"class"`
	Says       Says    `json:"says"`
	Confidence float64 `json:"confidence"` // of root, contributing and possible
	Text       string  `json:"text"`
	For        []Point `json:"for"`
	Against    []Point `json:"against"`
	Needs      string  `json:"needs"` // what would decide it; "" if nothing is missing
}

// A Point is a sentence with its proof.
type Point struct {
	Text string  `json:"text"`
	At   []Place `json:"at"`
}

// A Place is a line of a file of the bundle; Line 0 is the whole file.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// A Reach is how programs of the node fare.
type Reach struct {
	Says  string `json:"says"` // "answered", "failed", "unknown"
	Point Point  `json:"proof"`
}

// What a Reach says.
const (
	Answered = "answered"
	Failed   = "failed"
	NotKnown = "unknown"
)

// A Safety rates what an action can break, as in the rest of the report.
type Safety string

// The ratings.
const (
	Green  Safety = "green"
	Yellow Safety = "yellow"
	Red    Safety = "red"
)

// An Action is something to do next.
type Action struct {
	Text   string `json:"text"`
	Safety Safety `json:"safety"`
}

// A Finding is what a rule or a check found, as far as it matters here.
type Finding struct {
	ID, Rule, Title, Summary string
	ExplainedBy              []string // IDs
	Entities                 map[string][]string
	Rank                     int // of its severity: 5 is critical, 1 is information
	Count                    int
	Confidence               float64
	At                       []Place
}

// A Bundle is what a conclusion is made from.
type Bundle struct {
	Node     *side.Node
	Instance string // ID, for commands; "" if not known
	Region   string
	Made     time.Time    // of the bundle; zero if not known
	Facts    []index.Fact // by path
	Files    []*index.File
	Calls    []Call
	Findings []Finding
	Denied   map[string]bool // files with events of Denials
	// Outcome is how a rule or a check ended ("found", "clear", "no-data"),
	// and its note.
	Outcome func(id string) (outcome, note string)
	// Lines reads a file, as the Lines of a Pass.
	Lines Reader
}

// Conclude says what is known of the service.
func Conclude(b *Bundle) (*Conclusion, error) {
	l, err := newLook(b)
	if err != nil {
		return nil, err
	}
	c := &Conclusion{
		State: Unknown, Host: l.host, Pods: l.pods, Quiet: l.quiet, Makers: l.makers, Callers: l.callers, Roles: l.roles(), Notes: l.notes,
		Findings: []string{},
	}
	if l.options != nil {
		c.Options = l.options.settings()
	}
	for _, class := range Classes {
		j := judges[class](l)
		j.Class = class
		c.Classes = append(c.Classes, j)
	}
	c.choose(l)
	c.Actions = l.advise(c)
	return c, nil
}

// choose names the class of the most confidence among the roots.
func (c *Conclusion) choose(l *look) {
	var roots []*Judged
	for i := range c.Classes {
		if c.Classes[i].Says == Root {
			roots = append(roots, &c.Classes[i])
		}
	}
	slices.SortStableFunc(roots, func(a, b *Judged) int { return cmp.Compare(b.Confidence, a.Confidence) })
	for _, j := range roots[min(len(roots), 1):] {
		j.Says = Contributing
	}
	switch {
	case len(roots) > 0:
		c.State, c.Class, c.Confidence, c.Detail = Failing, roots[0].Class, roots[0].Confidence, roots[0].Text
	case l.fails() && len(l.others()) > 0:
		c.State, c.Others = Failing, l.others()
		c.Detail = "calls fail for a reason of another kind: " + l.titles(c.Others)
	case l.fails():
		c.State, c.Detail = Failing, "calls fail, and the bundle does not tell why: "+c.open()
	case l.host.Says == Answered && len(l.vague()) > 0:
		c.State, c.Detail = Working, "the service answered the node; pods lack what it could give, and do not say that they asked it: "+names(l.vague())
	case l.host.Says == Answered:
		c.State, c.Detail = Working, "the service answered the node, and no failed calls are on record that matter"
	default:
		c.Detail = "nothing in the bundle tells whether the service answers"
	}
	c.Findings = append(c.Findings, l.ids(c.Class)...)
}

// open says which classes are left when none was chosen.
func (c *Conclusion) open() string {
	var left []string
	for _, j := range c.Classes {
		if j.Says == Possible {
			left = append(left, string(j.Class)+" is possible: "+j.Text)
		}
	}
	if len(left) == 0 {
		return "none of the seven causes shows"
	}
	return join(left)
}

// Judged returns what became of a class.
func (c *Conclusion) Judged(class Class) *Judged {
	i := slices.IndexFunc(c.Classes, func(j Judged) bool { return j.Class == class })
	if i < 0 {
		return nil
	}
	return &c.Classes[i]
}

// place is a Pos in the form that a report has.
func place(p parsers.Pos) Place { return Place(p) }

func places(at ...parsers.Pos) []Place {
	var out []Place
	for _, p := range at {
		out = append(out, place(p))
	}
	return out
}
