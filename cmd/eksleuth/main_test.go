package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"eksleuth": main})
}

// TestScript runs testdata/script. The bundles in the scripts are lines of one
// real bundle of a healthy node; rules/team.yaml makes findings of them, so
// that the scripts do not depend on the rules in the binary.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_GOLDEN") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("EKSLEUTH_HOME", e.WorkDir+"/home")
			return nil
		},
	})
}
