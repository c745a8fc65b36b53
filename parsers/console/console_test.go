package console_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/console"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func TestFormat(t *testing.T) { parserstest.Run(t, console.Format) }

func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, console.Format) }

func BenchmarkHeader(b *testing.B) { parserstest.Bench(b, console.Format) }
