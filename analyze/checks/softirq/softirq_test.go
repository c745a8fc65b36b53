package softirq_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/softirq"
)

func Test(t *testing.T) { analyzetest.Run(t, softirq.Check) }
