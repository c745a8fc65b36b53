package full

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/blevesearch/bleve/v2"

	"github.com/eksleuth/eksleuth/index/query"
)

// logText is lines of a node's journal, about size bytes.
func logText(size int) string {
	rnd := rand.New(rand.NewPCG(31, 32))
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "Nov 21 %02d:%02d:%02d ip-10-0-12-34.us-west-2.compute.internal kubelet[3464]: I1121 10:00:00.%06d    3464 kubelet.go:2627] \"SyncLoop (PLEG): event for pod\" pod=\"default/web-%05x\" event={\"ID\":\"%08x-0000-4000-8000-%012x\",\"Type\":\"ContainerStarted\"}\n",
			i/3600%24, i/60%60, i%60, rnd.IntN(1e6), rnd.IntN(200), rnd.IntN(200), rnd.IntN(200))
	}
	return b.String()
}

// BenchmarkPieces builds the index as the program does, on all cores.
func BenchmarkPieces(b *testing.B) {
	text := logText(64 << 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		builder, err := Create(filepath.Join(b.TempDir(), "words"), 2)
		if err != nil {
			b.Fatal(err)
		}
		var wg sync.WaitGroup
		for shard := range 2 {
			wg.Go(func() {
				half := text[shard*len(text)/2 : (shard+1)*len(text)/2]
				for n := 0; n < len(half); n += PieceSize {
					piece := half[n:min(len(half), n+PieceSize)]
					if err := builder.Shard(shard).Add(DocOf(shard*1000+n/PieceSize, 0), []byte(piece), func(emit func(byte, []byte)) { query.Terms([]byte(piece), emit) }); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if err := builder.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLines is what a line for a document would cost: bleve as its
// tutorial uses it, with batches of 1000.
func BenchmarkLines(b *testing.B) {
	text := logText(4 << 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		x, err := bleve.New(filepath.Join(b.TempDir(), "lines"), bleve.NewIndexMapping())
		if err != nil {
			b.Fatal(err)
		}
		batch := x.NewBatch()
		for i, line := range strings.Split(text, "\n") {
			if err := batch.Index(fmt.Sprint(i), map[string]string{"line": line}); err != nil {
				b.Fatal(err)
			}
			if batch.Size() >= 1000 {
				if err := x.Batch(batch); err != nil {
					b.Fatal(err)
				}
				batch = x.NewBatch()
			}
		}
		if err := x.Batch(batch); err != nil {
			b.Fatal(err)
		}
		if err := x.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
