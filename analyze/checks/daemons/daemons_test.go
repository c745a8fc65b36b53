package daemons_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/daemons"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, daemons.Checks) }
