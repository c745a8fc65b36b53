package ena_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/ena"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, ena.Checks) }
