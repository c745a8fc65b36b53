package pods_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/pods"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, pods.Checks) }
