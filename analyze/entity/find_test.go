package entity

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers"
)

const (
	sandboxA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	sandboxB = "aaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	contA    = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
	uidA     = "11111111-1111-1111-1111-111111111111"
	uidB     = "22222222-2222-2222-2222-222222222222"
)

// node is a log of two pods of one name, one after the other, that had the same
// address.
var node = []string{
	"RunPodSandbox for &PodSandboxMetadata{Name:db-0,Uid:" + uidA + ",Namespace:shop,Attempt:0,} returns sandbox id \"" + sandboxA + "\"",
	"CreateContainer within sandbox \"" + sandboxA + "\" for &ContainerMetadata{Name:db,Attempt:0,} returns container id \"" + contA + "\"",
	"Assign IP 10.0.0.9 to sandbox aws-cni/" + sandboxA + "/eth0", // without "ssign": no pattern
	"assignPodIPAddressUnsafe: Assign IP 10.0.0.9 to sandbox aws-cni/" + sandboxA + "/eth0",
	"unassignPodIPAddressUnsafe: Unassign IP 10.0.0.9 from sandbox aws-cni/" + sandboxA + "/eth0",
	"RunPodSandbox for &PodSandboxMetadata{Name:db-0,Uid:" + uidB + ",Namespace:shop,Attempt:0,} returns sandbox id \"" + sandboxB + "\"",
	"assignPodIPAddressUnsafe: Assign IP 10.0.0.9 to sandbox aws-cni/" + sandboxB + "/eth0",
}

var began = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

func source() Source {
	task := Observation{Verb: "task running", Now: true, Things: []Thing{{Container, contA}, {PID, "77"}}, Pos: parsers.Pos{File: "tasks", Line: 2}}
	other := Observation{Verb: "task running", Now: true, Things: []Thing{{either, sandboxB}, {PID, "78"}}, Pos: parsers.Pos{File: "tasks", Line: 3}}
	return in(node, task, other)
}

func TestFind(t *testing.T) {
	f := func(x string, want ...string) {
		t.Helper()
		a, err := Find(t.Context(), source(), x)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range a.Candidates {
			got = append(got, fmt.Sprintf("candidate %s %.6s", c.Kind, c.ID))
		}
		for _, k := range a.Things {
			got = append(got, fmt.Sprintf("%s %.8s", k.Kind, strings.TrimPrefix(k.ID, "shop/")))
		}
		for _, o := range a.Events {
			got = append(got, fmt.Sprintf("%s:%d %s", o.Pos.File, o.Pos.Line, o.Verb))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Find(%s) (-want +got):\n%s", x, diff)
		}
	}
	// A container leads to its sandbox, its pod and its address, and not to the
	// later pod of the same name.
	f("cccccc", "container cccccccc", "pod db-0", "uid 11111111", "sandbox aaaaaaaa", "name db", "pid 77", "ip 10.0.0.9",
		"log:1 sandbox created", "log:2 container created", "log:4 address assigned", "log:5 address released", "tasks:2 task running")
	// An address has both of its pods.
	f("10.0.0.9", "ip 10.0.0.9", "pod db-0", "uid 11111111", "uid 22222222", "sandbox aaaaaaaa", "sandbox aaaaaabb", "container cccccccc", "name db", "pid 77", "pid 78",
		"log:1 sandbox created", "log:2 container created", "log:4 address assigned", "log:5 address released", "log:6 sandbox created", "log:7 address assigned", "tasks:2 task running", "tasks:3 task running")
	// So has a name.
	f("db-0", "pod db-0", "uid 11111111", "uid 22222222", "sandbox aaaaaaaa", "sandbox aaaaaabb", "container cccccccc", "name db", "pid 77", "pid 78", "ip 10.0.0.9",
		"log:1 sandbox created", "log:2 container created", "log:4 address assigned", "log:5 address released", "log:6 sandbox created", "log:7 address assigned", "tasks:2 task running", "tasks:3 task running")
	f("shop/db-0", "pod db-0", "uid 11111111", "uid 22222222", "sandbox aaaaaaaa", "sandbox aaaaaabb", "container cccccccc", "name db", "pid 77", "pid 78", "ip 10.0.0.9",
		"log:1 sandbox created", "log:2 container created", "log:4 address assigned", "log:5 address released", "log:6 sandbox created", "log:7 address assigned", "tasks:2 task running", "tasks:3 task running")
	f("aaaaaa", "candidate sandbox aaaaaa", "candidate sandbox aaaaaa")
	f("77", "pid 77", "pod db-0", "uid 11111111", "sandbox aaaaaaaa", "container cccccccc", "name db", "ip 10.0.0.9",
		"log:1 sandbox created", "log:2 container created", "log:4 address assigned", "log:5 address released", "tasks:2 task running")
	f("absent")
}

func TestFind_times(t *testing.T) {
	a, err := Find(t.Context(), source(), "10.0.0.9")
	if err != nil {
		t.Fatal(err)
	}
	if k := a.Things[0]; !k.First.Equal(began.Add(3*time.Minute)) || !k.Last.Equal(began.Add(6*time.Minute)) {
		t.Errorf("%s from %s to %s", k.ID, k.First, k.Last)
	}
}
