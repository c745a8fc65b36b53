package kubeobjects

import (
	"cmp"
	"time"

	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// An Event is an Event object.
type Event struct {
	Line      int // of its reason
	Namespace string
	Type      string    // "Normal", "Warning"
	Reason    string    // "FailedCreatePodSandBox"
	Message   string    // shortened
	Object    Object    // that it is about
	Count     int       // at least 1
	First     time.Time `json:",omitzero"`
	Last      time.Time `json:",omitzero"`
	Component string    // that reports it: "kubelet"
	Host      string    // where the component runs; "" for those of the control plane
}

// An Object is a reference to an object.
type Object struct {
	Kind, Namespace, Name, UID string
	Field                      string // "spec.containers{aws-node}"
}

// event reads an Event, in the form of v1 or in that of events.k8s.io/v1, whose
// old fields are called deprecated.
//
//	"involvedObject": {
//	    "kind": "Pod",
//	...
//	"reason": "FailedCreatePodSandBox",
//	"source": {
//	    "component": "kubelet",
//	    "host": "ip-10-0-12-34.us-west-2.compute.internal"
func event(v *tree.Value) Event {
	about := v.Get("involvedObject")
	if about == nil {
		about = v.Get("regarding")
	}
	source := v.Get("source")
	if source == nil {
		source = v.Get("deprecatedSource")
	}
	at := instant(v, "eventTime")
	e := Event{
		Line: lineOf(v, "reason"), Namespace: get(v, "metadata", "namespace"), Type: get(v, "type"), Reason: get(v, "reason"),
		Message:   cmp.Or(get(v, "message"), get(v, "note")),
		Object:    Object{get(about, "kind"), get(about, "namespace"), get(about, "name"), get(about, "uid"), get(about, "fieldPath")},
		Count:     max(1, number(v, "count"), number(v, "deprecatedCount"), number(v, "series", "count")),
		First:     firstTime(instant(v, "firstTimestamp"), instant(v, "deprecatedFirstTimestamp"), at, instant(v, "metadata", "creationTimestamp")),
		Last:      firstTime(instant(v, "series", "lastObservedTime"), instant(v, "lastTimestamp"), instant(v, "deprecatedLastTimestamp"), at),
		Component: cmp.Or(get(source, "component"), get(v, "reportingComponent"), get(v, "reportingController")),
		Host:      get(source, "host"),
	}
	if e.Host == "" && e.Component == "kubelet" {
		e.Host = get(v, "reportingInstance")
	}
	if e.Last.IsZero() {
		e.Last = e.First
	}
	return e
}

// firstTime is the first of some times that is known.
func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}
