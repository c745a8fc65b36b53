package kubeletclient_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/kubeletclient"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, kubeletclient.Checks) }
