package report

import (
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/coverage"
	"github.com/eksleuth/eksleuth/analyze/side"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// coverage says what was read of the bundle and what could not be judged.
func (t *terminal) coverage() {
	c := &t.r.Coverage
	t.heading("COVERAGE")
	t.prose(2, plain, readLine(c.Files))
	t.prose(2, plain, madeBy(c, "eksleuth validate lists them"))
	if c.Broken != "" {
		t.labelled(2, 0, span{alarm, "damaged:"}, span{plain, c.Broken})
	}
	t.list("further inputs:", furtherInputs(c.Side))
	t.list("not read in full:", troubles(c.Files))
	t.list("could not be judged:", t.gaps(c.Missing))
	t.checks()
}

// gaps puts together what could not be judged for the same reason:
//
//	no ENA interface in networking/ethtool.txt: cannot tell whether the network card was reset
func (t *terminal) gaps(missing []string) []string {
	if t.o.All {
		return missing
	}
	var out []string
	more := map[string]int{} // things of a reason behind the first
	for _, m := range missing {
		reason, _, _ := strings.Cut(m, ": cannot ")
		if _, told := more[reason]; told {
			more[reason]++
			continue
		}
		more[reason] = 0
		out = append(out, m)
	}
	for i, m := range out {
		reason, _, _ := strings.Cut(m, ": cannot ")
		if n := more[reason]; n > 0 {
			out[i] = fmt.Sprintf("%s, and %s", m, plural(n, "thing more", "things more"))
		}
	}
	return out
}

// readLine is the sentence with the sums.
func readLine(files []analyze.CoveredFile) string {
	var bytes, unparsed int64
	lines, read := 0, 0
	for _, f := range files {
		if f.Skipped != "" && f.Lines == 0 { // nothing of it was read
			continue
		}
		read++
		bytes += f.Bytes
		lines += f.Lines
		unparsed += int64(f.Unparsed)
	}
	text := fmt.Sprintf("Read %s, %s, %s", plural(read, "file", "files"), Size(bytes), plural(lines, "line", "lines"))
	if unparsed > 0 {
		text += fmt.Sprintf("; %s of them without the form of their log (continuations, cut lines)", number(unparsed))
	}
	return text + "."
}

// madeBy is the sentence about the collector and the files that it writes.
func madeBy(c *analyze.Coverage, hint string) string {
	m := &c.Collector
	if m.Name == "" {
		return "It is not a bundle as a collector makes it."
	}
	text := fmt.Sprintf("%d of the %d files that %s writes on any node are there", m.Found, m.Of, join(" ", string(m.Name), m.Version))
	if !m.Whole && c.Broken == "" {
		text = "It is a part of a bundle: " + text
	}
	if tally := oddities(c.Expected); tally != "" {
		text += "; " + join(", ", tally, hint)
	}
	return text + "."
}

// oddities counts the files that are not as on a healthy node: "2 are empty".
func oddities(files []coverage.Expected) string {
	var parts []string
	for _, s := range states {
		n := 0
		for _, e := range files {
			if e.State == s && !e.Normal {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, number(int64(n))+" "+stateWords(s, n))
		}
	}
	return strings.Join(parts, ", ")
}

// states are those of files that tell less than they should, the worst first.
var states = []coverage.State{coverage.Missing, coverage.Empty, coverage.Refused, coverage.Undecoded, coverage.Cut, coverage.Skipped}

// stateWords say what is the matter with one file or with several.
func stateWords(s coverage.State, n int) string {
	one, many := "is ", "are "
	rest := map[coverage.State]string{
		coverage.Missing: "missing", coverage.Empty: "empty", coverage.Undecoded: "not readable",
		coverage.Cut: "cut", coverage.Skipped: "left out",
	}
	switch {
	case s == coverage.Refused && n == 1:
		return "holds an error"
	case s == coverage.Refused:
		return "hold an error"
	case n == 1:
		return one + rest[s]
	}
	return many + rest[s]
}

// furtherInputs lists the files that no collector made, with what they have of
// the node.
func furtherInputs(all []side.Input) []string {
	var out []string
	for _, in := range all {
		out = append(out, in.Path+": "+in.Detail)
	}
	return out
}

// troubles lists the files that were skipped, cut, or could not be decoded.
func troubles(files []analyze.CoveredFile) []string {
	var out []string
	others := otherBundles(files)
	for _, name := range others.names {
		out = append(out, fmt.Sprintf("%s: %s of another bundle", name, plural(others.files[name], "file", "files")))
	}
	for _, f := range files {
		why := join("; ", f.Skipped, f.Error)
		_, other := bundle.OtherBundle(f.Skipped)
		switch {
		case why == "" || other:
		case strings.HasPrefix(why, f.Path+":"): // of a decoder, with the line
			out = append(out, why)
		default:
			out = append(out, f.Path+": "+why)
		}
	}
	return out
}

// others are bundles beside the one that was read.
type others struct {
	names []string // in the order of the input
	files map[string]int
}

// otherBundles gathers the files that were skipped because they are of others.
func otherBundles(files []analyze.CoveredFile) others {
	o := others{files: map[string]int{}}
	for _, f := range files {
		name, ok := bundle.OtherBundle(f.Skipped)
		if !ok {
			continue
		}
		if o.files[name] == 0 {
			o.names = append(o.names, name)
		}
		o.files[name]++
	}
	return o
}

// words is the sentence about them; "" for none.
func (o others) words() string {
	n := len(o.names)
	if n == 0 {
		return ""
	}
	named := strings.Join(o.names[:min(n, fewValues)], ", ")
	if n > fewValues {
		named += fmt.Sprintf(" and %d more", n-fewValues)
	}
	if n == 1 {
		return "The input holds another bundle, which was not judged: " + named + "; eksleuth batch analyzes each."
	}
	return fmt.Sprintf("The input holds %d other bundles, which were not judged: %s; eksleuth batch analyzes each.", n, named)
}

// checks counts the outcomes and names the checks that failed.
func (t *terminal) checks() {
	n := map[analyze.Outcome]int{}
	var failed []string
	for _, c := range t.r.Checks {
		n[c.Outcome]++
		if c.Outcome == analyze.Failed {
			failed = append(failed, join(": ", c.ID, c.Error))
		}
	}
	if len(t.r.Checks) > 0 {
		t.prose(2, plain, fmt.Sprintf("%s: %d found something, %d clear, %d without data, %d failed.",
			plural(len(t.r.Checks), "rule or check", "rules and checks"),
			n[analyze.Found], n[analyze.Clear], n[analyze.NoData], n[analyze.Failed]))
	}
	t.list("failed checks:", failed)
	t.prose(2, faint, join(", ", prefixed("eksleuth ", t.r.Tool.Version), prefixed("rules ", t.r.Tool.Rules)))
}

// list writes items below a label, only the first few unless all are asked for.
func (t *terminal) list(label string, items []string) {
	if len(items) == 0 {
		return
	}
	shown := items
	if !t.o.All {
		shown = items[:min(len(items), fewGaps)]
	}
	t.line(2, span{plain, label})
	for _, s := range shown {
		t.item(4, plain, "", clip(s, 500))
	}
	if n := len(items) - len(shown); n > 0 {
		t.line(4, span{faint, fmt.Sprintf("and %s more (--all)", number(int64(n)))})
	}
}
