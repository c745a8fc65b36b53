package tree_test

import (
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

func TestJSONLines(t *testing.T) {
	const text = `{
    "InstanceId": "i-07c3d9ab1e4f301ef",
    "MetadataOptions": {
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 1
    }
}
{"next": null}`
	v, n, err := tree.JSON([]byte(text), 10)
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Get("MetadataOptions", "HttpPutResponseHopLimit"); got.Line != 14 || got.Text != "1" {
		t.Errorf("hop limit = %+v, want 1 on line 14", got)
	}
	if got := v.String("InstanceId"); got != "i-07c3d9ab1e4f301ef" {
		t.Errorf("InstanceId = %q", got)
	}
	if rest := text[n:]; rest != "\n{\"next\": null}" {
		t.Errorf("the rest is %q", rest)
	}
	if v.Get("MetadataOptions", "none", "none") != nil {
		t.Error("a path that is not there has a value")
	}
}

func TestJSONDamaged(t *testing.T) {
	v, _, err := tree.JSON([]byte("{\"a\": 1,\n\"b\": [1, 2"), 1)
	if err == nil || v.String("a") != "1" || len(v.Get("b").Items) != 2 {
		t.Errorf("got %+v, %v; want what stands before the cut, and an error", v, err)
	}
	if _, _, err := tree.JSON([]byte(strings.Repeat("[", 1<<20)), 1); err == nil {
		t.Error("a million brackets are no error")
	}
}

func TestYAMLLines(t *testing.T) {
	docs, err := tree.YAML([]byte("Reservations:\n- Instances:\n  - InstanceId: i-07c3d9ab1e4f301ef\n    MetadataOptions:\n      HttpPutResponseHopLimit: 1\n"))
	if err != nil || len(docs) != 1 {
		t.Fatal(docs, err)
	}
	in := docs[0].Get("Reservations").Items[0].Get("Instances").Items[0]
	if hop := in.Get("MetadataOptions", "HttpPutResponseHopLimit"); hop.Line != 5 || hop.Text != "1" {
		t.Errorf("hop limit = %+v, want 1 on line 5", hop)
	}
	if _, err := tree.YAML([]byte("a: &a [*a, *a]\nb: [*a, *a]\n")); err != nil {
		t.Errorf("aliases: %v", err)
	}
}

func FuzzTree(f *testing.F) {
	f.Add([]byte(`{"a":[1,"b",null,{"c":true}]}`))
	f.Add([]byte("- a: 1\n  b: [x, y]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, n, _ := tree.JSON(text, 1); n > len(text) {
			t.Errorf("JSON used %d of %d bytes", n, len(text))
		}
		_, _ = tree.YAML(text)
	})
}
