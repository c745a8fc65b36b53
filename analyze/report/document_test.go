package report

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOutline(t *testing.T) {
	v := map[string]any{
		"id": "state.x", "off": false, "gate": nil, "match": "", "none": []string{}, "text": "null and void",
		"deep": map[string]any{"a": map[string]any{"b": ""}, "n": 0, "list": []any{"", map[string]any{"c": nil, "d": true}}},
	}
	var out bytes.Buffer
	if err := Outline(&out, v); err != nil {
		t.Fatal(err)
	}
	want := "deep:\n  list:\n    - \"\"\n    - d: true\n  n: 0\nid: state.x\ntext: null and void\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

type part struct {
	Names []string       `json:"names"`
	More  map[string]int `json:"more"`
}

// TestJSON_embedded holds that lists of an embedded struct are not null either.
func TestJSON_embedded(t *testing.T) {
	type whole struct {
		part
		Deep []part `json:"deep"`
		own  []int
	}
	var out bytes.Buffer
	if err := JSON(&out, whole{Deep: []part{{}}, own: nil}, false); err != nil {
		t.Fatal(err)
	}
	want := `{"names":[],"more":{},"deep":[{"names":[],"more":{}}]}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
