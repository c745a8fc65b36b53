package report

import (
	"fmt"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/imds"
)

// imds says what was concluded of the metadata service, where calls of it fail
// or everything is asked for. What to do stands with the findings, unless no
// cause was found.
func (t *terminal) imds() {
	c := t.r.IMDS
	if c == nil || c.State != imds.Failing && !t.o.All {
		return
	}
	t.heading("METADATA SERVICE")
	row := func(label, text string) {
		if text != "" {
			t.labelled(2, 9, span{plain, label}, span{plain, text})
		}
	}
	row(string(c.State), concluded(c))
	row("node", proven(c.Host.Says+": "+c.Host.Point.Text, c.Host.Point.At))
	for i := range c.Pods[:few(len(c.Pods), fewValues, t.o.All)] {
		row("pod", podFails(&c.Pods[i]))
	}
	if n := len(c.Pods) - few(len(c.Pods), fewValues, t.o.All); n > 0 {
		row("", fmt.Sprintf("and %s more", number(int64(n))))
	}
	if n := len(c.Quiet); n > 0 && len(c.Pods) > 0 {
		row("others", plural(n, "pod has", "pods have")+" no failed call on record, which is no proof that theirs succeed")
	}
	for i := range c.Callers[:few(len(c.Callers), fewValues, t.o.All)] {
		k := &c.Callers[i]
		row("IMDSv1", proven(fmt.Sprintf("%s called %s without a token", k, plural(k.Count, "time", "times")), k.At))
	}
	for i := range c.Makers {
		row("next node", proven(made(&c.Makers[i]), []imds.Place{c.Makers[i].At}))
	}
	t.classes(c)
	if c.Class == "" {
		for _, a := range c.Actions {
			t.item(2, plain, string(a.Safety), a.Text)
		}
	}
}

// few is how many of n things are shown.
func few(n, most int, all bool) int {
	if all {
		return n
	}
	return min(n, most)
}

// concluded is the class with its sentence.
func concluded(c *imds.Conclusion) string {
	if c.Class == "" {
		return c.Detail
	}
	return fmt.Sprintf("%s (%s sure): %s", c.Class, percent(c.Confidence), c.Detail)
}

func proven(text string, at []imds.Place) string {
	switch {
	case len(at) == 0:
		return text
	case at[0].Line == 0:
		return fmt.Sprintf("%s (%s)", text, at[0].File)
	}
	return fmt.Sprintf("%s (%s:%d)", text, at[0].File, at[0].Line)
}

// podFails says how the calls of a pod fail.
func podFails(p *imds.Pod) string {
	var kinds []string
	for _, k := range p.Kinds {
		kinds = append(kinds, string(k))
	}
	text := fmt.Sprintf("%s: %s in %s", p.Pod, strings.Join(kinds, ", "), plural(p.Count, "line", "lines"))
	switch {
	case p.Network == imds.OfHost:
		text += ", network of the node"
	case p.Network == imds.Own:
		text += ", network of its own"
	}
	if !p.Lasting {
		text += "; the program went on"
	}
	return proven(text, p.At)
}

// made says what the next instances get.
func made(m *imds.Maker) string {
	switch {
	case len(m.Differs) > 0:
		return fmt.Sprintf("%s: %s", m, strings.Join(m.Differs, ", "))
	case m.Settings.HopLimit > 0:
		return fmt.Sprintf("%s has a hop limit of %d", m, m.Settings.HopLimit)
	}
	return m.String()
}

// classes lists the causes that were not chosen: what else is possible, what is
// ruled out and what could not be judged.
func (t *terminal) classes(c *imds.Conclusion) {
	var out, needs []string
	unseen := map[string][]string{}
	for i := range c.Classes {
		switch j := &c.Classes[i]; j.Says {
		case imds.Possible, imds.Contributing, imds.Latent:
			t.labelled(2, 9, span{plain, string(j.Says)}, span{plain, fmt.Sprintf("%s: %s", j.Class, j.Text)})
		case imds.RuledOut:
			out = append(out, string(j.Class))
		case imds.Unjudged:
			if unseen[j.Needs] == nil {
				needs = append(needs, j.Needs)
			}
			unseen[j.Needs] = append(unseen[j.Needs], string(j.Class))
		}
	}
	if len(out) > 0 {
		t.labelled(2, 9, span{plain, "not"}, span{plain, strings.Join(out, ", ")})
	}
	for _, need := range needs {
		t.labelled(2, 9, span{plain, "unjudged"}, span{plain, fmt.Sprintf("%s, without %s", strings.Join(unseen[need], ", "), need)})
	}
}
