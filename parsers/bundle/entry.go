package bundle

import (
	"fmt"
	"time"
)

// An entry is what an archive or folder says about one of its members.
type entry struct {
	name    string // as it stands there
	size    int64
	modTime time.Time
	dir     bool
	refuse  string // why it is not read: a link, a device
}

// enter decides about a member: ok if it is a file to be read.
func (w *walker) enter(parent item, e entry) (it item, ok bool) {
	name, reason := clean(e.name, w.limits.PathBytes)
	if name == "" && reason == "" {
		return item{}, false // the archive's own "./"
	}
	if base := parent.base(); base != "" {
		name = base + "/" + name
	}
	if reason == "" {
		reason = w.refused(name, e, parent.level)
	}
	if reason != "" {
		w.skip(name, e.size, reason)
		return item{}, false
	}
	return item{path: name, size: e.size, modTime: e.modTime, level: parent.level + 1}, !e.dir
}

// refused says why an entry is left out, "" if it is not.
func (w *walker) refused(name string, e entry, level int) string {
	if reason := junk(name); reason != "" {
		return reason
	}
	if e.refuse != "" {
		return e.refuse
	}
	if len(name) > w.limits.PathBytes {
		return fmt.Sprintf("path of %d bytes is over the limit of %d", len(name), w.limits.PathBytes)
	}
	root, ok := w.roots.place(name, e.dir, level)
	if !ok && e.dir {
		return ""
	}
	if !ok {
		if root == "" {
			root = printable(w.src.name)
		}
		return otherBundle(root)
	}
	return ""
}

// maxNames bounds the text of all paths and reasons together: at the longest
// they may be, those of a hundred thousand entries would fill the memory.
const maxNames = 16 << 20

// count counts an entry; false ends the walk.
func (w *walker) count(it item) bool {
	if w.names > maxNames {
		w.enough(it.path, fmt.Sprintf("the paths of its files take more than %d MiB", maxNames>>20))
		return false
	}
	w.entries++
	if w.entries > w.limits.Entries {
		w.enough(it.path, fmt.Sprintf("there are more than %d entries", w.limits.Entries))
		return false
	}
	return true
}
