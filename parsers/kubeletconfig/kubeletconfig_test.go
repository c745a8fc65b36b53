package kubeletconfig_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, kubeletconfig.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, kubeletconfig.Format) }

func TestMutations(t *testing.T) {
	m := func(from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: "kubelet/config.json", Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, kubeletconfig.Format,
		m(`"maxPods": 29`, `"maxPods": 110`, "MaxPods.Text: 29 -> 110", "MaxPods.Value: 29 -> 110"),
		m(`"10%"`, `"1Gi"`, "EvictionHard[1].Value: 10% -> 1Gi"),
		m(`"memory": "574Mi"`, `"memory": "574Mx"`, "KubeReserved[2].Value: 574Mi -> 574Mx"),
		m(`"172.20.0.10"`, `"10.100.0.10"`, "ClusterDNS.Text: 172.20.0.10 -> 10.100.0.10", "ClusterDNS.Value[0]: 172.20.0.10 -> 10.100.0.10"),
		m(`"serverTLSBootstrap": true`, `"serverTLSBootstrap": "no"`, "ServerTLSBootstrap.Text: true -> no", "ServerTLSBootstrap.Value: true -> false"),
		m(`"verbosity": 2`, `"verbosity": 4`, "LogVerbosity.Text: 2 -> 4", "LogVerbosity.Value: 2 -> 4"),
		m(`"DynamicResourceAllocation": true`, `"DynamicResourceAllocation": false`, "FeatureGates[0].Value: true -> false"),
		m(`"cgroupDriver": "systemd"`, `"cgroupDriver": "cgroupfs"`, "CgroupDriver.Text: systemd -> cgroupfs", "CgroupDriver.Value: systemd -> cgroupfs"),
	)
}

func parse(t *testing.T, file, text string) *kubeletconfig.Config {
	t.Helper()
	c, err := kubeletconfig.Parse(file, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMerge(t *testing.T) {
	base := parse(t, "kubelet/config.json", `{
"maxPods": 29, "clusterDNS": ["172.20.0.10", "172.20.0.11"], "providerID": "x",
"evictionHard": {"memory.available": "100Mi", "nodefs.available": "10%", "nodefs.inodesFree": "5%"}, "staticPodPath": "/p"}`)
	second := parse(t, "kubelet/config.json.d/90-site.conf", "maxPods: 50\nclusterDNS: [169.254.20.10]\nevictionHard: {nodefs.available: 15%, nodefs.inodesFree: null}\n")
	first := parse(t, "kubelet/config.json.d/40-nodeadm.conf", `{"maxPods": 110, "providerID": null}`)
	unused := parse(t, "kubelet/config.json.d/99-site.yaml", "maxPods: 1\n")

	c := kubeletconfig.Merge(base, second, unused, first)
	if want := (kubeletconfig.Setting[int64]{Value: 50, Text: "50", File: "kubelet/config.json.d/90-site.conf", Line: 1}); c.MaxPods != want {
		t.Errorf("MaxPods = %+v, want %+v", c.MaxPods, want)
	}
	if diff := cmp.Diff([]string{"169.254.20.10"}, c.ClusterDNS.Value); diff != "" {
		t.Errorf("ClusterDNS (-want +got):\n%s", diff)
	}
	if c.ProviderID.Set() {
		t.Errorf("ProviderID = %+v, a drop-in takes it away", c.ProviderID)
	}
	want := []kubeletconfig.Entry{
		{Key: "memory.available", Value: "100Mi", File: "kubelet/config.json", Line: 3},
		{Key: "nodefs.available", Value: "15%", File: "kubelet/config.json.d/90-site.conf", Line: 3},
	}
	if diff := cmp.Diff(want, c.EvictionHard); diff != "" {
		t.Errorf("EvictionHard (-want +got):\n%s", diff)
	}
	if s := c.Get("staticPodPath"); s.Value != "/p" || s.Line != 3 {
		t.Errorf("Get(staticPodPath) = %+v", s)
	}
	if c.Base() != "kubelet/config.json" {
		t.Errorf("Base() = %q", c.Base())
	}
	if c := kubeletconfig.Merge(nil, first); c.MaxPods.Value != 110 || c.ClusterDomain.Set() || c.Base() != "" {
		t.Errorf("a drop-in alone = %+v", c)
	}
	if c := kubeletconfig.Merge(nil); c.Base() != "" || c.MaxPods.Set() {
		t.Errorf("nothing = %+v", c)
	}
}

func TestDropIn(t *testing.T) {
	f := func(file string, want bool) {
		t.Helper()
		if got := kubeletconfig.DropIn(file); got != want {
			t.Errorf("DropIn(%q) = %v, want %v", file, got, want)
		}
	}
	f("kubelet/config.json", false)
	f("kubelet/config.json.d/40-nodeadm.conf", true)
}

// Aliases and nesting do not make a small file cost much.
func TestHostile(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for i := range 20 {
		next := string(rune('b' + i))
		prev := string(rune('a' + i))
		bomb += next + ": &" + next + " [" + strings.Repeat("*"+prev+",", 9) + "]\n"
	}
	f := func(text string, ok bool) {
		t.Helper()
		if _, err := kubeletconfig.Parse("kubelet/config.json", []byte(text)); (err == nil) != ok {
			t.Errorf("Parse(%.20q...) = %v", text, err)
		}
	}
	f(bomb, true)
	f(strings.Repeat("a: 1\n", 100_000), true)
	f(strings.Repeat("---\na: 1\n", 50_000), true)
	f(strings.Repeat("[", 1<<19), false)
	f(strings.Repeat("{a: ", 100_000), false)
	f("{"+strings.Repeat("\"a\":{", 80_000), false)
	f(strings.Repeat("- ", 1<<18), false)
	f(strings.Repeat("# c\n", 1<<17), false)
	f("maxPods: 1\n"+strings.Repeat("#", 1<<20), false)
}

func TestQuantity(t *testing.T) {
	f := func(text string, want float64, ok bool) {
		t.Helper()
		if got, is := kubeletconfig.Quantity(text); got != want || is != ok {
			t.Errorf("Quantity(%q) = %v, %v, want %v, %v", text, got, is, want, ok)
		}
	}
	f("100Mi", 100<<20, true)
	f("1.5Gi", 3<<29, true)
	f("1G", 1e9, true)
	f("1e9", 1e9, true)
	f("70m", 0.07, true)
	f("0", 0, true)
	f("10%", 0, false)
	f("many", 0, false)
	f("Mi", 0, false)
	f("", 0, false)
}
