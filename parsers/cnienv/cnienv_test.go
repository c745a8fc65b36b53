package cnienv_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, cnienv.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, cnienv.Format) }
