package procstat_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/procstat"
)

func Test(t *testing.T)       { parserstest.Run(t, procstat.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, procstat.Format) }
