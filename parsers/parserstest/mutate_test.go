package parserstest

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers"
)

func TestChanges(t *testing.T) {
	type fact struct {
		Rows []struct{ N json.Number }
		Name string
	}
	f := &parsers.Format{Decode: func(_ string, text []byte) (any, error) {
		v := &fact{}
		return v, json.Unmarshal(text, v)
	}}
	before := fields(t, f, "a/b", []byte(`{"Rows": [{"N": 1}, {"N": 2}], "Name": "x"}`))
	after := fields(t, f, "a/b", []byte(`{"Rows": [{"N": 3}], "Name": "x"}`))
	if diff := cmp.Diff([]string{"Rows[0].N: 1 -> 3", "Rows[1].N: 2 -> -"}, changes(before, after)); diff != "" {
		t.Error(diff)
	}
}
