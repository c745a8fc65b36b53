package ops

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/analyze/entity"
)

// TestEntity asks for each of the things that belong to one pod: any of them
// leads to the others.
func TestEntity(t *testing.T) {
	home := t.TempDir()
	if _, err := Analyze(t.Context(), AnalyzeRequest{Home: home, Input: filepath.Join(scenarios, "healthy"), NoIndex: true}); err != nil {
		t.Fatal(err)
	}
	ask := func(ctx context.Context, name string) (*EntityResult, error) {
		return Entity(ctx, EntityRequest{Home: home, Case: "i-", Name: name})
	}
	// containerd-log.txt, ipamd.log, enis.json, iproute.txt and containerd-tasks.txt name these.
	want := []entity.Thing{
		{Kind: entity.Pod, ID: "default/api-lsklndvtp-njqjs"},
		{Kind: entity.UID, ID: "e2891784-17c2-4d47-b1a6-a18aa48c7424"},
		{Kind: entity.Sandbox, ID: "b451772344ea4f163ad17942a287d08eef52339de46e906d47250c8a79e15a5f"},
		{Kind: entity.Container, ID: "f6c1e7c1a24d7fd2058717db79de3c98613e3cdf30236c3c0a0586e8c364e674"},
	}
	for _, asked := range want {
		r, err := ask(t.Context(), asked.ID)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Things) == 0 || r.Things[0].Thing != asked {
			t.Errorf("asked for %v, the first thing is not it: %v", asked, r.Things)
		}
		for _, w := range want {
			if !slices.ContainsFunc(r.Things, func(x EntityThing) bool { return x.Thing == w }) {
				t.Errorf("asked for %v, %v is missing", asked, w)
			}
		}
		for _, e := range r.Events {
			if e.File == "" || e.What == "" || len(e.Things) == 0 {
				t.Errorf("asked for %v: event %+v", asked, e)
			}
		}
		if r.Lines == 0 || len(r.Files) == 0 {
			t.Errorf("asked for %v: no lines hold it", asked)
		}
	}
	if _, err := ask(t.Context(), "no-such-thing"); !errors.Is(err, ErrNoPlace) {
		t.Errorf("a name that is nowhere: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ask(ctx, want[0].ID); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestEntity_findings holds that a pod has no findings of others, be it that a
// line names both: those of a pod's parts are those of the pod.
func TestEntity_findings(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(scenarios, "crashloop-oom"))); err != nil {
		t.Fatal(err)
	}
	log, err := os.OpenFile(filepath.Join(dir, "kubelet", "kubelet.log"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	const one, other = "default/report-gen-2k6ln45h8-ljzwf", "default/inventory-pk87t9sms-27scb"
	_, err = log.WriteString(`Nov 21 00:21:57 ip-10-0-12-34 kubelet[464]: I1121 00:21:57.916377     464 kubelet.go:2522] "SyncLoop ADD" source="api" pods=["` + one + `","` + other + "\"]\n")
	if err := errors.Join(err, log.Close()); err != nil {
		t.Fatal(err)
	}
	id := analyzed(t, AnalyzeRequest{Home: home, Input: dir, NoIndex: true}).Case.ID
	f := func(name string, want ...string) {
		t.Helper()
		r, err := Entity(t.Context(), EntityRequest{Home: home, Case: id, Name: name})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got []string
		for _, x := range r.Findings {
			got = append(got, x.ID)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("findings of %s (-want +got):\n%s", name, diff)
		}
	}
	f(one, "F-001", "F-002", "F-003", "F-006", "F-011")
	f("b16cdfe9-e0b2-4c06-b8f7-7ed21e682386", "F-001", "F-002", "F-003", "F-006", "F-011")
	f(other, "F-005", "F-008", "F-010")
}

// TestEntity_lines holds that lines are counted that hold the name, not a part
// of it.
func TestEntity_lines(t *testing.T) {
	home := t.TempDir()
	id := analyzed(t, AnalyzeRequest{Home: home, Input: filepath.Join(scenarios, "healthy"), NoIndex: true}).Case.ID
	ask := func(name string) (*EntityResult, error) {
		return Entity(t.Context(), EntityRequest{Home: home, Case: id, Name: name})
	}
	const pod, sandbox = "default/api-lsklndvtp-njqjs", "b451772344ea4f163ad17942a287d08eef52339de46e906d47250c8a79e15a5f"
	for as, plain := range map[string]string{
		"pod/api-lsklndvtp-njqjs": pod, "containerd://" + sandbox: sandbox, strings.ToUpper(sandbox): sandbox, "10.0.13.155/32": "10.0.13.155",
	} {
		want, err := ask(plain)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ask(as)
		if err != nil {
			t.Fatal(err)
		}
		if want.Lines == 0 || got.Lines != want.Lines {
			t.Errorf("%d lines hold %s, %d %s", got.Lines, as, want.Lines, plain)
		}
	}
	for _, absent := range []string{"other-ns/api-lsklndvtp-njqjs", "10.99.0.0/16", strings.Repeat("x", 120_000)} {
		_, err := ask(absent)
		if !errors.Is(err, ErrNoPlace) {
			t.Errorf("%.40s: %v", absent, err)
			continue
		}
		if len(err.Error()) > 300 {
			t.Errorf("an error of %d characters", len(err.Error()))
		}
	}
}

// TestEntity_gaps holds that a file that is read in part is told.
func TestEntity_gaps(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(scenarios, "healthy"))); err != nil {
		t.Fatal(err)
	}
	cut := `{"version":"vpc-cni-ipam/1","allocations":[{"networkName":"aws-cni","containerID":"`
	if err := os.WriteFile(filepath.Join(dir, "ipamd", "ipam.json"), []byte(cut), 0o600); err != nil {
		t.Fatal(err)
	}
	id := analyzed(t, AnalyzeRequest{Home: home, Input: dir, NoIndex: true}).Case.ID
	r, err := Entity(t.Context(), EntityRequest{Home: home, Case: id, Name: "default/api-lsklndvtp-njqjs"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.HasPrefix(n, "ipamd/ipam.json ") }) {
		t.Errorf("notes: %q", r.Notes)
	}
}

// TestEntity_damagedIndex holds that a damaged search index changes no answer.
func TestEntity_damagedIndex(t *testing.T) {
	home := t.TempDir()
	id := analyzed(t, AnalyzeRequest{Home: home, Input: filepath.Join(scenarios, "healthy")}).Case.ID
	ask := func() *EntityResult {
		t.Helper()
		r, err := Entity(t.Context(), EntityRequest{Home: home, Case: id, Name: "default/api-lsklndvtp-njqjs"})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	want := ask()
	if err := os.Truncate(filepath.Join(home, id, "words", "sums.json"), 5); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"damaged", "made anew"} {
		if diff := cmp.Diff(want, ask()); diff != "" {
			t.Errorf("with an index that is %s (-want +got):\n%s", what, diff)
		}
	}
}
