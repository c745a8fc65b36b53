package services_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/services"
)

func Test(t *testing.T) { analyzetest.RunFamily(t, services.Checks) }
