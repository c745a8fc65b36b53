package bundleincomplete_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/bundleincomplete"
)

func Test(t *testing.T) { analyzetest.Run(t, bundleincomplete.Check) }
