package imdshop_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/imdshop"
)

func Test(t *testing.T) { analyzetest.Run(t, imdshop.Check) }
