package unit_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/unit"
)

func Test(t *testing.T)       { parserstest.Run(t, unit.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, unit.Format) }
