package analyze

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eksleuth/eksleuth/analyze/timeline"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
)

var t0 = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// groupAt makes a group with an event at each second after t0, in a log that
// ends 1000 s after t0.
func groupAt(f *index.File, seconds ...int) *group {
	g := &group{entities: map[string]map[string]int{}}
	f.Last = parsers.StampAt(t0.Add(1000 * time.Second))
	for i, s := range seconds {
		at := t0.Add(time.Duration(s) * time.Second)
		g.events = append(g.events, event{file: f, line: int32(i + 1), rank: int8(High.Rank()), at: at, quality: timeline.Exact, stamp: parsers.StampAt(at), key: uint64(i)})
	}
	return g
}

func marksAt(f *index.File, id string, seconds ...int) map[string]*matches {
	m := newMatches()
	if len(seconds) > 0 {
		m.order = append(m.order, groupAt(f, seconds...))
	}
	return map[string]*matches{id: m}
}

func TestJudge(t *testing.T) {
	sec := func(n int) Duration { return Duration(time.Duration(n) * time.Second) }
	logs, other := &index.File{Path: "a", Num: 0}, &index.File{Path: "b", Num: 1}
	f := func(name string, gate Gate, events, marks []int, want string, count int) {
		t.Helper()
		j := newJudge(timeline.Clock{})
		j.marks = marksAt(other, "mark.x", marks...)
		r := &compiledRule{Rule: &Rule{Severity: High, Gate: gate}}
		v := j.rule(r, groupAt(logs, events...))
		got := v.reason
		if v.fires {
			got = "fires"
		}
		if got != want || v.fires && v.count != count {
			t.Errorf("%s: %s with %d events (%s), want %s with %d", name, got, v.count, v.detail, want, count)
		}
	}
	f("no gate", Gate{}, []int{1}, nil, "fires", 1)
	three := Gate{Any: []Threshold{{Count: 3, Within: sec(60)}}}
	f("three within a minute", three, []int{1, 30, 61}, nil, "fires", 3)
	f("three, but slowly", three, []int{1, 30, 62}, nil, "gate", 0)
	f("a crowd later on", three, []int{1, 100, 200, 201, 202}, nil, "fires", 5)
	f("two", three, []int{1, 2}, nil, "gate", 0)
	f("span", Gate{Any: []Threshold{{Span: sec(60)}}}, []int{1, 61}, nil, "fires", 2)
	f("no span", Gate{Any: []Threshold{{Span: sec(60)}}}, []int{1, 60}, nil, "gate", 0)
	f("or", Gate{Any: []Threshold{{Count: 9}, {Active: sec(100)}}}, []int{900}, nil, "fires", 1)
	f("active no more", Gate{Any: []Threshold{{Active: sec(100)}}}, []int{899}, nil, "gate", 0)
	boot := Gate{Boot: &Boot{Mark: []string{"mark.x"}, Within: sec(30)}}
	f("at boot only", boot, []int{10, 40}, []int{10}, "gate", 0)
	f("on after boot", boot, []int{10, 41}, []int{10}, "fires", 1)
	f("before the boot", boot, []int{9}, []int{10}, "fires", 1)
	f("second boot", boot, []int{12, 105}, []int{10, 100}, "gate", 0)
	recovery := Gate{Recovery: &Recovery{Mark: []string{"mark.x"}}}
	f("recovered", recovery, []int{10, 20}, []int{21}, "recovered", 0)
	f("sick again", recovery, []int{10, 22}, []int{21}, "fires", 2)
	below := Gate{Recovery: &Recovery{Mark: []string{"mark.x"}, Below: 2}}
	f("recovered, but too many", below, []int{10, 20}, []int{21}, "fires", 2)
	f("recovered and few", below, []int{10}, []int{21}, "recovered", 0)
	brief := Gate{Recovery: &Recovery{Mark: []string{"mark.x"}, Span: sec(60)}}
	f("over in a minute", brief, []int{10, 69}, []int{80}, "recovered", 0)
	f("not over in a minute", brief, []int{10, 70}, []int{80}, "fires", 2)
	few := Gate{Recovery: &Recovery{Mark: []string{"mark.x"}, Below: 9}}
	f("few, and over", few, []int{10, 300, 600}, []int{990}, "recovered", 0)
	f("few, and over after a quarter of an hour", few, []int{10, 300, 600, 910}, []int{990}, "fires", 4)
	f("two times with a pause", few, []int{10, 300, 901, 990}, []int{995}, "recovered", 0)
	told := Gate{Any: []Threshold{{Count: 2, Active: sec(100)}}, Recovery: &Recovery{Mark: []string{"mark.x"}, Severity: Info}}
	f("over, which is told", told, []int{10, 20}, []int{30}, "fires", 2)
	f("over, and not enough of it", told, []int{10}, []int{30}, "gate", 0)
	f("not over, and silent since", told, []int{10, 20}, []int{5}, "gate", 0)
	step := func(n int) *Step { return &Step{Mark: []string{"mark.x"}, Within: sec(n)} }
	after := Gate{Order: Order{After: step(30)}}
	f("after a mark", after, []int{9, 40, 41}, []int{10}, "fires", 1)
	f("long after a mark", after, []int{9, 41}, []int{10}, "gate", 0)
	then := Gate{Order: Order{Then: []Step{*step(30), *step(5)}}}
	f("two marks behind it", then, []int{10}, []int{40, 45}, "fires", 1)
	f("the second one too late", then, []int{10}, []int{40, 46}, "gate", 0)
	f("one mark is not two", then, []int{10}, []int{40}, "gate", 0)
	without := Gate{Order: Order{Without: step(30)}}
	f("nothing behind it", without, []int{10, 100}, []int{40}, "fires", 1)
	f("something behind each", without, []int{10, 100}, []int{40, 130}, "gate", 0)
	f("too late to help", without, []int{10}, []int{41}, "fires", 1)
	f("the log ends too soon", without, []int{971}, nil, "gate", 0)
	f("just in time", without, []int{970}, nil, "fires", 1)
	atEnd := Gate{Order: Order{Without: &Step{Mark: []string{"mark.x"}, Within: sec(30), AtEnd: true}}}
	f("the log ends too soon, which does not matter", atEnd, []int{971}, nil, "fires", 1)
	either := Gate{Any: []Threshold{{Count: 3}, {Order: Order{Then: []Step{*step(30)}}}}}
	f("one of which is followed", either, []int{10, 100}, []int{20}, "fires", 2)
	f("none is followed", either, []int{10, 100}, []int{5}, "gate", 0)
}

// TestJudge_told says how grave a symptom is that is over.
func TestJudge_told(t *testing.T) {
	f := func(rec Recovery, last int, want Severity) {
		t.Helper()
		rec.Mark = []string{"mark.x"}
		j := newJudge(timeline.Clock{})
		j.marks = marksAt(&index.File{Path: "b"}, "mark.x", last+60)
		var seconds []int
		for s := 0; s <= last; s += 100 {
			seconds = append(seconds, s)
		}
		r := &compiledRule{Rule: &Rule{Severity: High, Gate: Gate{Recovery: &rec}}}
		if v := j.rule(r, groupAt(&index.File{Path: "a"}, seconds...)); v.severity != want && v.fires || v.fires == (want == "") {
			t.Errorf("%+v, over after %d s: fires %v, %s, want %q", rec, last, v.fires, v.severity, want)
		}
	}
	f(Recovery{}, 800, "")
	f(Recovery{}, 900, Info)
	f(Recovery{Severity: Low}, 800, Low)
	f(Recovery{Severity: Low}, 900, Low)
	f(Recovery{Below: 99, Severity: Info}, 800, Info)
	f(Recovery{Below: 99, Severity: Info}, 900, Medium)
	f(Recovery{Below: 99, Span: Duration(time.Hour), Severity: Info}, 900, Info)
	f(Recovery{Span: Duration(5 * time.Minute), Severity: Info}, 900, High)
}

// TestJudge_before_first_start takes what stands before the first start of a
// component as part of it, and not what stands before a restart.
func TestJudge_before_first_start(t *testing.T) {
	boot := &Boot{Mark: []string{"mark.x"}, Within: Duration(5 * time.Minute)}
	var clock timeline.Clock
	f := func(name string, log, marks *index.File, begins int, event int, starts []int, want bool) {
		t.Helper()
		j := newJudge(clock)
		j.marks = marksAt(marks, "mark.x", starts...)
		marks.First = parsers.StampAt(t0.Add(time.Duration(begins) * time.Second))
		r := &compiledRule{Rule: &Rule{Severity: High, Gate: Gate{Boot: boot}}}
		if v := j.rule(r, groupAt(log, event)); v.fires != want {
			t.Errorf("%s: fires %v, want %v", name, v.fires, want)
		}
	}
	pod := func(name string) *index.File {
		return &index.File{Path: "var_log/" + name + "_kube-system_coredns-0a0a.log"}
	}
	kubelet, containerd := &index.File{Path: "kubelet/kubelet.log"}, &index.File{Path: "containerd/containerd-log.txt"}
	f("before the start with which the log begins", kubelet, containerd, 90, 10, []int{100}, false)
	f("two minutes before", kubelet, containerd, 90, 90, []int{210}, false)
	f("more than two minutes before", kubelet, containerd, 90, 90, []int{211}, true)
	f("the log begins long before", kubelet, containerd, 10, 200, []int{210}, true)
	f("before a restart", kubelet, containerd, 90, 500, []int{100, 510}, true)
	f("before the start of the pod itself", pod("coredns-a"), pod("coredns-a"), 90, 90, []int{100}, false)
	f("before the start of another pod", pod("coredns-a"), pod("coredns-b"), 90, 90, []int{100}, true)
	f("after the start of another pod", pod("coredns-a"), pod("coredns-b"), 90, 110, []int{100}, true)
	f("after the start of a daemon", pod("coredns-a"), kubelet, 90, 110, []int{100}, false)
	clock.Boot = t0.Add(20 * time.Second)
	messages := &index.File{Path: "var_log/messages"}
	f("before the first start since the boot", kubelet, messages, -1000, 50, []int{-500, 60}, false)
	f("before the second start since the boot", kubelet, messages, -1000, 460, []int{60, 500}, true)
	clock.Boot = t0.Add(-time.Hour)
	f("long after the boot", kubelet, messages, -1000, 50, []int{60}, true)
}

// TestJudge_of counts values of an entity instead of events.
func TestJudge_of(t *testing.T) {
	three := Threshold{Count: 3, Of: "pod", Within: Duration(time.Minute)}
	judge := func(gate Threshold, pods string, seconds []int, want bool) {
		t.Helper()
		g := groupAt(&index.File{Path: "a"}, seconds...)
		for i := range g.events {
			g.events[i].entities = []string{"", strings.Trim(strings.Fields(pods)[i], "-")}
		}
		r := &compiledRule{Rule: &Rule{Severity: High, Gate: Gate{Any: []Threshold{gate}}}, names: []string{"", "pod"}}
		if v := newJudge(timeline.Clock{}).rule(r, g); v.fires != want {
			t.Errorf("pods %s at %v: fires %v, want %v", pods, seconds, v.fires, want)
		}
	}
	f := func(pods string, seconds []int, want bool) {
		t.Helper()
		judge(three, pods, seconds, want)
	}
	f("a b c", []int{1, 2, 3}, true)
	f("a b a", []int{1, 2, 3}, false)
	f("a b c", []int{1, 2, 62}, false)
	f("a b a b c", []int{1, 2, 50, 55, 90}, true)
	one := Threshold{Count: 1, Of: "pod"}
	judge(one, "- a -", []int{1, 2, 3}, true)
	judge(one, "- - -", []int{1, 2, 3}, false)
}

// TestJudge_without_boot_time orders events by what they say of the time since
// the boot when nothing says when that was, and by place.
func TestJudge_without_boot_time(t *testing.T) {
	f := &index.File{Path: "kernel/dmesg.current", Last: parsers.Stamp{Kind: parsers.SinceBoot, Nano: int64(time.Hour)}}
	at := func(line int, seconds int64) event {
		return event{file: f, line: int32(line), key: uint64(line), stamp: parsers.Stamp{Kind: parsers.SinceBoot, Nano: seconds * int64(time.Second)}}
	}
	judged := func(mark int64) bool {
		m := newMatches()
		m.order = append(m.order, &group{events: []event{at(2, mark)}})
		j := newJudge(timeline.Clock{})
		j.marks = map[string]*matches{"mark.x": m}
		r := &compiledRule{Rule: &Rule{Severity: High, Gate: Gate{Order: Order{Without: &Step{Mark: []string{"mark.x"}, Within: Duration(5 * time.Second)}}}}}
		return j.rule(r, &group{events: []event{at(1, 100)}}).fires
	}
	if judged(105) {
		t.Error("a mark 5 s later does not count")
	}
	if !judged(106) {
		t.Error("a mark 6 s later counts")
	}
}

// TestIntervals cuts a symptom where it was closed.
func TestIntervals(t *testing.T) {
	logs, other := &index.File{Path: "a", Num: 0}, &index.File{Path: "b", Num: 1}
	f := func(events, marks []int, want string) {
		t.Helper()
		j := newJudge(timeline.Clock{Collected: t0.Add(72 * time.Hour)})
		j.marks = marksAt(other, "mark.x", marks...)
		r := &compiledRule{Rule: &Rule{Severity: High, Gate: Gate{Recovery: &Recovery{Mark: []string{"mark.x"}, Severity: Info}}}}
		v := j.rule(r, groupAt(logs, events...))
		var got []string
		for _, i := range v.intervals {
			d, _ := i.lasted()
			got = append(got, fmt.Sprintf("%d in %v", i.count, d))
		}
		got = append(got, string(v.severity), over(v.intervals, j.clock.Collected))
		if s := strings.Join(got, "; "); s != want {
			t.Errorf("events %v, marks %v: %s, want %s", events, marks, s, want)
		}
	}
	f([]int{10, 20}, []int{5}, "2 in 0s; high; ")
	f([]int{10, 20}, []int{21}, "2 in 11s; info; after 11 s, 3 days before the bundle was made")
	f([]int{10, 20, 30}, []int{15, 31}, "1 in 5s; 2 in 11s; info; after 11 s at most, 2 times, lastly 3 days before the bundle was made")
	f([]int{10, 40}, []int{15, 16}, "1 in 5s; 1 in 0s; high; after 5 s at most, 2 times, lastly 3 days before the bundle was made")
}

func TestJudge_severity(t *testing.T) {
	f := func(milder []Milder, ranks []int8, want Severity) {
		t.Helper()
		r := &compiledRule{Rule: &Rule{Severity: High, Milder: milder}}
		events := make([]event, len(ranks))
		for i := range ranks {
			events[i].rank = ranks[i]
		}
		if got := r.worst(events, len(events)); got != want {
			t.Errorf("worst of %v = %s, want %s", ranks, got, want)
		}
	}
	f(nil, []int8{4, 1}, High)
	f(nil, []int8{2, 1}, Low)
	f([]Milder{{Below: 3, Severity: Medium}}, []int8{4, 4}, Medium)
	f([]Milder{{Below: 3, Severity: Medium}}, []int8{4, 4, 4}, High)
}

func TestDedup(t *testing.T) {
	current, human, messages := &index.File{Path: "kernel/dmesg.current", Num: 0}, &index.File{Path: "kernel/dmesg.human.current", Num: 1}, &index.File{Path: "var_log/messages", Num: 2}
	ev := func(f *index.File, line int, key uint64, q timeline.Quality) event {
		return event{file: f, line: int32(line), key: key, quality: q}
	}
	// The same kernel line twice in the ring buffer, and three times in
	// messages, which goes further back; another line is in the ring buffer
	// only.
	events := []event{
		ev(current, 1, 7, timeline.BootRelative), ev(current, 2, 7, timeline.BootRelative), ev(current, 3, 8, timeline.BootRelative),
		ev(human, 1, 7, timeline.YearInferred), ev(human, 2, 7, timeline.YearInferred),
		ev(messages, 10, 7, timeline.YearInferred), ev(messages, 20, 7, timeline.YearInferred), ev(messages, 30, 7, timeline.YearInferred),
	}
	kept, copies := dedup(events)
	var got []parsers.Pos
	for i := range kept {
		got = append(got, kept[i].pos())
	}
	want := []parsers.Pos{{File: "kernel/dmesg.current", Line: 3}, {File: "var_log/messages", Line: 10}, {File: "var_log/messages", Line: 20}, {File: "var_log/messages", Line: 30}}
	if len(got) != len(want) || len(copies) != 4 {
		t.Fatalf("dedup keeps %v and %d copies, want %v and 4", got, len(copies), want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("dedup keeps %v, want %v", got, want)
			break
		}
	}
}

// TestDedup_far_apart keeps equal lines that are days apart: they are no copies.
func TestDedup_far_apart(t *testing.T) {
	today, march := &index.File{Path: "var_log/messages", Num: 0}, &index.File{Path: "var_log/messages-20260301", Num: 1}
	var events []event
	for i, at := range []time.Duration{0, time.Minute, 96 * time.Hour, 97 * time.Hour, 98 * time.Hour} {
		f := today
		if i > 1 {
			f = march
		}
		events = append(events, event{file: f, line: int32(i + 1), key: 7, at: t0.Add(-at)})
	}
	if kept, copies := dedup(events); len(kept) != 5 || len(copies) != 0 {
		t.Errorf("dedup keeps %d and finds %d copies, want 5 and 0", len(kept), len(copies))
	}
}

// TestRecovery_same closes a symptom by a mark of the same volume of the same
// pod, and by nothing else.
func TestRecovery_same(t *testing.T) {
	f := func(symptom, mark string, want bool) {
		t.Helper()
		rules, err := parseRules("test.yaml", []byte(`
- {id: mark.mounted, mark: true, source: [kubelet], match: 'mounted (?P<volume>\w+)(?: of (?P<pod>\S+))?'}
- {id: test.failed, title: t, severity: low, component: storage, source: [kubelet], match: 'failed (?P<volume>\w+)(?: of (?P<pod>\S+))?', group: volume+pod, gate: {recovery: {mark: [mark.mounted], same: volume+pod}}}
`))
		if err != nil {
			t.Fatal(err)
		}
		e, err := New(rules, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := e.NewScan()
		b := &index.Block{File: &index.File{Path: "kubelet/kubelet.log"}, Line: 1}
		s.Collect(b, s.Block(b, []byte(symptom+"\n"+mark+"\n")))
		j := newJudge(timeline.Clock{})
		for n, r := range e.rules {
			if r.Mark {
				j.marks[r.ID], j.names[r.ID] = s.matches[n], r.names
			}
		}
		for n, r := range e.rules {
			if r.Mark {
				continue
			}
			for _, g := range s.matches[n].order {
				g.resolve(timeline.Clock{})
				if v := j.rule(r, g); v.fires == want {
					t.Errorf("%q, %q: fires %v, want %v", symptom, mark, v.fires, !want)
				}
			}
		}
	}
	f("failed config of web-1", "mounted config of web-1", true)
	f("failed config of web-1", "mounted config of web-2", false)
	f("failed config of web-1", "mounted data of web-1", false)
	f("failed config", "mounted config of web-2", true) // the line names no pod
}

func TestUnitName(t *testing.T) {
	for in, want := range map[string]string{"Kubernetes Kubelet": "kubelet.service", "Kubelet.": "kubelet.service", "chronyd.service": "chronyd.service", "Session 1 of user root.": "Session 1 of user root"} {
		if got := unitName(in); got != want {
			t.Errorf("unitName(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestInstant_without_year: gates can tell how far apart lines are also when
// nothing says the year, and reports say no time then.
func TestInstant_without_year(t *testing.T) {
	f := func(kind parsers.StampKind) {
		t.Helper()
		stamp := func(day int) parsers.Stamp {
			return parsers.Stamp{Kind: kind, Nano: time.Date(parsers.NoYearBase, 11, day, 0, 0, 0, 0, time.UTC).UnixNano()}
		}
		g := &group{entities: map[string]map[string]int{}}
		f := &index.File{Path: "a", Last: stamp(21)}
		for i := range 6 {
			g.events = append(g.events, event{file: f, line: int32(i + 1), key: uint64(i), stamp: stamp(10 + i)})
		}
		g.resolve(timeline.Clock{})
		r := &compiledRule{Rule: &Rule{Severity: High, Gate: Gate{Any: []Threshold{{Count: 3, Within: Duration(time.Hour)}, {Active: Duration(time.Hour)}}}}}
		if v := newJudge(timeline.Clock{}).rule(r, g); v.fires {
			t.Errorf("kind %d: six events in six days are three within an hour", kind)
		}
		if first, last := seen(g.events); first != "" || last != "" {
			t.Errorf("kind %d: seen = %q, %q, want no times", kind, first, last)
		}
	}
	f(parsers.NoYear)
	f(parsers.UTCNoYear)
}

// TestCondition_over is of a gate that wants the last event near the end of the
// log, which a symptom that is over need not have.
func TestCondition_over(t *testing.T) {
	gate := Gate{
		Any:      []Threshold{{Count: 2, Active: Duration(100 * time.Second)}},
		Recovery: &Recovery{Mark: []string{"mark.x"}, Severity: Info},
	}
	f := func(mark int, holds bool, has string) {
		t.Helper()
		j := newJudge(timeline.Clock{})
		j.marks = marksAt(&index.File{Path: "b", Num: 1}, "mark.x", mark)
		r := &compiledRule{Rule: &Rule{Severity: High, Gate: gate}}
		v := j.rule(r, groupAt(&index.File{Path: "a"}, 10, 20))
		c := j.condition(r, &gate.Any[0], &v, 0)
		if c.Holds != holds || v.fires != holds || c.Has != has {
			t.Errorf("mark after %d s: fires %v, condition %v with %q; want %v with %q", mark, v.fires, c.Holds, c.Has, holds, has)
		}
	}
	f(30, true, "2 events, over, so that the last may be long before the end of the log")
	f(5, false, "2 events, the last 16m20s before the end of a")
}
