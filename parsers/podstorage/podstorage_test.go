package podstorage_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/podstorage"
)

func Test(t *testing.T)       { parserstest.Run(t, podstorage.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, podstorage.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, podstorage.Format,
		parserstest.Mutation{File: "storage/pod_local_storage.txt", Old: "12G", New: "13G", Want: []string{"Layers[1].Bytes: 12884901888 -> 13958643712"}},
		parserstest.Mutation{File: "storage/pod_local_storage.txt", Old: "snapshots/36/", New: "snapshots/37/", Want: []string{"Layers[1].Snapshot: 36 -> 37", "Layers[1].Path: /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/36/fs -> /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/37/fs"}},
	)
}
