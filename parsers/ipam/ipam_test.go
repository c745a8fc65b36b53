package ipam_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/ipam"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, ipam.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, ipam.Format) }

func TestMutations(t *testing.T) {
	m := func(from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: "ipamd/ipam.json", Old: from, New: to, Want: want}
	}
	const first = "Allocations[0]."
	parserstest.Mutate(t, ipam.Format,
		m("vpc-cni-ipam/1", "vpc-cni-ipam/2", "Version: vpc-cni-ipam/1 -> vpc-cni-ipam/2"),
		m("10.0.14.70", "10.0.14.71", first+"IPv4: 10.0.14.70 -> 10.0.14.71"),
		m(`"eth0"`, `"eth1"`, first+"Interface: eth0 -> eth1"),
		m(`"aws-cni"`, `"_migrated-from-cri"`, first+"Network: aws-cni -> _migrated-from-cri"),
		m("1795220318115779980", "1795220318000000000", first+"At: 2026-11-21T00:18:38.11577998Z -> 2026-11-21T00:18:38Z"),
		m(`"default"`, `"kube-system"`, first+"Namespace: default -> kube-system"),
		m("web-j2wfxwqgw-wnbth", "x", first+"Pod: web-j2wfxwqgw-wnbth -> x"),
		m(`"interfacesCount":1`, `"interfacesCount":2`, first+"Interfaces: 1 -> 2"),
	)
}

func TestMigrated(t *testing.T) {
	f := func(network string, want bool) {
		t.Helper()
		if got := (ipam.Allocation{Network: network}).Migrated(); got != want {
			t.Errorf("Migrated() of %q = %v, want %v", network, got, want)
		}
	}
	f("aws-cni", false)
	f("_migrated-from-cri", true)
}
