package apiprobe_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/apiprobe"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, apiprobe.Checks) }
