package journald_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/journald"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func TestFormat(t *testing.T) { parserstest.Run(t, journald.Format) }

func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, journald.Format) }

func BenchmarkHeader(b *testing.B) { parserstest.Bench(b, journald.Format) }
