package analyze

import "slices"

// scopes are what findings can be about, by the entity that groups them. What
// is not here is about the node: a process or an error is no object of its own.
var scopes = map[string]string{
	"pod": "pod", "pod_uid": "pod", "container": "container", "container_id": "container", "image": "image",
	"device": "device", "volume": "volume", "interface": "interface", "eni": "interface",
	"unit": "unit", "service": "service", "driver": "driver", "namespace": "namespace",
}

// nodeScope is the scope of what is about the node as a whole.
const nodeScope = "node"

// scopeOf is what a finding is about whose rule has a group.
func scopeOf(group string) string {
	for _, entity := range entityList(group) {
		if s := scopes[entity]; s != "" {
			return s
		}
	}
	return nodeScope
}

// scope is what a finding of the group is about. A group by several entities
// may lack some.
func (g *group) scope() string {
	for _, entity := range entityList(g.kind) {
		if s := scopes[entity]; s != "" && len(g.entities[entity]) > 0 {
			return s
		}
	}
	return nodeScope
}

// objects are the entities that somebody misses when they do not work.
var objects = []string{"pod", "pod_uid", "container", "container_id", "volume"}

// touches reports whether something that runs on the node suffers from d, or
// another finding follows from it.
func (d *draft) touches(causes map[*draft]bool) bool {
	return causes[d] || slices.ContainsFunc(objects, func(name string) bool { return len(d.Entities[name]) > 0 })
}

// ofOthers reports that d is about one pod, and the symptom, which is not about
// one thing, names pods or containers and not that one.
func (d *draft) ofOthers(symptom *draft) bool {
	if scopeOf(d.group) != "pod" || scoped(symptom.group) {
		return false
	}
	named := false
	for _, name := range objects {
		for _, v := range symptom.Entities[name] {
			if named = true; slices.ContainsFunc(d.Entities[name], func(o string) bool { return sameThing(o, v) }) {
				return false
			}
		}
	}
	return named
}

// noiseRank is the highest rank of findings that stand behind others of the same
// severity when they touch nothing.
var noiseRank = Medium.Rank()

// noise is 1 for findings of which nothing suffers, as the logs tell.
func (d *draft) noise(causes map[*draft]bool) int {
	return boolInt(d.Severity.Rank() <= noiseRank && !d.touches(causes))
}

// causing are the drafts from which others follow.
func causing(drafts []*draft) map[*draft]bool {
	causes := map[*draft]bool{}
	for _, d := range drafts {
		for _, c := range d.causes {
			causes[c] = true
		}
	}
	return causes
}
