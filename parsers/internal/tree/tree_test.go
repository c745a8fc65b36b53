package tree_test

import (
	"fmt"
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
	if _, err := tree.YAML([]byte("a: 1\n\tb: 2\n")); err == nil || err.Error() != "line 2: found a tab character that violates indentation" {
		t.Errorf("the error of a tab is %v", err)
	}
	if _, err := tree.YAML([]byte("a: &a [*a, *a]\nb: [*a, *a]\n")); err != nil {
		t.Errorf("aliases: %v", err)
	}
}

// YAML takes a carriage return for the end of a line; sed and we do not.
func TestYAMLLines_carriage_returns(t *testing.T) {
	docs, err := tree.YAML([]byte("a: 1\rb: 2\rc: 3"))
	if err != nil || docs[0].Get("c").Line != 1 {
		t.Errorf("YAML = %+v, %v, want c on line 1", docs, err)
	}
}

// A text or a key that is longer than any real one is cut, in both languages.
func TestLong(t *testing.T) {
	long := strings.Repeat("é", 400_000)
	fromJSON, _, err := tree.JSON([]byte(`{"a":"`+long+`","`+long+`":1,"b":2}`), 1)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := tree.YAML([]byte("a: " + long + "\n? " + long + "\n: 1\nb: 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	for language, v := range map[string]*tree.Value{"JSON": fromJSON, "YAML": docs[0]} {
		text, key := v.String("a"), v.Keys[1]
		if len(text) > 300_000 || len(key) > 300_000 || !strings.HasPrefix(text, "éé") || v.String("b") != "2" {
			t.Errorf("%s: a text of %d bytes, a key of %d, b = %q", language, len(text), len(key), v.String("b"))
		}
	}
}

func TestDocuments(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		docs, notes, err := tree.Documents([]byte(text))
		var b strings.Builder
		for _, d := range docs {
			fmt.Fprintf(&b, "doc %d %q ", d.Line, d.Keys)
		}
		for _, n := range notes {
			fmt.Fprintf(&b, "note %d %s ", n.Line, n.Text)
		}
		if err != nil {
			fmt.Fprintf(&b, "error %v", err)
		}
		if got := strings.TrimSpace(b.String()); got != want {
			t.Errorf("Documents(%q) = %s, want %s", text, got, want)
		}
	}
	f("", "")
	f(" \n\n", "")
	f(`{"a":1}{"b":2}`, `doc 1 ["a"] doc 1 ["b"]`)
	f("{\n\"a\":1\n}\n404 page not found\n  {\"b\":2}\n", `doc 1 ["a"] doc 5 ["b"] note 4 404 page not found`)
	f("{\"a\":1,\n\"b\":[1", `doc 1 ["a" "b"] error line 2: unexpected EOF`)
	f("{\"a\":1\n\"b\":2}\n{\"c\":3}", `doc 1 ["a"] doc 3 ["c"] note 2 "b":2} error line 2: invalid character '"' after object key:value pair`)
	f("x {\n{\"a\":1}", `doc 2 ["a"] note 1 x {`)
}

// A hostile text is not read document by document without end.
func TestDocuments_hostile(t *testing.T) {
	for _, part := range []string{"{\n", "[", "[1,", "{\"a\":", "{}", "x\n", "{\"a\" \n"} {
		docs, notes, err := tree.Documents([]byte(strings.Repeat(part, 1<<20/len(part))))
		if len(docs) > 1000 || len(notes) > 100 || part != "x\n" && err == nil {
			t.Errorf("%q repeated: %d documents, %d notes, %v", part, len(docs), len(notes), err)
		}
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
		_, _, _ = tree.Documents(text)
	})
}
