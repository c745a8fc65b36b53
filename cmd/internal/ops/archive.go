package ops

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/score"
	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// Names that belong to labels: NAME.truth.json beside the bundle NAME or
// NAME.tar.gz, or want.json in a bundle that is a folder.
const (
	labelSuffix = ".truth.json"
	wantFile    = "want.json"
)

// maxBundles is how many bundles an archive may have.
const maxBundles = 100_000

// An item is a bundle of an archive: a path, a case or an excerpt.
type item struct {
	name    string // in results: the path below the archive, with slashes
	path    string
	caseID  string
	excerpt *excerpt

	label    *score.Label
	labelSum string // "" without a label
	labelErr error  // why the label cannot be read
}

// A finder collects the bundles of archives.
type finder struct {
	home   index.Home // of cases
	labels string     // a folder with further labels; "" for none
	blind  bool       // read no labels
	items  []item
	seen   map[string]int
}

// find collects the bundles of what the user named, folders in sorted order.
func (f *finder) find(ctx context.Context, archives []string) error {
	f.seen = map[string]int{}
	for _, a := range archives {
		prefix := ""
		if len(archives) > 1 {
			prefix = archiveName(a)
		}
		if err := f.archive(ctx, a, prefix); err != nil {
			return err
		}
	}
	if len(f.items) == 0 {
		return fmt.Errorf("%w: no bundle in %s", bundle.ErrNotBundle, strings.Join(archives, ", "))
	}
	return nil
}

// archiveName is what the bundles of one of several archives begin with.
func archiveName(a string) string {
	if abs, err := filepath.Abs(strings.TrimPrefix(a, "@")); err == nil {
		return filepath.Base(abs)
	}
	return filepath.Base(a)
}

// archive takes one word of the user: a list, a folder, a bundle or a case.
func (f *finder) archive(ctx context.Context, name, prefix string) error {
	if list, ok := strings.CutPrefix(name, "@"); ok {
		return f.list(ctx, list, prefix)
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return f.stored(name, prefix, "", err)
	case !info.IsDir():
		return f.add(item{name: path.Join(prefix, filepath.Base(name)), path: name})
	}
	ids, err := index.Home(name).IDs()
	if err != nil {
		return err
	}
	if len(ids) > 0 { // the folder that cases are kept in
		for _, id := range ids {
			if err := f.add(item{name: path.Join(prefix, id), caseID: id, path: name}); err != nil {
				return err
			}
		}
		return nil
	}
	return f.folder(ctx, name, prefix, archiveName(name))
}

// stored takes the ID of a case, or explains why a name is nothing at all.
// Its label stands in the folder dir.
func (f *finder) stored(ref, prefix, dir string, statErr error) error {
	id, err := f.home.Find(ref)
	if err != nil {
		return fmt.Errorf("%s: %w", ref, &absent{statErr})
	}
	it := item{name: path.Join(prefix, id), caseID: id, path: string(f.home)}
	return f.add(it, dir)
}

// list takes a file with a bundle or case a line. Paths are relative to it;
// empty lines and those that begin with # mean nothing.
func (f *finder) list(ctx context.Context, name, prefix string) error {
	text, err := readLimited(name, maxIndex)
	if err != nil {
		return err
	}
	dir := filepath.Dir(name)
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxIndex)
	for n := 1; lines.Scan(); n++ {
		entry := strings.TrimSpace(lines.Text())
		if entry == "" || entry[0] == '#' {
			continue
		}
		if err := f.entry(ctx, dir, entry, prefix); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	return lines.Err()
}

func (f *finder) entry(ctx context.Context, dir, entry, prefix string) error {
	at := entry
	if !filepath.IsAbs(at) {
		at = filepath.Join(dir, at)
	}
	info, err := os.Stat(at)
	name := path.Join(prefix, filepath.ToSlash(filepath.Clean(entry)))
	switch {
	case err != nil:
		return f.stored(entry, prefix, dir, err)
	case info.IsDir():
		return f.folder(ctx, at, name, filepath.Base(at))
	}
	return f.add(item{name: name, path: at})
}

// folder takes a folder: a bundle, a corpus, or one with these below it. self
// is the name that it has as a bundle.
func (f *finder) folder(ctx context.Context, dir, name, self string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if isCorpus(dir) {
		return f.corpus(dir, name)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && name == "" {
		return err
	}
	// One that cannot be read does not stop the others.
	if err != nil || f.isBundle(dir, entries) {
		return f.add(item{name: cmp.Or(name, self), path: dir})
	}
	for _, e := range entries {
		below, at := path.Join(name, e.Name()), filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
			err = f.folder(ctx, at, below, e.Name())
		case e.Type().IsRegular() && !strings.HasSuffix(e.Name(), labelSuffix) && isArchive(at):
			err = f.add(item{name: below, path: at})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *finder) corpus(dir, name string) error {
	excerpts, err := readCorpus(dir)
	if err != nil {
		return err
	}
	for i := range excerpts {
		e := &excerpts[i]
		it := item{name: path.Join(name, e.name()), excerpt: e}
		if !f.blind {
			it.label = e.label()
			it.labelSum = fmt.Sprintf("%t %q %q", e.benign, e.want, e.beside)
		}
		if err := f.put(it); err != nil {
			return err
		}
	}
	return nil
}

// isBundle reports whether a folder is an unpacked bundle: it has a label, or
// one of the folders that collectors make, with files. A folder with archives
// in it is a place where bundles are kept, whatever its folders are called.
func (f *finder) isBundle(dir string, entries []fs.DirEntry) bool {
	if f.labelOf(&item{path: dir}) != "" {
		return true
	}
	files := false
	for _, e := range entries {
		switch {
		case e.Type().IsRegular() && bundle.Promised(e.Name()):
			return false
		case e.IsDir() && bundle.Top(e.Name()):
			files = files || hasLogs(filepath.Join(dir, e.Name()), 3)
		}
	}
	return files
}

// hasLogs reports whether a folder holds files, and none that is an archive.
// Folders are followed so many levels down.
func hasLogs(dir string, levels int) bool {
	entries, err := os.ReadDir(dir)
	if err != nil || levels == 0 {
		return false
	}
	for _, e := range entries {
		if e.Type().IsRegular() && bundle.Promised(e.Name()) {
			return false
		}
	}
	for _, e := range entries {
		if e.Type().IsRegular() || e.IsDir() && hasLogs(filepath.Join(dir, e.Name()), levels-1) {
			return true
		}
	}
	return false
}

// isArchive reports whether a file is an archive: its name promises one, it has
// a label, or its first bytes say so. A packed file about a node is none.
func isArchive(file string) bool {
	if bundle.Promised(file) || isFile(file+labelSuffix) {
		return true
	}
	if packedFile.MatchString(file) {
		return false
	}
	head, err := headOf(file)
	return err == nil && bundle.Packed(head)
}

// add reads the label of a bundle and puts it in the list. Folders are further
// places of the label.
func (f *finder) add(it item, folders ...string) error {
	if f.blind {
		return f.put(it)
	}
	if file := f.labelOf(&it, folders...); file != "" {
		text, err := readLimited(file, score.MaxLabel)
		if err == nil {
			sum := sha256.Sum256(text)
			it.labelSum = hex.EncodeToString(sum[:])
			it.label, err = score.ParseLabel(text)
		}
		if err != nil {
			it.labelErr = fmt.Errorf("%s: %w", filepath.Base(file), withoutName(err))
		}
	}
	return f.put(it)
}

// withoutName is an error about a file without its path.
func withoutName(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// labelOf is the file with the label of a bundle; "" for none.
func (f *finder) labelOf(it *item, folders ...string) string {
	base := it.caseID
	if base == "" {
		base = archiveName(it.path)
		folders = append(folders, filepath.Dir(filepath.Clean(it.path)))
	}
	if f.labels != "" {
		folders = append(folders, f.labels)
	}
	for _, dir := range folders {
		for _, name := range []string{base, withoutSuffix(base)} {
			if file := filepath.Join(dir, name+labelSuffix); dir != "" && isFile(file) {
				return file
			}
		}
	}
	if file := filepath.Join(it.path, wantFile); it.caseID == "" && isFile(file) {
		return file
	}
	return ""
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// withoutSuffix cuts off what says how a bundle is packed.
func withoutSuffix(name string) string {
	for _, s := range []string{".gz", ".zst", ".xz", ".bz2", ".tgz", ".txz", ".tbz2", ".zip"} {
		if rest, ok := strings.CutSuffix(name, s); ok {
			name = rest
			break
		}
	}
	return strings.TrimSuffix(name, ".tar")
}

// put appends an item; names are unique.
func (f *finder) put(it item) error {
	if len(f.items) >= maxBundles {
		return fmt.Errorf("more than %d bundles in the archive", maxBundles)
	}
	f.seen[it.name]++
	if n := f.seen[it.name]; n > 1 {
		it.name = fmt.Sprintf("%s (%d)", it.name, n)
	}
	f.items = append(f.items, it)
	return nil
}
