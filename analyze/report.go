package analyze

import (
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/analyze/imds"
	"github.com/eksleuth/eksleuth/analyze/ledger"
	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/parsers"
)

// Schema is the name of the report format below. A field is added to it
// freely; removing or renaming one makes a v2.
const Schema = "eksleuth.report/v1"

// A Report is everything an analysis says. Its JSON form is a contract.
type Report struct {
	Schema     string       `json:"schema"`
	Tool       Tool         `json:"tool"`
	Case       CaseInfo     `json:"case"`
	Coverage   Coverage     `json:"coverage"`
	Checks     []CheckState `json:"checks"`
	Findings   []Finding    `json:"findings"`
	Suppressed []Suppressed `json:"suppressed"`
	Hypotheses []Hypothesis `json:"hypotheses"`

	// Limits are how much of what the node may have is in use.
	Limits []ledger.Entry `json:"limits"`

	// IMDS is what was concluded of the metadata service.
	IMDS *imds.Conclusion `json:"imds,omitempty"`
}

// Tool names the program and the rules that made a report.
type Tool struct {
	Version string `json:"version"`
	Rules   string `json:"rules"` // hash over rules, checks and runbooks in force
}

// CaseInfo says which node and bundle a report is about. Unknown is "".
type CaseInfo struct {
	ID               string `json:"id"`
	Bundle           string `json:"bundle"` // base name of the input
	SHA256           string `json:"sha256"`
	InstanceID       string `json:"instance_id"`
	CollectorVersion string `json:"collector_version"`
	CollectedAt      string `json:"collected_at"` // RFC 3339, UTC
	Node             Node   `json:"node"`

	// Card is all that is known of the node, with where it stands.
	Card *node.Card `json:"card,omitempty"`
}

// A Node is the identity of the node. Each field is "" when the bundle does
// not hold it.
type Node struct {
	Hostname         string `json:"hostname"`
	Region           string `json:"region"`
	AvailabilityZone string `json:"availability_zone"`
	InstanceType     string `json:"instance_type"`
	OS               string `json:"os"`
	Kernel           string `json:"kernel"`
	Kubelet          string `json:"kubelet"`
	Containerd       string `json:"containerd"`
	CNI              string `json:"cni"`
	BootedAt         string `json:"booted_at"` // RFC 3339, UTC
}

// Coverage says what was in the bundle and what was read of it.
type Coverage struct {
	Files   []CoveredFile `json:"files"`
	Missing []string      `json:"missing"` // what could not be judged, and for want of which file
	// Broken says where a damaged archive stopped; "" when it was whole.
	Broken string `json:"broken,omitempty"`
	// Side are the files that no collector made, such as the output of
	// describe-instances, and what they have of this node.
	Side []side.Input `json:"side,omitempty"`

	Collector coverage.Collector  `json:"collector"`
	Totals    coverage.Totals     `json:"totals"`
	Expected  []coverage.Expected `json:"expected"` // the files that this collector writes on such a node
	Logs      []coverage.Log      `json:"logs"`     // from when to when the logs reach
}

// A CoveredFile is one file of the bundle.
type CoveredFile struct {
	Path     string `json:"path"`
	Format   string `json:"format"` // "" is plain text
	Bytes    int64  `json:"bytes"`
	Lines    int    `json:"lines"`
	Unparsed int    `json:"unparsed"`
	Skipped  string `json:"skipped"`
	Error    string `json:"error"`

	State   coverage.State   `json:"state"`
	Refusal *parsers.Refusal `json:"refusal,omitempty"` // what a command said instead of its output
}

// An Outcome is how a check ended.
type Outcome string

// The outcomes. Silence is not health: a check without evidence is NoData.
const (
	Found  Outcome = "found"   // there is at least one finding
	Clear  Outcome = "clear"   // the evidence was there and shows no problem
	NoData Outcome = "no-data" // the bundle has none of the needed sources
	Failed Outcome = "failed"  // the check could not finish
)

// A CheckState is the outcome of one rule or check.
type CheckState struct {
	ID      string  `json:"id"`
	Outcome Outcome `json:"outcome"`
	Error   string  `json:"error,omitempty"`
	Note    string  `json:"note,omitempty"` // what was looked at, or what was missing
}

// A Severity ranks findings.
type Severity string

// The severities: critical, the node or a core component does not work; high,
// workloads are affected or data is at risk; medium, degraded or a probable
// cause; low, hygiene or a weak signal; info, context for other findings.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
	Info     Severity = "info"
)

// Rank orders severities: 5 for critical down to 1 for info, 0 for anything else.
func (s Severity) Rank() int {
	switch s {
	case Critical:
		return 5
	case High:
		return 4
	case Medium:
		return 3
	case Low:
		return 2
	case Info:
		return 1
	}
	return 0
}

// A Kind says what a finding was concluded from.
type Kind string

// The kinds of findings.
const (
	FromLog     Kind = "log"     // lines of logs
	FromState   Kind = "state"   // snapshot files
	FromAbsence Kind = "absence" // something that should be there and is not
)

// A Finding is one problem in one bundle.
type Finding struct {
	ID          string              `json:"id"`          // F-001; stays with the finding in its case
	Fingerprint string              `json:"fingerprint"` // rule and entity; the same in every bundle and release
	Rule        string              `json:"rule"`
	Kind        Kind                `json:"kind"`
	Scope       string              `json:"scope"` // what it is about: "node", "pod", "container", "device", ...
	Severity    Severity            `json:"severity"`
	Confidence  float64             `json:"confidence"` // 0 to 1: how sure it is that this is the problem it names
	Component   string              `json:"component"`
	Title       string              `json:"title"`
	Summary     string              `json:"summary"` // the title with the facts of this bundle
	Count       int                 `json:"count"`   // lines that tell of it, copies counted once; of a state finding it says nothing
	FirstSeen   string              `json:"first_seen"`
	LastSeen    string              `json:"last_seen"`
	TimeQuality TimeQuality         `json:"time_quality"`
	Entities    map[string][]string `json:"entities"`
	Evidence    []Evidence          `json:"evidence"`
	ExplainedBy []string            `json:"explained_by"` // IDs of findings that cause this one
	// ContradictedBy are the IDs of findings that speak against this one; its
	// confidence is lower for them.
	ContradictedBy []string `json:"contradicted_by,omitempty"`
	Runbook        string   `json:"runbook"`
	Actions        []Action `json:"actions"`
	References     []string `json:"references"`
	Baseline       bool     `json:"baseline"`

	// Incidents are the first events of a finding whose events are blocks of
	// lines, with what these tell.
	Incidents []Incident `json:"incidents,omitempty"`
	// Intervals are when the problem lasted, if lines can tell that it was
	// over; at most the last 16. The last one is open if it went on to the end.
	Intervals []Interval `json:"intervals,omitempty"`
}

// Finding returns the finding with an ID, or nil. Upper and lower case and
// zeros at the front do not matter: f-1 is F-001.
func (r *Report) Finding(id string) *Finding {
	want, ok := findingNumber(id)
	for i := range r.Findings {
		if n, _ := findingNumber(r.Findings[i].ID); ok && n == want {
			return &r.Findings[i]
		}
	}
	return nil
}

// findingNumber is the 7 of F-007.
func findingNumber(id string) (uint64, bool) {
	digits, ok := strings.CutPrefix(strings.ToUpper(id), "F-")
	n, err := strconv.ParseUint(digits, 10, 32)
	return n, ok && err == nil
}

// A TimeQuality says how far the times of a finding can be trusted.
type TimeQuality string

// The qualities of times.
const (
	Exact        TimeQuality = "exact"         // the line says the instant
	YearInferred TimeQuality = "year-inferred" // the line lacks year or zone
	BootRelative TimeQuality = "boot-relative" // counted from the boot time
	NoTime       TimeQuality = "none"
)

// Evidence is one line (or, with Line 0, one file) that proves a finding.
type Evidence struct {
	File string `json:"file"`
	Line int    `json:"line"` // as in sed -n LINEp
	Time string `json:"time"` // RFC 3339, UTC; "" when unknown
	Text string `json:"text"` // the line, cut at 2 KiB
}

// A Safety rates what an action can break.
type Safety string

// The safety ratings.
const (
	Green  Safety = "green"  // reads only
	Yellow Safety = "yellow" // changes something, can be undone
	Red    Safety = "red"    // can break workloads or security
)

// An Action is something to do next.
type Action struct {
	Text   string `json:"text" yaml:"text"`
	Safety Safety `json:"safety" yaml:"safety"`
}

// Suppressed is what a rule matched without making a finding.
type Suppressed struct {
	Rule     string     `json:"rule"`
	Reason   string     `json:"reason"` // gate, recovered, benign, explained, not-applicable, off
	Detail   string     `json:"detail"` // the reason in a sentence
	Count    int        `json:"count"`
	Evidence []Evidence `json:"evidence"`
	// Intervals are when it lasted, if it was closed; at most the last 16.
	Intervals []Interval `json:"intervals,omitempty"`

	entities []string // that the matches are about
	lasted   []interval
}

// A Hypothesis is a likely root cause: a finding that others follow from.
type Hypothesis struct {
	ID         string   `json:"id"` // H-01
	Title      string   `json:"title"`
	Confidence float64  `json:"confidence"`
	Chain      []string `json:"chain"`   // finding IDs, cause first
	For        []string `json:"for"`     // finding IDs
	Against    []string `json:"against"` // sentences
	Runbook    string   `json:"runbook"`
}

// rfc3339 formats an instant for a report; "" for the zero time.
func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
