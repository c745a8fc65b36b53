package analyze

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/node"
)

// TestRule_mended wants all versions that a node tells to have the fix.
func TestRule_mended(t *testing.T) {
	rules, err := parseRules("test.yaml", []byte(`[{id: test.bug, title: t, severity: high, component: kubelet, source: [kubelet], match: 'a bug', fixed_in: {kubelet: "1.31.2"}}]`))
	if err != nil {
		t.Fatal(err)
	}
	f := func(want bool, sentence string, versions ...string) {
		t.Helper()
		card := &node.Card{}
		if len(versions) > 0 {
			a := node.Attribute{Name: "software.kubelet", Value: versions[0]}
			for _, v := range versions[1:] {
				a.Others = append(a.Others, node.Reading{Value: v})
			}
			card.Attributes = append(card.Attributes, a)
		}
		if got := rules[0].mended(card); got != want {
			t.Errorf("kubelet %q: mended %v, want %v", versions, got, want)
		}
		if got := rules[0].fixedIn(card); got != sentence {
			t.Errorf("kubelet %q: %q, want %q", versions, got, sentence)
		}
	}
	f(true, "Fixed in kubelet 1.31.2; this node has v1.31.4, so it has another cause, and is told for information.", "v1.31.4")
	f(true, "Fixed in kubelet 1.31.2; this node has v1.31.2-eks-94953ac, so it has another cause, and is told for information.", "v1.31.2-eks-94953ac", "v1.32.0")
	f(false, "Fixed in kubelet 1.31.2; this node has v1.31.1.", "v1.31.1")
	f(false, "Fixed in kubelet 1.31.2; this node has v1.30.9.", "v1.31.4", "v1.30.9")
	f(false, "Fixed in kubelet 1.31.2; this node has new, which cannot be compared.", "new")
	f(false, "Fixed in kubelet 1.31.2; the bundle does not tell which this node has.")
}
