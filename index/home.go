package index

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// A Home is the folder that cases are kept in, each in a folder named by its
// ID. A case is built beside them and renamed into place when it is whole, so
// that a crash leaves it absent or whole.
type Home string

const (
	draftPrefix = ".new-"
	lockPrefix  = ".lock-"
	// draftAge is the age at which a draft can only be what a crash left.
	draftAge = 24 * time.Hour
)

// ErrNoCase means that no case, or more than one, has the name asked for.
var ErrNoCase = errors.New("no such case")

// Draft makes an empty folder to build a case in. What crashes left is removed.
func (h Home) Draft() (dir string, err error) {
	if err := os.MkdirAll(string(h), 0o700); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(string(h))
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), draftPrefix) {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > draftAge {
			os.RemoveAll(filepath.Join(string(h), e.Name()))
		}
	}
	return os.MkdirTemp(string(h), draftPrefix)
}

// Commit moves a draft into place. If a case with the ID is there already, the
// draft is removed and the case stays as it is.
func (h Home) Commit(ctx context.Context, draft, id string) error {
	unlock, err := h.Lock(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(h.Dir(id)); err == nil {
		return os.RemoveAll(draft)
	}
	return os.Rename(draft, h.Dir(id))
}

// Replace moves a draft into the place of a case that cannot be read. The new
// case may have another ID.
func (h Home) Replace(ctx context.Context, draft, old, id string) error {
	if err := h.Remove(ctx, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return h.Commit(ctx, draft, id)
}

// Lock waits until no other process changes a case, or ctx ends. The error is
// that of the lock's file, or the cause of ctx.
//
// No system can both wait for a lock and be told to stop, so a goroutine waits.
// One that comes too late gives the lock back when it gets it.
func (h Home) Lock(ctx context.Context, id string) (unlock func(), err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	type result struct {
		unlock func()
		err    error
	}
	got := make(chan result)
	go func() {
		unlock, err := lockedfile.MutexAt(h.LockFile(id)).Lock()
		select {
		case got <- result{unlock, err}:
		case <-ctx.Done():
			if err == nil {
				unlock()
			}
		}
	}()
	select {
	case r := <-got:
		return r.unlock, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// LockFile is the file whose lock [Home.Lock] takes.
func (h Home) LockFile(id string) string { return filepath.Join(string(h), lockPrefix+id) }

// Dir is the folder of a case.
func (h Home) Dir(id string) string { return filepath.Join(string(h), id) }

var caseID = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*-[0-9]{8}t[0-9]{4}-[0-9a-f]{10}$`)

// CaseID makes the ID of a case of where it comes from, when it was collected
// (zero when unknown) and the key of its content, in hex.
func CaseID(node string, collected time.Time, key string) string {
	node = strings.Trim(notID.ReplaceAllString(strings.ToLower(node), "-"), ".-")
	if node == "" {
		node = "node"
	}
	stamp := "00000000t0000"
	if !collected.IsZero() {
		stamp = collected.UTC().Format("20060102t1504")
	}
	return fmt.Sprintf("%.40s-%s-%.10s", node, stamp, key)
}

var notID = regexp.MustCompile(`[^a-z0-9.-]+`)

// IDs lists the cases, sorted by ID.
func (h Home) IDs() ([]string, error) {
	entries, err := os.ReadDir(string(h))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && caseID.MatchString(e.Name()) {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}

// ByKey returns the ID of the case with a content key, "" if there is none.
func (h Home) ByKey(key string) (string, error) {
	ids, err := h.IDs()
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(ids, func(id string) bool { return strings.HasSuffix(id, "-"+key[:min(10, len(key))]) })
	if i < 0 {
		return "", nil
	}
	return ids[i], nil
}

// Find returns the ID that a case goes by: its ID, a unique prefix of it, or an
// instance ID, which means the newest case of the instance.
func (h Home) Find(ref string) (string, error) {
	ids, err := h.IDs()
	if err != nil {
		return "", err
	}
	ref = strings.ToLower(ref)
	var found []string
	for _, id := range ids {
		if id == ref {
			return id, nil
		}
		if ref != "" && strings.HasPrefix(id, ref) {
			found = append(found, id)
		}
	}
	switch {
	case len(found) == 0:
		return "", fmt.Errorf("%w: %q", ErrNoCase, ref)
	case len(found) == 1:
		return found[0], nil
	}
	for _, id := range found[1:] {
		if nodeOf(id) != nodeOf(found[0]) || nodeOf(id) != ref {
			return "", fmt.Errorf("%w: %q is the start of %d cases, %s and %s among them", ErrNoCase, ref, len(found), found[0], id)
		}
	}
	return found[len(found)-1], nil // of one instance: the time is in the ID
}

// nodeOf cuts time and key off an ID.
func nodeOf(id string) string { return id[:len(id)-len("-20060102t1504-0123456789")] }

// Remove deletes a case. Its lock stays: another process may be waiting for it,
// and would hold the lock of a file that is gone.
func (h Home) Remove(ctx context.Context, id string) error {
	unlock, err := h.Lock(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	// Moved first, so that no half of a case is ever seen.
	gone, err := os.MkdirTemp(string(h), draftPrefix)
	if err != nil {
		return err
	}
	err = os.Rename(h.Dir(id), filepath.Join(gone, id))
	return errors.Join(err, os.RemoveAll(gone))
}
