package sysctl_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/sysctl"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, sysctl.Checks) }
