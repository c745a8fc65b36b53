package kubeletconfig_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/kubeletconfig"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, kubeletconfig.Checks) }
