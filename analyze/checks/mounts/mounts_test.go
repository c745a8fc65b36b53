package mounts_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/mounts"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, mounts.Checks) }
