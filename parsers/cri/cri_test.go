package cri_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/cri"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func TestFormat(t *testing.T) { parserstest.Run(t, cri.Format) }

func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, cri.Format) }

func BenchmarkHeader(b *testing.B) { parserstest.Bench(b, cri.Format) }
