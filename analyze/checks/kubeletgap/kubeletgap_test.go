package kubeletgap_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/kubeletgap"
)

func Test(t *testing.T) { analyzetest.Run(t, kubeletgap.Check) }
