package journalloss_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/journalloss"
)

func Test(t *testing.T) { analyzetest.Run(t, journalloss.Check) }
