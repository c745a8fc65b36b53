package klog_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/klog"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func TestFormat(t *testing.T) { parserstest.Run(t, klog.Format) }

func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, klog.Format) }

func BenchmarkHeader(b *testing.B) { parserstest.Bench(b, klog.Format) }
