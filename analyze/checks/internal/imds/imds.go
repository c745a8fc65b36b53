// Package imds gives the checks of the metadata service what they share: the
// options of this node's instance, and the calls that failed.
package imds

import (
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/imds"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/instance"
	"github.com/eksleuth/eksleuth/parsers/uname"
)

// A Self is what the bundle says of the node's identity, its side inputs left
// aside. Unknown fields are "".
type Self struct{ InstanceID, Hostname string }

// Node returns what the bundle says of the node's identity.
func Node(p *analyze.Pass) Self {
	n := Self{InstanceID: p.Case.InstanceID, Hostname: p.Case.Node.Hostname}
	for _, f := range analyze.Facts[instance.Identity](p) {
		if f.Value.Kind == instance.ID && n.InstanceID == "" {
			n.InstanceID = f.Value.Value
		}
	}
	for _, f := range analyze.Facts[uname.Name](p) {
		if n.Hostname == "" {
			n.Hostname = f.Value.Hostname
		}
	}
	return n
}

// Options are the metadata options of the node's instance.
type Options = imds.Options

// Find looks for the options in the outputs of describe-instances. Without
// options, the note says why.
func Find(p *analyze.Pass, option string, has func(m *ec2.MetadataOptions) bool) (found *Options, note string) {
	return imds.Find(p.Node(), p.Facts, option, has)
}

// NoData is the verdict without options. That an output is there and does not
// tell is another matter than that there is none.
func NoData(p *analyze.Pass, note string) analyze.Verdict {
	return analyze.Verdict{Outcome: analyze.NoData, Note: note, Silent: len(analyze.Facts[ec2.Instances](p)) > 0}
}

// Failures are the programs whose calls of the service failed, as the lines of
// rules tell it: pods, and in host those of the node itself. Few lines of each
// log are read.
func Failures(p *analyze.Pass) (pods []imds.Pod, host *imds.Pod) {
	files := map[string]*index.File{}
	for _, f := range p.Files {
		files[f.Path] = f
	}
	var calls []imds.Call
	for _, rule := range slices.Concat(imds.Rules, imds.Indirect) {
		for _, h := range p.Hits(rule) {
			calls = append(calls, imds.Call{Rule: rule, At: h.Pos, Time: h.At, File: files[h.Pos.File]})
		}
	}
	for _, n := range imds.Sample(calls) {
		calls[n].Text = p.Line(calls[n].At)
	}
	return imds.Fails(calls, imds.NewNetworks(p.Node(), p.Facts), p.Clock.Collected)
}

// Vague are pods that lack credentials or metadata without saying why. One that
// has a role of its own, and is refused with it, has another problem.
func Vague(p *analyze.Pass, pods []imds.Pod) []*imds.Pod {
	denied := map[string]bool{}
	for _, rule := range imds.Denials {
		for _, h := range p.Hits(rule) {
			denied[h.Pos.File] = true
		}
	}
	return imds.Vague(pods, func(file string) bool { return denied[file] })
}

// Actions are those of the conclusion, for a finding.
func Actions(all []imds.Action) (out []analyze.Action) {
	for _, a := range all {
		out = append(out, analyze.Action{Text: a.Text, Safety: analyze.Safety(a.Safety)})
	}
	return out
}

// Hits returns the places of the events of some rules, and how many there are.
// Of each rule the first few places are enough.
func Hits(p *analyze.Pass, rules ...string) (at []parsers.Pos, n int) {
	const few = 3
	for _, rule := range rules {
		hits := p.Hits(rule)
		n += len(hits)
		for _, h := range hits[:min(len(hits), few)] {
			at = append(at, h.Pos)
		}
	}
	return at, n
}
