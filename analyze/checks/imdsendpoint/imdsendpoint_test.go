package imdsendpoint_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/imdsendpoint"
)

func Test(t *testing.T) { analyzetest.Run(t, imdsendpoint.Check) }
