package linklocal_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/linklocal"
)

func Test(t *testing.T) { analyzetest.Run(t, linklocal.Check) }
