package enis_test

import (
	"testing"
	"time"

	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, enis.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, enis.Format) }

func TestMutations(t *testing.T) {
	const file, first = "ipamd/enis.json", "Cards[0].ENIs[0]."
	m := func(from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: file, Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, enis.Format,
		m(`"TotalIPs":3`, `"TotalIPs":4`, "Cards[0].Total: 3 -> 4"),
		m(`"AssignedIPs":2,"ENIs":{"eni-05b`, `"AssignedIPs":1,"ENIs":{"eni-05b`, "Cards[0].Assigned: 2 -> 1"),
		m(`"IsTrunk":false`, `"IsTrunk":true`, first+"Trunk: false -> true"),
		m(`"IsEFA":false`, `"IsEFA":true`, first+"EFA: false -> true"),
		m(`"IsPrimary":true`, `"IsPrimary":false`, first+"Primary: true -> false"),
		m(`"DeviceNumber":0`, `"DeviceNumber":3`, first+"Device: 0 -> 3"),
		m(`"RouteTableID":254`, `"RouteTableID":2`, first+"RouteTable: 254 -> 2"),
		m(`"IsExcludedForPodIPs":false`, `"IsExcludedForPodIPs":true`, first+"Excluded: false -> true"),
		m(`"IsPrefix":false`, `"IsPrefix":true`, first+"Ranges[0].Delegated: false -> true"),
		m(`"ifName":"eth0"`, `"ifName":"mNicIf1"`, first+"Ranges[1].Addresses[0].Interface: eth0 -> mNicIf1"),
		m(`"k8sPodName":"web-j2wfxwqgw-wnbth"`, `"k8sPodName":"x"`, first+"Ranges[2].Addresses[0].Pod: web-j2wfxwqgw-wnbth -> x"),
		m(`"Assigned":false`, `"Assigned":true`, first+"Ranges[0].Addresses[0].Assigned: false -> true"),
		m(`"AssignedTime":"2026-11-21T00:18:38.11577998Z"`, `"AssignedTime":"2026-11-21T00:18:39Z"`,
			first+"Ranges[2].Addresses[0].AssignedAt: 2026-11-21T00:18:38.11577998Z -> 2026-11-21T00:18:39Z"),
	)
}

func TestCounted(t *testing.T) {
	f := func(text string, total, assigned int64) {
		t.Helper()
		p, err := enis.Parse("ipamd/enis.json", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if gotTotal, gotAssigned := p.Cards[0].Counted(); gotTotal != total || gotAssigned != assigned {
			t.Errorf("Counted() of %s = %d, %d, want %d, %d", text, gotTotal, gotAssigned, total, assigned)
		}
	}
	f(`{"TotalIPs":9,"ENIs":{"eni-0a":{"AvailableIPv4Cidrs":{"10.0.10.176/28":{"IPAddresses":{"10.0.10.186":{"IPAMKey":{"networkName":"aws-cni"}},"10.0.10.187":{"IPAMKey":{"networkName":""}}}}}}}}`, 16, 1)
	f(`{"TotalIPs":9,"ENIs":{"eni-0a":{"IPv6Cidrs":{"2001:db8::/80":{}}}}}`, 1<<48, 0)
	f(`{"TotalIPs":9,"ENIIPPools":{"eni-0a":{"IPv4Addresses":{"10.0.0.1":{"Assigned":true},"10.0.0.2":{}}}}}`, 2, 1)
}

func TestCapacity(t *testing.T) {
	f := func(text string, want int64) {
		t.Helper()
		p, err := enis.Parse("ipamd/enis.json", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Cards[0].Capacity(); got != want {
			t.Errorf("Capacity() of %s = %d, want %d", text, got, want)
		}
	}
	// After https://github.com/aws/amazon-vpc-cni-k8s/issues/2041.
	f(`{"TotalIPs":-14,"ENIs":{"eni-0a":{"AvailableIPv4Cidrs":{"10.214.64.0/28":{},"10.214.1.7/32":{}}}}}`, 17)
	f(`{"TotalIPs":17,"ENIs":{"eni-0a":{"AvailableIPv4Cidrs":{"10.214.64.0/28":{},"10.214.1.7/32":{}}}}}`, 17)
	f(`{"TotalIPs":17,"ENIs":{"eni-0a":{}}}`, 17)
}

func TestCooling(t *testing.T) {
	given := time.Date(2026, 11, 21, 0, 10, 0, 0, time.UTC)
	f := func(a enis.Address, after time.Duration, want bool) {
		t.Helper()
		if got := a.Cooling(given.Add(after), 30*time.Second); got != want {
			t.Errorf("Cooling of %+v after %v = %v, want %v", a, after, got, want)
		}
	}
	f(enis.Address{UnassignedAt: given}, 20*time.Second, true)
	f(enis.Address{UnassignedAt: given}, 31*time.Second, false)
	f(enis.Address{UnassignedAt: given, Assigned: true}, 20*time.Second, false)
	f(enis.Address{}, 20*time.Second, false)
}
