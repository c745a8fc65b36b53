package kdump_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/kdump"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)            { parserstest.Run(t, kdump.Format) }
func FuzzFormat(f *testing.F)      { parserstest.Fuzz(f, kdump.Format) }
func BenchmarkHeader(b *testing.B) { parserstest.Bench(b, kdump.Format) }
