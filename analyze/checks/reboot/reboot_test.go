package reboot_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/analyzetest"
	"github.com/eksleuth/eksleuth/analyze/checks/reboot"
)

func Test(t *testing.T) { analyzetest.Run(t, reboot.Check) }
