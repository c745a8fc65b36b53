package imdspackets_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/imdspackets"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)            { parserstest.Run(t, imdspackets.Format) }
func FuzzFormat(f *testing.F)      { parserstest.Fuzz(f, imdspackets.Format) }
func BenchmarkHeader(b *testing.B) { parserstest.Bench(b, imdspackets.Format) }
