package resolv_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/resolv"
)

func Test(t *testing.T)       { parserstest.Run(t, resolv.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, resolv.Format) }
