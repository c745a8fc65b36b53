package bundleempty_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/bundleempty"
)

func Test(t *testing.T) { analyzetest.Run(t, bundleempty.Check) }
