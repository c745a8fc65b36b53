package versions_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/versions"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, versions.Checks) }
