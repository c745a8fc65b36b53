package entity

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/index/query"
	"github.com/eksleuth/eksleuth/parsers"
)

// in is a source of a log, a line a minute, and of facts.
func in(log []string, facts ...Observation) Source {
	for i := range facts {
		if facts[i].Pos.File == "" {
			facts[i].Pos = parsers.Pos{File: "facts", Line: i + 1}
		}
	}
	return Source{Facts: facts, Search: func(_ context.Context, q query.Expr, limit int) (lines []Line, total int, err error) {
		m := query.Compile(q)
		for i, text := range log {
			if ok, err := m.Match(&query.Line{Text: []byte(text), Num: i + 1}); err != nil || !ok {
				continue
			}
			if total++; len(lines) < limit {
				lines = append(lines, Line{parsers.Pos{File: "log", Line: i + 1}, began.Add(time.Duration(i) * time.Minute), text})
			}
		}
		return lines, total, nil
	}}
}

// id is a made-up ID of a container.
func id(digit string) string { return strings.Repeat(digit, 64) }

// now is something that was so at the collection.
func now(things ...Thing) Observation { return Observation{Verb: "so", Now: true, Things: things} }

// ownOf are the things that a thing leads to and that are of its pod.
func ownOf(t *testing.T, src Source, x string) map[Thing]bool {
	t.Helper()
	a, err := Find(t.Context(), src, x)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Candidates) > 0 {
		t.Fatalf("%s can be %v", x, a.Candidates)
	}
	all := map[Thing]bool{}
	for _, k := range a.Things {
		if k.Own {
			all[k.Thing] = true
		}
	}
	return all
}

// TestFind_parts holds that each part of a pod leads to all of them, and to none
// of another pod, wherever it is told what they are.
func TestFind_parts(t *testing.T) {
	f := func(name string, src Source, pods ...[]Thing) {
		t.Run(name, func(t *testing.T) {
			for _, pod := range pods {
				want := map[Thing]bool{}
				for _, x := range pod {
					want[x] = true
				}
				for _, x := range pod {
					if diff := cmp.Diff(want, ownOf(t, src, x.ID)); diff != "" {
						t.Errorf("%s %s (-want +got):\n%s", x.Kind, x.ID, diff)
					}
				}
			}
		})
	}
	// A shim is that of one container, which has the PID that a shim of the
	// sandbox has as a child.
	f("shims", in(nil,
		now(Thing{either, id("a")}, Thing{PID, "10"}),
		now(Thing{pauseProcess, id("a")}, Thing{PID, "11"}),
		now(Thing{either, id("a")}, Thing{PID, "12"}),
		now(Thing{either, id("b")}, Thing{PID, "12"}),
		Observation{Things: []Thing{{otherImage, id("b")}, {Image, "busybox"}}},
		Observation{Things: []Thing{{otherImage, id("c")}, {Image, "busybox"}}},
		now(Thing{either, id("c")}, Thing{PID, "13"}),
	), []Thing{{Sandbox, id("a")}, {Container, id("b")}, {PID, "10"}, {PID, "11"}, {PID, "12"}},
		[]Thing{{Container, id("c")}, {PID, "13"}})

	// The interface of a pod is that of the route to its address.
	f("routes", in(nil,
		now(Thing{IP, "10.0.0.7"}, Thing{Sandbox, id("a")}, Thing{Pod, "shop/a"}, Thing{ENI, "eni-1"}),
		now(Thing{IP, "10.0.0.8"}, Thing{Pod, "shop/b"}, Thing{ENI, "eni-1"}),
		now(Thing{IP, "10.0.0.7"}, Thing{Interface, "eni7"}),
		now(Thing{IP, "10.0.0.8"}, Thing{Interface, "eni8"}),
	), []Thing{{Sandbox, id("a")}, {Pod, "shop/a"}, {IP, "10.0.0.7"}, {Interface, "eni7"}},
		[]Thing{{Pod, "shop/b"}, {IP, "10.0.0.8"}, {Interface, "eni8"}})

	// An address that two have at once joins them not, nor does an image or a
	// line about many pods.
	f("an address of two", in([]string{
		`"SyncLoop ADD" source="api" pods=["shop/a","shop/b"]`,
	},
		now(Thing{IP, "10.0.0.7"}, Thing{Sandbox, id("a")}, Thing{Pod, "shop/a"}),
		now(Thing{IP, "10.0.0.7"}, Thing{Sandbox, id("b")}, Thing{Pod, "shop/b"}),
		Observation{Things: []Thing{{pauseImage, id("a")}, {Image, "pause"}}},
		Observation{Things: []Thing{{pauseImage, id("b")}, {Image, "pause"}}},
	), []Thing{{Sandbox, id("a")}, {Pod, "shop/a"}}, []Thing{{Sandbox, id("b")}, {Pod, "shop/b"}})

	// What the kubelet does not tell apart the runtime does, in another line.
	f("kinds", in([]string{
		`"SyncLoop (PLEG): event for pod" pod="shop/a" event={"ID":"` + uidA + `","Type":"ContainerStarted","Data":"` + id("a") + `"}`,
		`StopPodSandbox for "` + id("a") + `" returns successfully`,
	}), []Thing{{Sandbox, id("a")}, {Pod, "shop/a"}, {UID, uidA}})

	// A name with one UID is that of one pod, and a UID stands in a cgroup with
	// other signs.
	f("one UID", in([]string{
		"oom-kill:task_memcg=/kubepods.slice/kubepods-pod" + strings.ReplaceAll(uidA, "-", "_") + ".slice/cri-containerd-" + id("c") + ".scope,task=tail,pid=9,uid=0",
	},
		Observation{Things: []Thing{{Pod, "shop/a"}, {UID, uidA}}},
		Observation{Things: []Thing{{Pod, "shop/a"}, {Container, id("b")}}},
	), []Thing{{Pod, "shop/a"}, {UID, uidA}, {Container, id("b")}, {Container, id("c")},
		{Cgroup, "/kubepods.slice/kubepods-pod" + strings.ReplaceAll(uidA, "-", "_") + ".slice/cri-containerd-" + id("c") + ".scope"}})
}

// TestFind_reusedName has two pods of one name, of which some lines give no UID:
// those are of the pod that there was at their time.
func TestFind_reusedName(t *testing.T) {
	src := in([]string{
		`"SyncLoop ADD" source="api" pods=["shop/db-0"]`,
		`RunPodSandbox for &PodSandboxMetadata{Name:db-0,Uid:` + uidA + `,Namespace:shop,Attempt:0,} returns sandbox id "` + id("a") + `"`,
		`AddNetworkRequest: K8S_POD_NAME:"db-0" K8S_POD_NAMESPACE:"shop" ContainerID:"` + id("b") + `" Netns:"/var/run/netns/cni-1"`,
		`"SyncLoop REMOVE" source="api" pods=["shop/db-0"]`,
		`"SyncLoop ADD" source="api" pods=["shop/db-0"]`,
		`RunPodSandbox for &PodSandboxMetadata{Name:db-0,Uid:` + uidB + `,Namespace:shop,Attempt:0,} returns sandbox id "` + id("d") + `"`,
		`AddNetworkRequest: K8S_POD_NAME:"db-0" K8S_POD_NAMESPACE:"shop" ContainerID:"` + id("e") + `" Netns:"/var/run/netns/cni-2"`,
	}, now(Thing{IP, "10.0.0.7"}, Thing{Pod, "shop/db-0"}))
	f := func(x string, want ...int) {
		t.Helper()
		a, err := Find(t.Context(), src, x)
		if err != nil {
			t.Fatal(err)
		}
		lines := map[int]bool{}
		for _, e := range a.Events {
			if e.Pos.File == "log" {
				lines[e.Pos.Line] = true
			}
		}
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(lines))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", x, diff)
		}
	}
	for _, x := range []string{uidA, id("a"), id("b"), "cni-1"} {
		f(x, 1, 2, 3, 4)
	}
	for _, x := range []string{uidB, id("d"), id("e"), "/var/run/netns/cni-2", "/run/netns/cni-2", "10.0.0.7"} {
		f(x, 5, 6, 7)
	}
	f("shop/db-0", 1, 2, 3, 4, 5, 6, 7)
}

// TestFind_held has an address of which only the log tells who had it: the last
// that it was given to has it still, so the interface of its route is theirs.
func TestFind_held(t *testing.T) {
	assign := func(sandbox, pod string) string {
		return "assignPodIPAddressUnsafe: Assign IP 10.0.0.7 to sandbox aws-cni/" + sandbox + "/eth0 with metadata {K8SPodNamespace:shop K8SPodName:" + pod + " InterfacesCount:1}"
	}
	log := []string{assign(id("a"), "db-0"), "UnassignPodIPAddress: sandbox aws-cni/" + id("a") + "/eth0's ipAddr 10.0.0.7, DeviceNumber 0", assign(id("b"), "web-1")}
	src := in(log, now(Thing{IP, "10.0.0.7"}, Thing{Interface, "eni7"}))
	former := map[Thing]bool{{Sandbox, id("a")}: true, {Pod, "shop/db-0"}: true}
	latter := map[Thing]bool{{Sandbox, id("b")}: true, {Pod, "shop/web-1"}: true, {IP, "10.0.0.7"}: true, {Interface, "eni7"}: true}
	f := func(x string, want map[Thing]bool) {
		t.Helper()
		if diff := cmp.Diff(want, ownOf(t, src, x)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", x, diff)
		}
	}
	for _, x := range []string{id("a"), "shop/db-0"} {
		f(x, former)
	}
	for _, x := range []string{id("b"), "shop/web-1", "eni7"} {
		f(x, latter)
	}
	src = in(append(log, "UnassignPodIPAddress: sandbox aws-cni/"+id("b")+"/eth0's ipAddr 10.0.0.7, DeviceNumber 0"), now(Thing{IP, "10.0.0.7"}, Thing{Interface, "eni7"}))
	f("eni7", map[Thing]bool{{IP, "10.0.0.7"}: true, {Interface, "eni7"}: true})
}

// TestFind_crowded holds that what many pods share leads to none of them.
func TestFind_crowded(t *testing.T) {
	src := in(nil,
		now(Thing{IP, "10.0.0.7"}, Thing{Sandbox, id("a")}, Thing{Pod, "shop/a"}, Thing{ENI, "eni-1"}),
		now(Thing{Sandbox, id("a")}, Thing{PID, "5"}))
	if diff := cmp.Diff(map[Thing]bool{{ENI, "eni-1"}: true}, ownOf(t, src, "eni-1")); diff != "" {
		t.Error(diff)
	}
}

// TestFind_spellings asks in the ways in which other tools write the names.
func TestFind_spellings(t *testing.T) {
	src := in([]string{
		`RunPodSandbox for &PodSandboxMetadata{Name:db-0,Uid:` + uidA + `,Namespace:shop,Attempt:0,} returns sandbox id "` + id("a") + `"`,
	}, now(Thing{IP, "10.0.0.32"}, Thing{Pod, "shop/db-0"}))
	f := func(x, want, called string) {
		t.Helper()
		a, err := Find(t.Context(), src, x)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(a.Things) > 0 {
			got = string(a.Things[0].Kind) + " " + a.Things[0].ID
		}
		if got != want || a.Called != called {
			t.Errorf("%s is %q, called %q, want %q, %q", x, got, a.Called, want, called)
		}
	}
	f("shop/db-0", "pod shop/db-0", "shop/db-0")
	f("pod/db-0", "pod shop/db-0", "db-0")
	f("Shop/DB-0", "pod shop/db-0", "shop/db-0")
	f("containerd://"+id("a"), "sandbox "+id("a"), id("a"))
	f("AAAAAAAA", "sandbox "+id("a"), "aaaaaaaa")
	f(strings.ToUpper(uidA), "uid "+uidA, uidA)
	f("10.0.0.32/32", "ip 10.0.0.32", "10.0.0.32")
	f("10.0.0.0/8", "", "")
	f("other/db-0", "", "")
	f("db", "", "")
}
