package ethtool_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/ethtool"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, ethtool.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, ethtool.Format) }
