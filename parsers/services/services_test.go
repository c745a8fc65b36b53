package services_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/services"
)

func Test(t *testing.T)       { parserstest.Run(t, services.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, services.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, services.Format,
		parserstest.Mutation{File: "system/services.txt", Old: "loaded active running   Kubernetes", New: "loaded failed failed    Kubernetes", Want: []string{"Units[6].Active: active -> failed", "Units[6].Sub: running -> failed"}},
		parserstest.Mutation{File: "system/services.txt", Old: "* nodeadm-run.service ", New: "  nodeadm-run.service ", Want: []string{"Units[2].Marked: true -> false"}},
		parserstest.Mutation{File: "system/services.txt", Old: "start EKS Nodeadm Run", New: "      EKS Nodeadm Run", Want: []string{"Units[2].Job: start -> "}},
		parserstest.Mutation{File: "system/services.txt", Old: "169 loaded", New: "170 loaded", Want: []string{"Total: 169 -> 170"}},
	)
}
