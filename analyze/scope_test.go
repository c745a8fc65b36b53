package analyze

import "testing"

// TestElsewhere links what is about the same thing, or about the node.
func TestElsewhere(t *testing.T) {
	about := func(group, name, value string) *draft {
		d := &draft{group: group, entity: value}
		d.Scope = scopeOf(group)
		if name != "" {
			d.Entities = map[string][]string{name: {value}}
		}
		return d
	}
	f := func(what string, cause, symptom *draft, want bool) {
		t.Helper()
		if got := cause.elsewhere(symptom); got != want {
			t.Errorf("%s: elsewhere %v, want %v", what, got, want)
		}
	}
	pod := about("pod", "pod", "shop/web-1")
	f("the same pod, without its namespace", pod, about("pod", "pod", "web-1"), false)
	f("another pod", pod, about("pod", "pod", "shop/web-2"), true)
	f("a node and a pod", about("", "", ""), pod, false)
	f("a pod, and a symptom that names it", pod, about("", "pod", "shop/web-1"), false)
	f("a pod, and a symptom that names another", pod, about("", "pod", "shop/web-2"), true)
	f("a pod, and a symptom that names none", pod, about("", "", ""), false)
	f("a disk, and a symptom that names a pod", about("device", "device", "nvme1n1"), about("", "pod", "shop/web-2"), false)
	f("a disk and its partition", about("device", "device", "nvme1n1"), about("device", "device", "nvme1n1p1"), false)
}

// TestNumber_noise puts what nobody suffers from behind what somebody does.
func TestNumber_noise(t *testing.T) {
	draftOf := func(rule string, s Severity, pods ...string) *draft {
		return &draft{Finding: Finding{Rule: rule, Severity: s, Entities: map[string][]string{"pod": pods}}}
	}
	noise, cause, pod, grave := draftOf("a.noise", Medium), draftOf("b.cause", Medium), draftOf("c.pod", Medium, "shop/web-1"), draftOf("d.grave", High)
	effect := draftOf("e.effect", Low, "shop/web-1")
	effect.causes = []*draft{cause}
	w := &writer{drafts: []*draft{noise, cause, pod, grave, effect}, report: &Report{}}
	w.number()
	var got []string
	for _, f := range w.report.Findings {
		got = append(got, f.ID+" "+f.Rule)
	}
	want := []string{"F-001 d.grave", "F-002 b.cause", "F-003 c.pod", "F-004 a.noise", "F-005 e.effect"}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("findings %v, want %v", got, want)
		}
	}
}
