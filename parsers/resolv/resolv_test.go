package resolv_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/resolv"
)

func Test(t *testing.T)       { parserstest.Run(t, resolv.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, resolv.Format) }

func TestMutations(t *testing.T) {
	m := func(from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: "networking/resolv.conf", Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, resolv.Format,
		m("nameserver 10.0.0.2\nsearch", "nameserver 10.0.0.3\nsearch", "Servers[0].Value: 10.0.0.2 -> 10.0.0.3"),
		m("search us-west-2.", "search us-east-2.", "Search[0]: us-west-2.compute.internal -> us-east-2.compute.internal"),
		m("timeout:2", "timeout:3", "Options[0].Value: timeout:2 -> timeout:3"),
		m("fd00:ec2::253", "fd00:ec2::254", "Servers[1].Value: fd00:ec2::253 -> fd00:ec2::254"),
		m("sortlist 130.155.160.0", "sortlist 130.155.161.0", "SortList[0].Value: 130.155.160.0/255.255.240.0 -> 130.155.161.0/255.255.240.0"),
		m("port 53", "port 54", "Notes[3].Text: port 53 -> port 54"),
	)
}
