package tree_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

func TestObjects(t *testing.T) {
	f := func(name, text, want string) {
		t.Helper()
		var b strings.Builder
		damage := tree.Objects([]byte(text), func(v *tree.Value) bool {
			fmt.Fprintf(&b, "%d %s %s; ", v.Line, v.String("kind"), v.String("metadata", "name"))
			return true
		})
		for _, d := range damage {
			fmt.Fprintf(&b, "damage %d: %v; ", d.Line, d.Err)
		}
		if got := strings.TrimSuffix(b.String(), "; "); got != want {
			t.Errorf("%s: Objects = %s, want %s", name, got, want)
		}
	}
	f("one object", "{\n\"kind\": \"Node\",\n\"metadata\": {\"name\": \"a\"}}\n", "1 Node a")
	f("list", "{\n\"apiVersion\": \"v1\",\n\"items\": [\n{\"kind\": \"Node\"},\n{\"kind\": \"Pod\"}],\n\"kind\": \"List\"}", "4 Node ; 5 Pod ")
	f("kind of the list", `{"kind": "NodeList", "items": [{"metadata": {"name": "a"}}, {"kind": "Pod"}]}`, "1 Node a; 1 Pod ")
	f("empty list", `{"kind": "List", "items": []}`, "")
	f("documents", "{\"kind\": \"A\"}\n{\"kind\": \"B\"}\n", "1 A ; 2 B ")
	f("array", "[{\"kind\": \"A\"},\n{\"kind\": \"B\"}]", "1 A ; 2 B ")
	f("warning before", "Warning: v1 is old\nE1121 00:00:00.000000  1 memcache.go:265] x\n{\"kind\": \"A\"}", "3 A ")
	f("command before", "[ec2-user@ip-10-0-12-34 ~]$ kubectl get nodes -o json\n{\"kind\": \"A\"}", "2 A ")
	f("command before yaml", "PS C:\\> kubectl get nodes `\r\n  -o yaml\r\nkind: A\r\n", "3 A ")
	f("cut", "{\"items\": [{\"kind\": \"A\"},\n{\"kind\": \"B\", \"metadata\": {\"name\": \"b\", ", "1 A ; 2 B b; damage 2: unexpected EOF")
	f("text behind", "{\"kind\": \"A\"}\nmore", "1 A ; damage 2: invalid character 'm' looking for beginning of value")

	f("yaml", "# note\nkind: A\nmetadata:\n  name: a\n", "2 A a")
	f("yaml documents", "---\nkind: A\n---\nkind: B\nmetadata: {name: b}\n...\n", "2 A ; 4 B b")
	f("yaml crlf", "kind: A\r\n---\r\nkind: B\r\n", "1 A ; 3 B ")
	f("yaml list", "apiVersion: v1\nitems:\n- kind: A\n  metadata:\n    name: a\n    note: |\n      - kind: no\n\n- kind: B\nkind: List\nmetadata:\n  resourceVersion: \"\"\n", "3 A a; 9 B ")
	f("yaml list, indented", "items:\n  # first\n  - kind: A\n    list:\n    - x\n  - kind: B\nkind: List\n", "3 A ; 6 B ")
	f("yaml kind of the list", "items:\n- metadata:\n    name: a\nkind: PodList\n", "2 Pod a")
	f("yaml empty list", "items: []\nkind: List\n", "1 List ") // no items to cut
	f("yaml item damaged", "items:\n- kind: A\n- kind: [\n- kind: C\nkind: List\n", "2 A ; 4 C ; damage 3: did not find expected node content")
	f("yaml list cut", "items:\n- kind: A\n- kind: B\n", "2 A ; 3 B ; damage 4: unexpected EOF")
	f("yaml lists appended", "items:\n- kind: A\nkind: List\nitems:\n- kind: B\nkind: List\n", "2 A ; 5 B ")
	f("yaml maps appended", "kind: A\nmetadata:\n  name: a\n\nkind: B\n", "1 A a; 5 B ")
	f("yaml part damaged", "kind: A\n---\na: [\n---\nkind: C\n", "1 A ; 5 C ; damage 3: did not find expected node content")
	f("nothing", "", "damage 1: no document")
}

func TestObjects_stops(t *testing.T) {
	for _, text := range []string{"{\"items\":[{\"kind\":\"A\"},{\"kind\":\"B\"}]}{\"kind\":\"C\"}", "items:\n- kind: A\n- kind: B\n---\nkind: C\n"} {
		n := 0
		tree.Objects([]byte(text), func(*tree.Value) bool { n++; return false })
		if n != 1 {
			t.Errorf("%q gave %d objects after the end", text, n-1)
		}
	}
}

// A text of many megabytes takes as long as its size.
func TestObjects_large(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	f := func(name, head, part, tail string, size int) {
		t.Helper()
		text := []byte(head + strings.Repeat(part, size/len(part)) + tail)
		start := time.Now()
		n := 0
		tree.Objects(text, func(*tree.Value) bool { n++; return true })
		if d := time.Since(start); d > 30*time.Second {
			t.Errorf("%s: %d MB took %s, %d objects", name, size>>20, d, n)
		} else {
			t.Logf("%s: %d MB took %s, %d objects", name, size>>20, d, n)
		}
	}
	const mb = 1 << 20
	f("json items", `{"items":[`, `{"kind":"Pod","metadata":{"name":"a"}},`, `{}]}`, 4*mb)
	f("json documents", ``, "{\"kind\":\"Pod\"}\n", ``, 4*mb)
	f("json brackets", ``, `[`, ``, 4*mb)
	f("json objects", ``, `{"a":`, ``, 4*mb)
	f("yaml items", "items:\n", "- kind: Pod\n  metadata:\n    name: a\n", "kind: List\n", 2*mb)
	f("yaml documents", "", "kind: Pod\n---\n", "", 2*mb)
	f("yaml brackets", "a: ", "[", "", 3*mb)
	f("yaml braces", "a: ", "{a: ", "", 3*mb)
	f("yaml dashes", "", "- ", "", 3*mb/2)
	f("yaml keys", "", "a: \n", "", mb)
	f("yaml aliases", "a: &a [x]\nb: [", "*a,", "]\n", mb)
	f("yaml quote", "a: \"", "x\n\n", "", 3*mb)
	f("yaml questions", "", "? ", "", mb)
}

func TestKinds(t *testing.T) {
	var k tree.Kinds
	for _, kind := range []string{"ConfigMap", "Lease", "ConfigMap"} {
		if !k.Add(kind) {
			t.Errorf("no room for %s", kind)
		}
	}
	if len(k) != 2 || k[0] != (tree.Count{Kind: "ConfigMap", N: 2}) || k[1].N != 1 {
		t.Errorf("kinds are %v", k)
	}
	for i := range 1000 {
		k.Add(fmt.Sprint(i))
	}
	if k.Add("Event") || !k.Add("Lease") || k[1].N != 2 {
		t.Errorf("%d kinds are kept, %d of the second", len(k), k[1].N)
	}
}
