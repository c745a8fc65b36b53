package contradiction_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/contradiction"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, contradiction.Checks) }
