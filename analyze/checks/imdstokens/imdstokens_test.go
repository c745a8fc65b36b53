package imdstokens_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/imdstokens"
)

func Test(t *testing.T) { analyzetest.Run(t, imdstokens.Check) }
