package kernel_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/kernel"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func TestFormat(t *testing.T) { parserstest.Run(t, kernel.Format) }

func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, kernel.Format) }

func BenchmarkHeader(b *testing.B) { parserstest.Bench(b, kernel.Format) }
