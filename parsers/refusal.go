package parsers

import (
	"bytes"
	"regexp"
)

// A Refusal is what a command said instead of doing its work, in the file that
// should hold its output: "-- No entries --", "ipset not installed". It is the
// error of the fact of such a file.
type Refusal struct {
	Kind RefusalKind `json:"kind"`
	Line int         `json:"line"`
	Text string      `json:"text"` // the line, shortened
}

func (r *Refusal) Error() string { return r.Text }

// A RefusalKind says why a command gave no data.
type RefusalKind string

// The kinds of refusals. Nothing is an answer: there was nothing to tell.
const (
	Nothing      RefusalKind = "nothing"       // the journal has no entries of a unit
	NotInstalled RefusalKind = "not-installed" // the command, file or module is not there
	NotServed    RefusalKind = "not-served"    // the program asked did not answer
	Denied       RefusalKind = "denied"        // by permissions, a lock or a policy
	TimedOut     RefusalKind = "timed-out"
)

// refusals are whole lines. None of them has a time, so no log looks like one.
var refusals = []struct {
	kind RefusalKind
	line *regexp.Regexp
}{
	{Nothing, regexp.MustCompile(`^-- No entries --$`)},
	{Nothing, regexp.MustCompile(`^-- (Logs begin|Journal begins) at .* --$`)}, // stands before that, up to systemd 249
	{Nothing, regexp.MustCompile(`^=+ Unable to find KUBECONFIG, IGNORING POD DATA =+$`)},
	{NotInstalled, regexp.MustCompile(`^[\w./-]+: (line \d+: )?[\w./-]+: (command )?not found$`)},
	{NotInstalled, regexp.MustCompile(`^[\w./-]+ (is )?not installed\.?$`)},
	{NotInstalled, regexp.MustCompile(`^[\w./-]+: .*: No such file or directory$`)},
	{NotInstalled, regexp.MustCompile(`^modinfo: ERROR: Module \S+ not found\.$`)},
	{NotServed, regexp.MustCompile(`^404 page not found$|^Not Found$`)},
	{NotServed, regexp.MustCompile(`^curl: \(\d+\) `)},
	{Nothing, regexp.MustCompile(`^ctr: container id must be provided`)}, // there is no container
	{NotServed, regexp.MustCompile(`^ctr: `)},
	{NotServed, regexp.MustCompile(`^(Failed to get D-Bus connection|Failed to connect to bus|Cannot connect to the Docker daemon|Error response from daemon|Unable to connect to the server|The connection to the server \S+ was refused)`)},
	{Denied, regexp.MustCompile(`^[\w./-]+: .*([Pp]ermission denied|Operation not permitted|you must be root.*)\.?$`)},
	{Denied, regexp.MustCompile(`^Another app is currently holding the xtables lock`)},
	{TimedOut, regexp.MustCompile(`^Timed out, ignoring`)},

	// Of the AWS CLI and kubectl, in files that people put beside the bundle.
	{Denied, regexp.MustCompile(`^(?:aws: \[ERROR\]: )?An error occurred \((?:AccessDenied\w*|UnauthorizedOperation|AuthFailure|ExpiredToken\w*|UnrecognizedClientException)\) when calling `)},
	{NotServed, regexp.MustCompile(`^(?:aws: \[ERROR\]: )?An error occurred \([\w.]+\) when calling `)},
	{Denied, regexp.MustCompile(`^Unable to locate credentials|^error: You must be logged in to the server|^Error from server \((?:Forbidden|Unauthorized)\): `)},
	{NotServed, regexp.MustCompile(`^Could not connect to the endpoint URL: |^Error from server(?: \(\w+\))?: `)},
	{Nothing, regexp.MustCompile(`^No resources found(?: in .* namespace)?\.?$`)},
}

// maxRefusal is how long a text can be to be one, in bytes and lines.
const (
	maxRefusal      = SniffLen / 2
	maxRefusalLines = 10
	maxRefusalText  = 300
)

// Refused returns what a command said in the whole text of a file, if all that
// it holds are such lines; else nil. The first that tells of a trouble decides.
func Refused(text []byte) *Refusal {
	if len(text) > maxRefusal || bytes.Count(text, []byte("\n")) > maxRefusalLines {
		return nil
	}
	var first *Refusal
	num := 0
	for line := range bytes.Lines(text) {
		num++
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		kind := refusalOf(line)
		if kind == "" {
			return nil
		}
		if first == nil || first.Kind == Nothing {
			first = &Refusal{kind, num, string(bytes.ToValidUTF8(line[:min(len(line), maxRefusalText)], []byte("?")))}
		}
	}
	return first
}

func refusalOf(line []byte) RefusalKind {
	for _, r := range refusals {
		if r.line.Match(line) {
			return r.kind
		}
	}
	return ""
}
