package ops

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
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
