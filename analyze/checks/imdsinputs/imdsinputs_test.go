package imdsinputs_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/imdsinputs"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, imdsinputs.Checks) }
