package procstat_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/procstat"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, procstat.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, procstat.Format) }
