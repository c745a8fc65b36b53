package nfs_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/nfs"
)

func Test(t *testing.T) { analyzetest.Run(t, nfs.Check) }
