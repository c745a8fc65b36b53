package stacks_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/stacks"
)

func Test(t *testing.T) { analyzetest.Run(t, stacks.Check) }
