package parserstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers"
)

// A Mutation is a change of one place of a snapshot and all that it must change
// in the fact.
type Mutation struct {
	File     string // path of a file in testdata
	Old, New string // the first Old in its text becomes New

	// Want are the changes as "Space[0].Percent: 93 -> 95": the field as JSON
	// names it, what it was and what it is; "-" where there was or is none.
	Want []string
}

// Mutate tests that each change of a text changes exactly the fact it should.
func Mutate(t *testing.T, f *parsers.Format, mutations ...Mutation) {
	t.Helper()
	files := Files(t, "testdata")
	for _, m := range mutations {
		i := slices.IndexFunc(files, func(file File) bool {
			return file.Path == m.File && bytes.Contains(file.Text, []byte(m.Old))
		})
		if i < 0 {
			t.Errorf("no file %s in testdata has %q", m.File, m.Old)
			continue
		}
		before := fields(t, f, m.File, files[i].Text)
		after := fields(t, f, m.File, bytes.Replace(files[i].Text, []byte(m.Old), []byte(m.New), 1))
		if diff := cmp.Diff(slices.Sorted(slices.Values(m.Want)), changes(before, after)); diff != "" {
			t.Errorf("%s with %q for %q changes (-want +got):\n%s", m.File, m.New, m.Old, diff)
		}
	}
}

// fields are all values of a fact by their place in it.
func fields(t *testing.T, f *parsers.Format, path string, text []byte) map[string]string {
	t.Helper()
	v, err := f.Decode(path, text)
	if err != nil {
		return map[string]string{"error": err.Error()}
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	flatten(out, "", tree)
	return out
}

func flatten(out map[string]string, at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if at != "" {
				key = at + "." + key
			}
			flatten(out, key, value)
		}
	case []any:
		for i, value := range v {
			flatten(out, fmt.Sprintf("%s[%d]", at, i), value)
		}
	default:
		out[at] = fmt.Sprint(v)
	}
}

func changes(before, after map[string]string) []string {
	var out []string
	for at, old := range before {
		if now, ok := after[at]; !ok {
			out = append(out, fmt.Sprintf("%s: %s -> -", at, old))
		} else if now != old {
			out = append(out, fmt.Sprintf("%s: %s -> %s", at, old, now))
		}
	}
	for at, now := range after {
		if _, ok := before[at]; !ok {
			out = append(out, fmt.Sprintf("%s: - -> %s", at, now))
		}
	}
	slices.Sort(out)
	return out
}
