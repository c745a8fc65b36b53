package index

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCaseID(t *testing.T) {
	at := time.Date(2026, 11, 21, 0, 20, 0, 0, time.UTC)
	key := strings.Repeat("0123456789abcdef", 4)
	f := func(node string, at time.Time, want string) {
		t.Helper()
		got := CaseID(node, at, key)
		if got != want || !caseID.MatchString(got) || !filepath.IsLocal(got) {
			t.Errorf("CaseID(%q) = %q, want %q", node, got, want)
		}
	}
	f("i-07c3d9ab1e4f301ef", at, "i-07c3d9ab1e4f301ef-20261121t0020-0123456789")
	f("", time.Time{}, "node-00000000t0000-0123456789")
	f("../../etc/PASSWD\x1b[31m", at, "etc-passwd-31m-20261121t0020-0123456789")
	f(strings.Repeat("x", 100), at, strings.Repeat("x", 40)+"-20261121t0020-0123456789")
}

// put makes an empty case with an ID.
func put(t *testing.T, h Home, id string) {
	t.Helper()
	draft, err := h.Draft()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Commit(t.Context(), draft, id); err != nil {
		t.Fatal(err)
	}
}

func TestHome_Find(t *testing.T) {
	h := Home(filepath.Join(t.TempDir(), "home"))
	const (
		a1 = "i-0aaa-20261120t0101-0000000001"
		a2 = "i-0aaa-20261121t0101-0000000002"
		b  = "i-0aab-20261121t0101-0000000003"
	)
	for _, id := range []string{a2, a1, b} {
		put(t, h, id)
	}
	f := func(ref, want string) {
		t.Helper()
		got, err := h.Find(ref)
		if got != want || (want == "") != errors.Is(err, ErrNoCase) {
			t.Errorf("Find(%q) = %q, %v, want %q", ref, got, err, want)
		}
	}
	f(a1, a1)
	f("i-0aaa", a2) // the newest of an instance
	f("I-0AAA", a2)
	f("i-0aaa-20261120", a1)
	f("i-0aab", b)
	f("i-0aa", "") // of two instances
	f("i-0b", "")
	f("", "")
	f("../"+a1, "")
	if got, err := h.ByKey("0000000003" + strings.Repeat("f", 54)); got != b || err != nil {
		t.Errorf("ByKey = %q, %v, want %q", got, err, b)
	}
}

func TestHome_Commit_twice(t *testing.T) {
	h := Home(t.TempDir())
	const id = "i-0aaa-20261120t0101-0000000001"
	put(t, h, id)
	mark := filepath.Join(h.Dir(id), "mark")
	if err := os.WriteFile(mark, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	put(t, h, id)
	if _, err := os.Stat(mark); err != nil {
		t.Error("the second commit replaced the case")
	}
	entries, _ := os.ReadDir(string(h))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), draftPrefix) {
			t.Errorf("draft %s was left behind", e.Name())
		}
	}
	if err := h.Remove(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if ids, err := h.IDs(); len(ids) != 0 || err != nil {
		t.Errorf("after Remove: %v, %v", ids, err)
	}
}

func TestHome_Draft_cleans(t *testing.T) {
	h := Home(t.TempDir())
	old, err := h.Draft()
	if err != nil {
		t.Fatal(err)
	}
	recent, err := h.Draft()
	if err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-2 * draftAge)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Draft(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("a draft that a crash left two days ago is still there")
	}
	if _, err := os.Stat(recent); err != nil {
		t.Error("a draft that may be in use was removed")
	}
}

// TestHome_Remove leaves nothing but the lock, also where a crash left a part of
// a case that was being removed.
func TestHome_Remove(t *testing.T) {
	h := Home(t.TempDir())
	const id, other = "i-0aaa-20261120t0101-0000000001", "i-0aaa-20261121t0101-0000000001"
	for range 2 {
		put(t, h, id)
		if err := h.Remove(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Remove(t.Context(), id); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Remove of nothing = %v", err)
	}
	put(t, h, id)
	draft, err := h.Draft()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Replace(t.Context(), draft, id, other); err != nil {
		t.Fatal(err)
	}
	if ids, err := h.IDs(); err != nil || len(ids) != 1 || ids[0] != other {
		t.Errorf("IDs after Replace = %v, %v; want %s", ids, err, other)
	}
	left, err := filepath.Glob(filepath.Join(string(h), draftPrefix+"*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestHome_Lock waits for a lock that is held: until the context ends, or until
// it is free. Two Homes lock a file each, as two processes do.
func TestHome_Lock(t *testing.T) {
	dir := t.TempDir()
	a, b := Home(dir), Home(dir)
	const id = "i-0aaa-20261120t0101-0000000001"
	unlock, err := a.Lock(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	waited := make(chan error)
	go func() {
		_, err := b.Lock(ctx, id)
		waited <- err
	}()
	cancel(stop)
	if err := <-waited; err != stop {
		t.Errorf("Lock of a context that ended = %v, want its cause", err)
	}
	for what, f := range map[string]func() error{
		"Lock":   func() error { _, err := b.Lock(ctx, id); return err },
		"Remove": func() error { return b.Remove(ctx, id) },
		"Commit": func() error { return b.Commit(ctx, "draft", id) },
	} {
		if err := f(); err != stop {
			t.Errorf("%s after the end of the context = %v, want its cause", what, err)
		}
	}

	locked := make(chan func())
	go func() {
		unlock, err := b.Lock(t.Context(), id)
		if err != nil {
			t.Error(err)
		}
		locked <- unlock
	}()
	select {
	case <-locked:
		t.Error("two have the lock")
	default:
	}
	unlock()
	if again := <-locked; again != nil { // also behind the one that gave up
		again()
	}
	if _, err := Home(filepath.Join(dir, "none", "such")).Lock(t.Context(), id); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Lock in no folder = %v", err)
	}
}
