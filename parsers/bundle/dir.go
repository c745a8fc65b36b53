package bundle

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"slices"
)

// folder walks a directory. Everything is opened through os.Root, and only
// after its mode was seen: links are not followed, and a named pipe does not
// hang the walk.
func (w *walker) folder() error {
	sum := sha256.New()
	err := w.folderAt(".", sum)
	if err == nil || err == errStop {
		w.src.sum = digest(sum)
	}
	return err
}

func (w *walker) folderAt(dir string, sum hash.Hash) error {
	list, err := w.list(dir)
	if err != nil {
		w.skip(printable(dir), -1, "cannot be read: "+plainly(withoutPath(err)))
	}
	if dir == "." { // a bundle's own folders come before those of an older bundle in it
		for _, d := range list {
			if d.IsDir() && folders[d.Name()] {
				w.roots.place(d.Name(), true, 0)
			}
		}
	}
	for _, d := range list {
		if err := w.alive(); err != nil {
			return err
		}
		if !w.count(item{path: dir}) {
			return errStop
		}
		name := d.Name()
		if dir != "." {
			name = dir + "/" + name
		}
		if err := w.folderEntry(name, d, sum); err != nil {
			return err
		}
	}
	return nil
}

// list reads a directory, no further than the limit on entries makes sense.
func (w *walker) list(dir string) ([]fs.DirEntry, error) {
	f, err := w.src.root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := f.ReadDir(w.limits.Entries - w.entries + 1)
	if err == io.EOF {
		err = nil
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return list, err
}

func (w *walker) folderEntry(name string, d fs.DirEntry, sum hash.Hash) error {
	e := entry{name: name, size: -1, dir: d.IsDir(), refuse: notRegular(d.Type())}
	info, err := w.src.root.Lstat(name)
	if err == nil {
		// The time of a file on disk is that of its copy, not that of the
		// node: a bundle must read the same wherever it is unpacked.
		e.size, e.dir, e.refuse = info.Size(), info.IsDir(), notRegular(info.Mode())
	}
	it, ok := w.enter(item{solo: true}, e)
	if e.dir && it.path != "" {
		return w.folderAt(name, sum)
	}
	if !ok {
		return nil
	}
	f, err := openRegular(w.src.root, name, info)
	if err != nil {
		w.skip(it.path, it.size, "cannot be read: "+plainly(withoutPath(err)))
		return nil
	}
	defer f.Close()
	return w.folderFile(it, f, sum)
}

// folderFile reads a file of the folder, to its end, for the sum.
func (w *walker) folderFile(it item, f *os.File, sum hash.Hash) error {
	h := sha256.New()
	r := &layer{what: "file", src: &counted{}, dec: io.TeeReader(&countingStream{f, &w.src.read}, h)}
	it.r, it.at, it.layer = r, f, r
	if err := w.item(it); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, r); err == nil {
		fmt.Fprintf(sum, "%s  %s\n", digest(h), it.path)
	}
	return w.ended()
}

// openRegular opens a file that was seen to be a regular one, and looks again.
func openRegular(root *os.Root, name string, seen fs.FileInfo) (*os.File, error) {
	if seen == nil {
		return nil, errors.New("it went away")
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(seen, info) {
		err = errors.New("it was replaced by something else")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// notRegular says what a file is that is not read, "" for files and folders.
func notRegular(m fs.FileMode) string {
	switch {
	case m.IsRegular(), m.IsDir():
		return ""
	case m&fs.ModeSymlink != 0:
		return "symbolic link, not followed"
	case m&fs.ModeNamedPipe != 0:
		return "named pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	case m&fs.ModeDevice != 0:
		return "device"
	}
	return "not a regular file"
}
