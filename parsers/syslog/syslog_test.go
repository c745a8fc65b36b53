package syslog_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/syslog"
)

func TestFormat(t *testing.T) { parserstest.Run(t, syslog.Format) }

func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, syslog.Format) }

func BenchmarkHeader(b *testing.B) { parserstest.Bench(b, syslog.Format) }
