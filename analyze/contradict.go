package analyze

import (
	"math"
	"slices"
	"strings"
)

// doubted is what is left of the confidence of a finding when another one
// contradicts it.
const doubted = 0.6

// doubts reports that d names the rule of another finding, or the rule and the
// entity: "id@entity".
func (d *draft) doubts(other *draft) bool {
	return slices.ContainsFunc(d.contradicts, func(pattern string) bool {
		rule, entity, only := strings.Cut(pattern, "@")
		return IDGlob(rule, other.Rule) && (!only || entity == other.entity)
	})
}

// contradict makes findings less sure that others contradict. Several do no
// more than one: they may all say the same.
func (w *writer) contradict() {
	for _, c := range w.drafts {
		for _, d := range w.drafts {
			if d == c || !c.doubts(d) {
				continue
			}
			if len(d.against) == 0 {
				d.Confidence = math.Round(d.Confidence*doubted*100) / 100
			}
			d.against = append(d.against, c)
		}
	}
}
