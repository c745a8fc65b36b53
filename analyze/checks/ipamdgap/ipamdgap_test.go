package ipamdgap_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/ipamdgap"
)

func Test(t *testing.T) { analyzetest.Run(t, ipamdgap.Check) }
