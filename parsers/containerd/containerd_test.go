package containerd_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/containerd"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func TestFormat(t *testing.T) { parserstest.Run(t, containerd.Format) }

func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, containerd.Format) }

func BenchmarkHeader(b *testing.B) { parserstest.Bench(b, containerd.Format) }
