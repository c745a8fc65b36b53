package imdshost_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/imdshost"
)

func Test(t *testing.T) { analyzetest.Run(t, imdshost.Check) }
