package nodefs_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/nodefs"
)

func Test(t *testing.T) { analyzetest.Run(t, nodefs.Check) }
