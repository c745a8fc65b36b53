// Package podstorage reads how much the containers of a node have written into
// their own root filesystems.
package podstorage

import (
	"regexp"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
	"github.com/eksleuth/eksleuth/parsers/internal/size"
)

// Format is the output of du for the upper directory of each overlay.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "What containers have written, du -sh of their overlays.",
	Files:  []string{"storage/pod_local_storage.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "podstorage"

// maxLayers bounds what is kept.
const maxLayers = 50_000

// A Usage is the file. The collector leaves out what has 0 bytes, the node
// monitoring agent does not.
type Usage struct {
	Layers []Layer
	Notes  rows.Notes
}

// A Layer is what a container writes to.
type Layer struct {
	Path     string
	Snapshot string // number of containerd's snapshot; "" of docker
	Bytes    uint64 // rounded up as du -h does
	Line     int
}

// snapshotForm is how containerd calls the directories of a snapshot.
var snapshotForm = regexp.MustCompile(`/snapshots/(\d+)/fs$`)

// Parse reads the file.
//
//	4.0K	/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/12/fs
//	1.3G	/var/lib/docker/overlay2/0a1b/diff
func Parse(file string, text []byte) (*Usage, error) {
	u := &Usage{}
	for num, line := range rows.Filled(text) {
		amount, path, tab := strings.Cut(line, "\t")
		bytes, ok := size.Parse(amount, 1)
		if !tab || !ok {
			u.Notes.Add(num, line)
			continue
		}
		l := Layer{Path: rows.Clip(path, 4096), Bytes: bytes, Line: num}
		if m := snapshotForm.FindStringSubmatch(l.Path); m != nil {
			l.Snapshot = m[1]
		}
		if len(u.Layers) < maxLayers {
			u.Layers = append(u.Layers, l)
		}
	}
	if len(u.Layers) == 0 {
		return nil, u.Notes.Fail(name, file, "no directories")
	}
	return u, nil
}
