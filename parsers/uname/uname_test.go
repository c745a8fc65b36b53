package uname_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/uname"
)

func Test(t *testing.T)       { parserstest.Run(t, uname.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, uname.Format) }

func TestMutations(t *testing.T) {
	m := func(from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: "kernel/uname.txt", Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, uname.Format,
		m("ip-10-0-7-118.", "ip-10-0-7-119.", "Hostname: ip-10-0-7-118.us-west-2.compute.internal -> ip-10-0-7-119.us-west-2.compute.internal"),
		m("6.1.0-50-cloud", "6.1.0-51-cloud", "Release: 6.1.0-50-cloud-amd64 -> 6.1.0-51-cloud-amd64"),
		m("Jan 16 18:28:59", "Jan 17 18:28:59", "Version: #1 SMP Tue Jan 16 18:28:59 UTC 2024 -> #1 SMP Tue Jan 17 18:28:59 UTC 2024"),
		m("aarch64 aarch64 aarch64 GNU", "riscv64 riscv64 riscv64 GNU", "Machine: aarch64 -> riscv64"),
		m("ip-10-0-1-26.", "ip-10-0-1-27.", "Notes[1].Text: Linux ip-10-0-1-26.ec2.internal 6.12.73 #1 SMP PREEMPT_DYNAMIC x86_64 GNU/Linux -> Linux ip-10-0-1-27.ec2.internal 6.12.73 #1 SMP PREEMPT_DYNAMIC x86_64 GNU/Linux"),
	)
}
