package ipamd_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/ipamd"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, ipamd.Checks) }
