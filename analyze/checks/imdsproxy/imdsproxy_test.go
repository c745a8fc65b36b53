package imdsproxy_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/imdsproxy"
)

func Test(t *testing.T) { analyzetest.Run(t, imdsproxy.Check) }
