package network

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/imds"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/instance"
)

// imdsState tells what was concluded of the metadata service, whether it answered
// the collector, and which options this instance has.
func imdsState(r *area.Reader) {
	c := r.Report.IMDS
	if c != nil {
		conclusion(r, c)
	}
	answers(r)
	options(r)
	if c != nil {
		causes(r, c)
		callers(r, c)
		makers(r, c)
	}
}

// conclusion tells which cause keeps programs from the service, and which do not
// reach it.
func conclusion(r *area.Reader, c *imds.Conclusion) {
	if j := c.Judged(c.Class); j != nil {
		r.Say("conclusion", string(c.Class), proofs(j.For)...).With("%.0f%% sure: %s", 100*c.Confidence, c.Detail)
	}
	if len(c.Host.Point.At) > 0 {
		r.Say("from the node", c.Host.Says, positions(c.Host.Point.At)...).Note = c.Host.Point.Text
	}
	t := r.Table("pods whose calls failed", area.Text("pod"), area.Text("network"), area.Text("how"), area.N("lines"), area.Text("lasting"))
	for _, p := range c.Pods {
		var how []string
		for _, k := range p.Kinds {
			how = append(how, string(k))
		}
		lasting := "no"
		if p.Lasting {
			lasting = "yes"
		}
		t.Row(first(p.At), p.Pod, string(p.Network), cmp.Or(strings.Join(how, ", "), "-"), p.Count, lasting)
	}
}

// causes tells what became of each cause besides the one that was concluded. What
// shows no sign has no place.
func causes(r *area.Reader, c *imds.Conclusion) {
	t := r.Table("other causes", area.Text("cause"), area.Text("is"), area.Text("why"))
	for _, j := range c.Classes {
		switch points := append(proofs(j.For), proofs(j.Against)...); {
		case j.Class == c.Class:
		case j.Says == imds.Unjudged:
			r.NotJudged("whether it is "+string(j.Class), "needs "+cmp.Or(j.Needs, j.Text))
		case len(points) > 0:
			t.Row(points[0], string(j.Class), string(j.Says), j.Text)
		default:
			t.Row(parsers.Pos{}, string(j.Class), string(j.Says), j.Text)
		}
	}
}

// callers lists the programs that would get no answer if tokens were required.
func callers(r *area.Reader, c *imds.Conclusion) {
	t := r.Table("programs that call without a token", area.Text("program"), area.Text("pod"), area.N("calls"), area.N("with token"))
	for _, x := range c.Callers {
		where := cmp.Or(x.Pod, x.Container, "-")
		if x.OnHost {
			where = "the node itself"
		}
		t.Row(first(x.At), x.Process, where, x.Count, x.V2)
	}
}

// makers lists what gives the next instances their options.
func makers(r *area.Reader, c *imds.Conclusion) {
	t := r.Table("options of the next instances", area.Text("of"), area.N("hop limit"), area.Text("tokens"), area.Text("other than here"))
	for i := range c.Makers {
		m := &c.Makers[i]
		limit := "-"
		if m.Settings.HopLimit > 0 {
			limit = fmt.Sprint(m.Settings.HopLimit)
		}
		t.Row(first([]imds.Place{m.At}), m.String(), limit, cmp.Or(m.Settings.Tokens, "-"), cmp.Or(strings.Join(m.Differs, ", "), "-"))
	}
}

// proofs are the places of some points.
func proofs(points []imds.Point) (all []parsers.Pos) {
	for _, p := range points {
		all = append(all, positions(p.At)...)
	}
	return all
}

func positions(places []imds.Place) (all []parsers.Pos) {
	for _, p := range places {
		all = append(all, at(p.File, p.Line))
	}
	return all
}

func first(places []imds.Place) parsers.Pos {
	if len(places) == 0 {
		return parsers.Pos{}
	}
	return at(places[0].File, places[0].Line)
}

// answers tells what the service told the collector: these files are not written
// when it does not answer.
func answers(r *area.Reader) {
	got := 0
	for _, f := range analyze.Facts[instance.Identity](r.Pass) {
		if f.Value.Value != "" {
			got++
			r.Say(string(f.Value.Kind), f.Value.Value, at(f.Path, f.Value.Line)).Note = "the service answered the collector"
		}
	}
	if got > 0 {
		return
	}
	for _, f := range []string{"system/instance-id.txt", "system/region.txt"} {
		if r.File(f) != nil {
			r.Say("answer to the collector", "none", at(r.File(f).Path, 0)).Note = whole.Absent(r.Pass, f)
			return
		}
	}
	r.NotJudged("whether the host reached the service", whole.Absent(r.Pass, "system/instance-id.txt"))
}

// options tells the metadata options of the instance, which describe-instances
// has.
func options(r *area.Reader) {
	o, note := imds.Find(r.Node(), r.Facts, "any option", func(m *ec2.MetadataOptions) bool {
		return m.EndpointLine > 0 || m.TokensLine > 0 || m.HopLimitLine > 0
	})
	if o == nil {
		r.NotJudged("hop limit, endpoint and tokens", note)
		return
	}
	for _, x := range []struct {
		label, value string
		line         int
	}{
		{"endpoint", o.Endpoint, o.EndpointLine}, {"tokens", o.Tokens, o.TokensLine}, {"hop limit", fmt.Sprint(o.HopLimit), o.HopLimitLine},
	} {
		if x.line > 0 {
			r.Say(x.label, cmp.Or(x.value, "-"), o.At(x.line)).Note = note
		}
	}
}
