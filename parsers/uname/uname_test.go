package uname_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/uname"
)

func Test(t *testing.T)       { parserstest.Run(t, uname.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, uname.Format) }
