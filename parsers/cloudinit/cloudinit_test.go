package cloudinit_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/cloudinit"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func TestFormat(t *testing.T) { parserstest.Run(t, cloudinit.Format) }

func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, cloudinit.Format) }

func BenchmarkHeader(b *testing.B) { parserstest.Bench(b, cloudinit.Format) }
