package kubeproxy_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/kubeproxy"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, kubeproxy.Checks) }
