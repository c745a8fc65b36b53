package selinux_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/selinux"
)

func Test(t *testing.T)       { parserstest.Run(t, selinux.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, selinux.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, selinux.Format,
		parserstest.Mutation{File: "system/selinux.txt", Old: "Permissive", New: "Enforcing", Want: []string{"Mode: permissive -> enforcing", "Text: Permissive -> Enforcing"}},
	)
}
