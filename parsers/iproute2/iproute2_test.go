package iproute2_test

import (
	"slices"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, iproute2.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, iproute2.Format) }

func TestMutations(t *testing.T) {
	const rule, route, route6 = "networking/iprule.txt", "networking/iproute.txt", "networking/ip6route.txt"
	parserstest.Mutate(t, iproute2.Format,
		parserstest.Mutation{File: rule, Old: "to 10.0.8.239", New: "to 10.0.8.238", Want: []string{"Rules[1].To: 10.0.8.239/32 -> 10.0.8.238/32"}},
		parserstest.Mutation{File: rule, Old: "1536:	from 10.0.97.30 lookup 2", New: "1536:	from 10.0.97.30 lookup 3", Want: []string{"Rules[4].Table: 2 -> 3"}},
		parserstest.Mutation{File: rule, Old: "0x80/0x80", New: "0x80/0xff", Want: []string{"Rules[2].Mask: 128 -> 255"}},
		parserstest.Mutation{File: rule, Old: "1025:	not from", New: "1025:	from", Want: []string{"Rules[3].Not: true -> false"}},
		parserstest.Mutation{File: route, Old: "metric 512 \n", New: "metric 513 \n", Want: []string{"Routes[0].Metric: 512 -> 513"}},
		parserstest.Mutation{File: route, Old: "dev t1 weight 2 onlink", New: "dev t1 weight 3 onlink", Want: []string{"Routes[9].Nexthops[1].Weight: 2 -> 3"}},
		parserstest.Mutation{File: route, Old: "unreachable 10.9.", New: "blackhole 10.9.", Want: []string{"Routes[12].Type: unreachable -> blackhole"}},
		parserstest.Mutation{File: route6, Old: "via fe80::1 dev t0", New: "via fe80::2 dev t0", Want: []string{"Routes[3].Via: fe80::1 -> fe80::2"}},
	)
}

func TestDefault(t *testing.T) {
	f := func(line string, v6 bool) {
		t.Helper()
		r, err := iproute2.ParseRoutes("networking/iproute.txt", []byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Routes[0]; !got.Default() || got.V6 != v6 {
			t.Errorf("%q: Default() = %v, V6 = %v, want true, %v", line, got.Default(), got.V6, v6)
		}
		if n := len(r.Table("main", v6)); n != 1 {
			t.Errorf("%q: Table has %d routes", line, n)
		}
	}
	f("default via 10.0.0.1 dev ens5 proto dhcp src 10.0.7.118 metric 512", false)
	f("default via inet6 fe80::1 dev ens5", false)
	f("default dev ens5 scope link", false)
	f("default via fe80::1 dev ens5 proto ra metric 1024", true)
	f("unreachable default dev lo metric 4294967295 error -101 pref medium", true)
}

// Old versions print no preference, and iproute.txt has both families.
func TestFamilyOfNeighbours(t *testing.T) {
	const text = "default dev ens5 scope link\nlocal ::1 dev lo proto kernel metric 0\nunreachable default dev lo table unspec proto kernel metric 4294967295 error -101\n"
	r, err := iproute2.ParseRoutes("networking/iproute.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []bool
	for _, route := range r.Routes {
		got = append(got, route.V6)
	}
	if want := []bool{false, true, true}; !slices.Equal(got, want) {
		t.Errorf("V6 = %v, want %v", got, want)
	}
}

// A default route with more than one way says on the lines below which family
// it is of. From ip of iproute2 6.1, without the preferences of IPv6.
func TestFamilyOfNexthops(t *testing.T) {
	f := func(text string, v6 ...bool) {
		t.Helper()
		r, err := iproute2.ParseRoutes("networking/iproute.txt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []bool
		for _, route := range r.Routes {
			got = append(got, route.V6)
			if route.Default() && route.Dst.Addr().Is6() != route.V6 {
				t.Errorf("%q: Dst = %v, V6 = %v", text, route.Dst, route.V6)
			}
		}
		if !slices.Equal(got, v6) {
			t.Errorf("%q: V6 = %v, want %v", text, got, v6)
		}
	}
	const via4 = "default linkdown \n\tnexthop via 10.0.0.1 dev t0 weight 1 linkdown \n\tnexthop via 10.1.0.1 dev t1 weight 2 linkdown \n"
	const via6 = "default metric 1024 \n\tnexthop via fd00::1 dev t0 weight 1 linkdown \n\tnexthop via fd00:1::1 dev t1 weight 1 linkdown \n"
	const foreign = "default table 5 \n\tnexthop via inet6 fd00:1::1 dev t1 weight 1 \n\tnexthop via 10.0.0.1 dev t0 weight 1 linkdown \n"
	const link4, link6 = "10.0.0.0/24 dev t0 proto kernel scope link src 10.0.0.2 linkdown \n", "fd00::/64 dev t0 proto kernel metric 256 linkdown \n"
	f(via4+link4+via6+link6, false, false, true, true)
	f(link6+via4, true, false)
	f(link6+foreign, true, false)
	f(foreign+via6+link6, false, true, true)
	f(link6+"default \n\tnexthop dev t0 weight 1 \n\tnexthop dev t1 weight 1 \n", true, true)
}

func TestSecondRun(t *testing.T) {
	const run1 = "default via 10.0.0.1 dev ens5\n10.0.0.0/20 dev ens5 scope link\n10.0.1.9 dev eni1 scope link\n"
	const run2 = "default via 10.0.0.1 dev ens5\n10.0.0.0/20 dev ens5 scope link\n"
	r, err := iproute2.ParseRoutes("networking/iproute.txt", []byte(run1+run2))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Routes) != 2 || r.Repeats != 1 || r.Routes[0].Line != 4 {
		t.Errorf("routes = %+v, Repeats = %d, want those from line 4 on", r.Routes, r.Repeats)
	}
}

func TestPlain(t *testing.T) {
	f := func(line string, want bool) {
		t.Helper()
		r, err := iproute2.ParseRules("networking/iprule.txt", []byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Rules[0].Plain(); got != want {
			t.Errorf("Plain of %q = %v, want %v", line, got, want)
		}
	}
	f("512:	from all to 10.0.8.239 lookup main", true)
	f("1024:	from all fwmark 0x80/0x80 lookup main", false)
	f("1025:	not from all to 10.0.0.0/16 lookup 2", false)
	f("10:	from all iif vlan.eth.1 lookup 101", false)
	f("512:	from all to 10.0.8.239 tos 0x10 lookup main", false)
}
