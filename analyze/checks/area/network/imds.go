package network

import (
	"cmp"
	"fmt"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/imds"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers/ec2"
	"github.com/eksleuth/eksleuth/parsers/instance"
)

// imdsState tells whether the node reached the metadata service, and which options
// it has for this instance.
func imdsState(r *area.Reader) {
	answers(r)
	options(r)
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
	o, note := imds.Find(r.Pass, "any option", func(m *ec2.MetadataOptions) bool { return m.EndpointLine > 0 || m.TokensLine > 0 || m.HopLimitLine > 0 })
	if o == nil {
		r.NotJudged("hop limit, endpoint and tokens", note)
		return
	}
	for _, x := range []struct {
		label, value string
		line         int
	}{
		{"endpoint", o.Endpoint, o.EndpointLine},
		{"tokens", o.Tokens, o.TokensLine},
		{"hop limit", fmt.Sprint(o.HopLimit), o.HopLimitLine},
	} {
		if x.line > 0 {
			r.Say(x.label, cmp.Or(x.value, "-"), o.At(x.line)).Note = note
		}
	}
}
