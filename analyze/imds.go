package analyze

import (
	"fmt"
	"slices"

	"github.com/eksleuth/eksleuth/analyze/imds"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

// imds concludes what is wrong with the metadata service. The findings must
// have their IDs.
func (w *writer) imds() (err error) {
	defer func() {
		if r := recover(); r != nil { // as with a check, the report goes on without it
			w.report.IMDS = &imds.Conclusion{State: imds.Unknown, Detail: fmt.Sprintf("stopped: %v", r)}
		}
	}()
	calls, err := w.failedCalls()
	if err != nil {
		return err
	}
	node := sideNode(&w.report.Case, w.c.Facts)
	b := &imds.Bundle{
		Node: node, Instance: node.InstanceID, Region: w.report.Case.Node.Region,
		Made: w.clock.Collected, Facts: index.ByPath(w.c.Facts), Files: filesByPath(w.c.Files), Calls: calls, Findings: w.imdsFindings(), Outcome: w.outcome, Lines: w.lines,
		Denied: map[string]bool{},
	}
	for _, rule := range imds.Denials {
		for _, h := range w.hits(rule) {
			b.Denied[h.Pos.File] = true
		}
	}
	w.report.IMDS, err = imds.Conclude(b)
	return err
}

// failedCalls are the lines that tell of calls that failed, with the text of
// some of each file.
func (w *writer) failedCalls() ([]imds.Call, error) {
	files := map[string]*index.File{}
	for _, f := range w.c.Files {
		files[f.Path] = f
	}
	var calls []imds.Call
	for _, rule := range slices.Concat(imds.Rules, imds.Indirect) {
		gated := map[*index.File]bool{}
		for _, h := range w.hits(rule) {
			f := files[h.Pos.File]
			if _, known := gated[f]; !known {
				gated[f] = w.gated(rule, f)
			}
			calls = append(calls, imds.Call{Rule: rule, At: h.Pos, Time: h.At, File: f, Gated: gated[f]})
		}
	}
	read := imds.Sample(calls)
	at := make([]parsers.Pos, len(read))
	for i, n := range read {
		at[i] = calls[n].At
	}
	texts, err := w.c.Texts(at, maxText)
	if err != nil {
		return nil, err
	}
	for _, n := range read {
		calls[n].Text = texts[calls[n].At]
	}
	return calls, nil
}

// gated reports whether what a rule saw in a file is a finding that matters:
// what was over soon is information, or none.
func (w *writer) gated(rule string, file *index.File) bool {
	from := podLogOf(file)
	return slices.ContainsFunc(w.report.Findings, func(f Finding) bool {
		pods := f.Entities["pod"]
		return f.Rule == rule && f.Severity.Rank() > Info.Rank() && (from.pod == "" || len(pods) == 0 || slices.Contains(pods, from.pod))
	})
}

// imdsFindings are the findings in the form that the conclusion wants.
func (w *writer) imdsFindings() []imds.Finding {
	var out []imds.Finding
	for i := range w.report.Findings {
		f := &w.report.Findings[i]
		x := imds.Finding{ID: f.ID, Rule: f.Rule, Title: f.Title, Summary: f.Summary, ExplainedBy: f.ExplainedBy, Entities: f.Entities, Rank: f.Severity.Rank(), Count: f.Count, Confidence: f.Confidence}
		for _, e := range f.Evidence[:min(len(f.Evidence), maxCited)] {
			x.At = append(x.At, imds.Place{File: e.File, Line: e.Line})
		}
		out = append(out, x)
	}
	return out
}

// maxCited is how many places of a finding the conclusion cites.
const maxCited = 4

// outcome is how a check ended, and its note.
func (w *writer) outcome(id string) (outcome, note string) {
	for i := range w.report.Checks {
		if c := &w.report.Checks[i]; c.ID == id {
			return string(c.Outcome), c.Note
		}
	}
	return "", ""
}
