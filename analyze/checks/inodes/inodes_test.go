package inodes_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/inodes"
)

func Test(t *testing.T) { analyzetest.Run(t, inodes.Check) }
