package report

import (
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
)

// coverage says what was read of the bundle and what could not be judged.
func (t *terminal) coverage() {
	c := &t.r.Coverage
	t.heading("COVERAGE")
	t.prose(2, plain, readLine(c.Files))
	if c.Broken != "" {
		t.labelled(2, 0, span{alarm, "damaged:"}, span{plain, c.Broken})
	}
	t.list("not read in full:", troubles(c.Files))
	t.list("could not be judged:", c.Missing)
	t.checks()
}

// readLine is the sentence with the sums.
func readLine(files []analyze.CoveredFile) string {
	var bytes, unparsed int64
	lines := 0
	for _, f := range files {
		bytes += f.Bytes
		lines += f.Lines
		unparsed += int64(f.Unparsed)
	}
	text := fmt.Sprintf("Read %s, %s, %s", plural(len(files), "file", "files"), Size(bytes), plural(lines, "line", "lines"))
	if unparsed > 0 {
		text += fmt.Sprintf("; %s of them without the form of their log (continuations, cut lines)", number(unparsed))
	}
	return text + "."
}

// troubles lists the files that were skipped, cut, or could not be decoded.
func troubles(files []analyze.CoveredFile) []string {
	var out []string
	for _, f := range files {
		if why := join("; ", f.Skipped, f.Error); why != "" {
			out = append(out, f.Path+": "+why)
		}
	}
	return out
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
