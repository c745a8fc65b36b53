package routing_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/routing"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, routing.Checks) }
