package instance_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/instance"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, instance.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, instance.Format) }
