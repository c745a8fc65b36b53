package sysctl_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/sysctl"
)

func Test(t *testing.T)       { parserstest.Run(t, sysctl.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, sysctl.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, sysctl.Format,
		parserstest.Mutation{File: "sysctls/sysctl_all.txt", Old: "kernel.panic = 10", New: "kernel.panic = 0", Want: []string{"All[9].Value: 10 -> 0"}},
		parserstest.Mutation{File: "sysctls/sysctl_all.txt", Old: "net.ipv4.ip_forward = 1\ndev", New: "net.ipv4.ip_forward = 2\ndev", Want: []string{"All[2].Value: 1 -> 2"}},
	)
}
