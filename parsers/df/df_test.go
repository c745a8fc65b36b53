package df_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, df.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, df.Format) }
