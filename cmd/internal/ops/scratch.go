package ops

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/eksleuth/eksleuth/index"
)

// A scratch is a folder for cases that are not kept. It holds a lock for as long
// as its run is alive: of a run that was killed, nobody holds it.
type scratch struct {
	dir    string
	unlock func()
}

const (
	scratchPrefix = "eksleuth-regress-"
	scratchLock   = "run"
)

// makeScratch makes a folder, and removes those of runs that were killed.
func makeScratch(ctx context.Context) (scratch, error) {
	removeDead(ctx)
	for {
		dir, err := os.MkdirTemp("", scratchPrefix)
		if err != nil {
			return scratch{}, err
		}
		unlock, err := index.Home(dir).Lock(ctx, scratchLock)
		if err != nil {
			if _, gone := os.Stat(dir); errors.Is(gone, os.ErrNotExist) && ctx.Err() == nil {
				continue // another run found it before it had its lock
			}
			return scratch{}, errors.Join(err, os.RemoveAll(dir))
		}
		if _, err := os.Stat(dir); err == nil {
			return scratch{dir, unlock}, nil
		}
		unlock()
	}
}

// remove ends the use of a folder.
func (s scratch) remove() error {
	if s.unlock != nil {
		s.unlock()
	}
	return os.RemoveAll(s.dir)
}

// Bounds on the search for folders that nobody uses.
const (
	lockWait = 500 * time.Millisecond // the locks of live runs are not given
	maxDead  = 64                     // folders at a time
	oldAge   = 24 * time.Hour         // of a folder without a lock, whose run was killed in its first moment
)

// removeDead removes the folders of runs that were killed.
func removeDead(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), scratchPrefix+"*"))
	dirs = slices.DeleteFunc(dirs, func(dir string) bool { return !leftBehind(dir) })
	var wg sync.WaitGroup
	for _, dir := range dirs[:min(len(dirs), maxDead)] {
		wg.Go(func() {
			if unlock, err := index.Home(dir).Lock(ctx, scratchLock); err == nil {
				unlock()
				os.RemoveAll(dir) // what cannot be removed stays for the next run
			}
		})
	}
	wg.Wait()
}

// leftBehind reports whether a folder may be one of a run that was killed: it
// has a lock, or is old. Temporary folders are everybody's, so the lock must be
// a plain file.
func leftBehind(dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	lock, err := os.Lstat(index.Home(dir).LockFile(scratchLock))
	if errors.Is(err, os.ErrNotExist) {
		return time.Since(info.ModTime()) > oldAge
	}
	return err == nil && lock.Mode().IsRegular()
}
