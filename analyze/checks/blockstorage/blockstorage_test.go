package blockstorage_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/blockstorage"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, blockstorage.Checks) }
