// Package kubeobjects reads what "kubectl get nodes", "pods" and "events" say
// with -o json or -o yaml: a list, one object, or several documents. The
// collector does not write them; people put them next to the bundle.
//
// Of other kinds of objects only the number is kept. What an object does not
// say is zero.
package kubeobjects

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// Format is objects of Kubernetes about nodes.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Output of kubectl get nodes, pods or events: json or yaml.",
	Sniff:  sniff,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "kubeobjects"

// Objects is what one file says, in its order.
type Objects struct {
	Nodes  []Node
	Pods   []Pod
	Events []Event
	Others tree.Kinds // objects of other kinds; "" is of none
	// Cut says where and why the file was not read whole, or that there are
	// more than are kept; "" if all was read. Notes tell of parts that could
	// not be read.
	Cut   string
	Notes []tree.Note
}

// A Condition is one of a node or a pod.
type Condition struct {
	Line    int
	Type    string    // "Ready"
	Status  string    // "True", "False", "Unknown"
	Reason  string    // "KubeletNotReady"
	Message string    // shortened
	Beat    time.Time `json:",omitzero"` // the last heartbeat, of nodes
	Since   time.Time `json:",omitzero"` // the last change of Status
}

// Limits of what is kept of a file, and of an object.
const (
	maxNodes  = 20_000
	maxPods   = 50_000
	maxEvents = 50_000
	maxList   = 64
	maxText   = 1000
)

// Parse reads a file.
func Parse(file string, text []byte) (*Objects, error) {
	out := &Objects{}
	lists := 0
	damage := tree.Objects(text, func(v *tree.Value) bool {
		if v.Kind == tree.Map {
			out.object(v, &lists)
		}
		return true
	})
	if len(out.Nodes)+len(out.Pods)+len(out.Events)+lists == 0 && !emptyList(text) {
		return nil, damage.Fail(name, file, "no nodes, pods or events")
	}
	out.Cut = cmp.Or(damage.Cut(), out.Cut)
	for _, d := range damage {
		out.Notes = append(out.Notes, tree.Note{Line: d.Line, Text: short(d.Err.Error())})
	}
	return out, nil
}

// object keeps an object by its kind.
func (out *Objects) object(v *tree.Value, lists *int) {
	switch kind := v.String("kind"); {
	case kind == "Node" && v.Get("metadata") != nil:
		keep(out, &out.Nodes, maxNodes, func() Node { return node(v) })
	case kind == "Pod" && v.Get("metadata") != nil:
		keep(out, &out.Pods, maxPods, func() Pod { return pod(v) })
	case kind == "Event" && (v.Get("involvedObject") != nil || v.Get("regarding") != nil):
		keep(out, &out.Events, maxEvents, func() Event { return event(v) })
	case v.Get("items") != nil && (kind == "List" || slices.Contains(kinds, strings.TrimSuffix(kind, "List"))):
		*lists++ // without items
	default:
		if !out.Others.Add(short(kind)) {
			out.Cut = fmt.Sprintf("more than %d kinds", len(out.Others))
		}
	}
}

var kinds = []string{"Node", "Pod", "Event"}

func keep[T any](out *Objects, list *[]T, limit int, read func() T) {
	if len(*list) == limit {
		out.Cut = fmt.Sprintf("more than %d of a kind", limit)
		return
	}
	*list = append(*list, read())
}

var listEmpty = regexp.MustCompile(`^\{"apiVersion":"v1","items":\[\],"kind":"List"`)

// emptyList reports the answer that there are none.
func emptyList(text []byte) bool {
	return len(text) < 1000 && listEmpty.Match(squeeze(tree.Body(text)))
}

func squeeze(text []byte) []byte { return bytes.Join(bytes.Fields(text), nil) }

func conditions(v *tree.Value) (out []Condition) {
	for _, c := range items(v) {
		out = append(out, Condition{
			Line: lineOf(c, "type"), Type: get(c, "type"), Status: get(c, "status"), Reason: get(c, "reason"),
			Message: get(c, "message"), Beat: instant(c, "lastHeartbeatTime"), Since: instant(c, "lastTransitionTime"),
		})
	}
	return out
}

// items are the first of a list, all that is kept of it.
func items(v *tree.Value) []*tree.Value {
	if v == nil || v.Kind != tree.List {
		return nil
	}
	return v.Items[:min(len(v.Items), maxList)]
}

// get is the text of a field, shortened.
func get(v *tree.Value, path ...string) string { return short(v.String(path...)) }

func short(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "?")
	}
	return s
}

// lineOf is the line of a field, or of the value without it.
func lineOf(v *tree.Value, key string) int {
	if f := v.Get(key); f != nil {
		return f.Line
	}
	return v.Line
}

// instant is a time as Kubernetes writes it, zero for null and for anything else.
func instant(v *tree.Value, path ...string) time.Time {
	t, err := time.Parse(time.RFC3339, v.String(path...))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func number(v *tree.Value, path ...string) int {
	n, _ := strconv.Atoi(v.String(path...))
	return n
}

var (
	jsonVersion = regexp.MustCompile(`"apiVersion":"([^"]*)"`)
	jsonKind    = regexp.MustCompile(`"kind":"(?:Node|Pod|Event)(?:List)?"|"(?:involvedObject|regarding)":\{`)
	jsonStart   = regexp.MustCompile(`^(?:\[\{|\{)"(?:apiVersion|kind|items|metadata|count|action|eventTime)":`)
	yamlVersion = regexp.MustCompile(`(?m)^(?:- | *)apiVersion: *["']?([\w./-]+)`)
	yamlKind    = regexp.MustCompile(`(?m)^ {0,4}(?:- )?(?:kind: *["']?(?:Node|Pod|Event)(?:List)?["']?\s*$|(?:involvedObject|regarding):\s*$)`)
)

// sniff accepts objects of this package's kinds: their names are among the
// first fields, as kubectl sorts them.
func sniff(head []byte) bool {
	body := tree.Body(head)
	if len(body) == 0 {
		return false
	}
	version, kind := yamlVersion, yamlKind
	if body[0] == '{' || body[0] == '[' {
		body = squeeze(body)
		if !jsonStart.Match(body) {
			return false
		}
		if listEmpty.Match(body) {
			return true
		}
		version, kind = jsonVersion, jsonKind
	}
	m := version.FindSubmatch(body)
	return m != nil && (string(m[1]) == "v1" || strings.HasPrefix(string(m[1]), "events.k8s.io/")) && kind.Match(body)
}
