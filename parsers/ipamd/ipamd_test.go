package ipamd_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/ipamd"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func TestFormat(t *testing.T) { parserstest.Run(t, ipamd.Format) }

func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, ipamd.Format) }

func BenchmarkHeader(b *testing.B) { parserstest.Bench(b, ipamd.Format) }
