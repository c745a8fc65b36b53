package kubeletclient_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/kubeletclient"
)

func Test(t *testing.T) { analyzetest.Run(t, kubeletclient.Check) }
