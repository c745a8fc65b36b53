package cversion_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/cversion"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, cversion.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, cversion.Format) }
