package score

import (
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
)

// A Result is what came of one bundle.
type Result struct {
	Bundle string `json:"bundle"` // name in the archive
	SHA256 string `json:"sha256"`
	Node   Node   `json:"node"`
	Error  string `json:"error"`  // why it could not be analyzed; "" when it was
	Broken string `json:"broken"` // where a damaged archive stopped; "" when it was whole

	Labelled   bool   `json:"labelled"`
	LabelError string `json:"label_error"` // why its label cannot be read
	Clean      bool   `json:"clean"`       // nothing is wrong with the node, its label says

	Findings []Finding `json:"findings"`
	Wants    []Want    `json:"wants"` // what the label asks for, in its order
	Cause    State     `json:"cause"` // of the likely root cause; "" when the label says nothing of it
	// Hypothesis is the title of the likely root cause; "" for none.
	Hypothesis string   `json:"hypothesis"`
	Notes      []string `json:"notes"`
}

// A Node is what a fleet is sorted by. Unknown is "".
type Node struct {
	Case         string `json:"case"`
	InstanceID   string `json:"instance_id"`
	InstanceType string `json:"instance_type"`
	CollectedAt  string `json:"collected_at"`
	Collector    string `json:"collector"` // version
	OS           string `json:"os"`
	Kernel       string `json:"kernel"`
	Kubelet      string `json:"kubelet"`
	Containerd   string `json:"containerd"`
	CNI          string `json:"cni"`
}

// A Finding is one finding of a result.
type Finding struct {
	Fingerprint string           `json:"fingerprint"`
	Rule        string           `json:"rule"`
	Severity    analyze.Severity `json:"severity"`
	Title       string           `json:"title"`
	File        string           `json:"file"` // of the first proof
	Line        int              `json:"line"`
	Verdict     Verdict          `json:"verdict"`
	Why         string           `json:"why"` // it is false
}

// A Verdict says whether a finding is right.
type Verdict string

// The verdicts.
const (
	Unjudged Verdict = ""      // the label does not say
	True     Verdict = "true"  // the label knows of it
	False    Verdict = "false" // it is forbidden, or the label knows of all and not of it
)

// A Want is what a label asks for, and what came of that.
type Want struct {
	Rule    string   `json:"rule"`    // "" for a line that proves a problem
	Problem string   `json:"problem"` // "" for a rule
	File    string   `json:"file"`
	Line    int      `json:"line"`
	State   State    `json:"state"`
	By      []string `json:"by"`   // the rules that tell of the line
	Note    string   `json:"note"` // why it is not met
}

// A State says whether something asked for is in the report.
type State string

// The states.
const (
	Met           State = "met"           // a finding says it
	Held          State = "held"          // it matched and a gate holds it back, as it should or may
	Missed        State = "missed"        // it could have been said, and is not
	Indeterminate State = "indeterminate" // it could not be judged: no data, or the bundle is broken
)

// The limits of what is kept of a report.
const (
	maxTitle = 200 // bytes
	maxNote  = 300
)

// Judge compares a report with what is known of its bundle. Nil label means
// that nothing is.
func Judge(r *analyze.Report, l *Label) *Result {
	out := &Result{SHA256: r.Case.SHA256, Node: nodeOf(r), Broken: clip(r.Coverage.Broken, maxNote)}
	if len(r.Hypotheses) > 0 {
		out.Hypothesis = clip(r.Hypotheses[0].Title, maxTitle)
	}
	for i := range r.Findings {
		out.Findings = append(out.Findings, brief(&r.Findings[i]))
	}
	if l != nil {
		j := newJudge(r, l)
		j.wants(out)
		j.verdicts(out)
		j.cause(out)
		out.Labelled, out.Clean, out.Notes = true, l.Clean, l.Notes
	}
	return out
}

// Unreadable is the result of a bundle that could not be analyzed: nothing that
// its label asks for can be judged.
func Unreadable(reason string, l *Label) *Result {
	out := &Result{Error: clip(reason, maxNote)}
	if l == nil {
		return out
	}
	out.Labelled, out.Clean, out.Notes = true, l.Clean, l.Notes
	j := newJudge(&analyze.Report{}, l)
	j.wants(out)
	for i := range out.Wants {
		out.Wants[i].State, out.Wants[i].Note = Indeterminate, "the bundle could not be analyzed"
	}
	if l.Cause != nil || slices.ContainsFunc(l.Problems, func(p Problem) bool { return p.Root }) {
		out.Cause = Indeterminate
	}
	return out
}

func nodeOf(r *analyze.Report) Node {
	n := r.Case.Node
	node := Node{
		Case: r.Case.ID, InstanceID: r.Case.InstanceID, InstanceType: n.InstanceType, CollectedAt: r.Case.CollectedAt,
		Collector: r.Case.CollectorVersion, OS: n.OS, Kernel: n.Kernel, Kubelet: n.Kubelet, Containerd: n.Containerd, CNI: n.CNI,
	}
	for _, s := range []*string{&node.InstanceType, &node.Collector, &node.OS, &node.Kernel, &node.Kubelet, &node.Containerd, &node.CNI} {
		*s = clip(*s, maxTitle)
	}
	return node
}

func brief(f *analyze.Finding) Finding {
	out := Finding{Fingerprint: f.Fingerprint, Rule: f.Rule, Severity: f.Severity, Title: clip(f.Title, maxTitle)}
	if len(f.Evidence) > 0 {
		out.File, out.Line = f.Evidence[0].File, f.Evidence[0].Line
	}
	return out
}

// clip shortens a text that came out of a bundle.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && s[most]&0xc0 == 0x80 { // the middle of a character
		most--
	}
	return s[:most] + "..."
}
