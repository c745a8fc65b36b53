package bundle_test

import (
	"bytes"
	stdgzip "compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/bundle"
)

// large is a bundle of 64 MiB of real lines with other numbers in them. It
// packs to a tenth, as bundles do.
func large(tb testing.TB) []member {
	lines := strings.Split(strings.TrimSpace(texts(node(tb))["kubelet/kubelet.log"]), "\n")
	rnd := rand.New(rand.NewPCG(1, 2))
	var list []member
	for i := range 64 {
		var b strings.Builder
		for b.Len() < 1<<20 {
			line := lines[rnd.IntN(len(lines))]
			fmt.Fprintf(&b, "%s %x%s %x\n", line[:15], rnd.Uint64(), line[15:], rnd.Uint64())
		}
		list = append(list, member{name: fmt.Sprintf("var_log/%d.log", i), text: b.String()})
	}
	return list
}

func BenchmarkWalk(b *testing.B) {
	plain := tarOf(b, large(b)...)
	for name, data := range map[string][]byte{"tar": plain, "tar.gz": gz(b, plain), "tar.zst": zst(b, plain)} {
		b.Run(name, func(b *testing.B) {
			s := open(b, "b", data, nil)
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			for b.Loop() {
				check(b, s.Walk(b.Context(), func(f bundle.File) error { _, err := io.Copy(io.Discard, f.R); return err }))
			}
		})
	}
	// What the same bytes cost without us.
	packed := gz(b, plain)
	b.Logf("tar.gz: %d of %d bytes", len(packed), len(plain))
	b.Run("gzip_of_the_standard_library", func(b *testing.B) {
		b.SetBytes(int64(len(plain)))
		for b.Loop() {
			z, err := stdgzip.NewReader(bytes.NewReader(packed))
			check(b, err)
			_, err = io.Copy(io.Discard, z)
			check(b, err)
		}
	})
}
