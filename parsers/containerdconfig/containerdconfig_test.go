package containerdconfig_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/containerdconfig"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, containerdconfig.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, containerdconfig.Format) }

func TestMutations(t *testing.T) {
	const config, soci = "containerd/containerd-config.txt", "containerd/soci-snapshotter/config.toml"
	parserstest.Mutate(t, containerdconfig.Format,
		parserstest.Mutation{File: config, Old: "SystemdCgroup = true", New: "SystemdCgroup = false", Want: []string{"Runtimes[0].SystemdCgroup.Value: true -> false"}},
		parserstest.Mutation{File: config, Old: `sandbox_image = "localhost/kubernetes/pause:latest"`, New: `sandbox_image = "elsewhere"`,
			Want: []string{"SandboxImage.Value: localhost/kubernetes/pause:latest -> elsewhere"}},
		parserstest.Mutation{File: config, Old: `sandbox = 'registry.k8s.io/pause:3.10'`, New: `sandbox = 'elsewhere'`,
			Want: []string{"SandboxImage.Value: registry.k8s.io/pause:3.10 -> elsewhere"}},
		parserstest.Mutation{File: config, Old: "disabled_plugins = []", New: `disabled_plugins = ["cri"]`, Want: []string{"DisabledPlugins.Value[0]: - -> cri"}},
		parserstest.Mutation{File: config, Old: "discard_unpacked_layers = true", New: "discard_unpacked_layers = false", Want: []string{"DiscardUnpackedLayers.Value: true -> false"}},
		parserstest.Mutation{File: config, Old: "version = 2", New: "version = 3", Want: []string{"Version.Value: 2 -> 3"}},
		parserstest.Mutation{File: soci, Old: "enable = true", New: "enable = false", Want: []string{"ParallelPull.Value: true -> false"}},
	)
}

func TestRuntime(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		c, err := containerdconfig.Parse("containerd/containerd-config.txt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if r, ok := c.Runtime(); r.Name != want || ok != (want != "") {
			t.Errorf("Runtime() of %q = %q, %v, want %q", text, r.Name, ok, want)
		}
	}
	const at = `plugins."io.containerd.grpc.v1.cri".containerd.`
	f(at+"runtimes.runc.runtime_type = 'x'\n"+at+"runtimes.nvidia.runtime_type = 'y'", "runc")
	f(at+"default_runtime_name = 'nvidia'\n"+at+"runtimes.runc.runtime_type = 'x'\n"+at+"runtimes.nvidia.runtime_type = 'y'", "nvidia")
	f(at+"default_runtime_name = 'gone'\n"+at+"runtimes.runc.runtime_type = 'x'", "")
}

// What a password stands on is not kept, not even when it cannot be read.
func TestPasswords(t *testing.T) {
	for _, file := range parserstest.Files(t, "testdata") {
		v, err := containerdconfig.Format.Decode(file.Path, file.Text)
		if got := fmt.Sprintf("%+v %v", v, err); strings.Contains(got, "hunter2") || strings.Contains(got, "secret") {
			t.Errorf("%s: %s has a password: %s", file.Case, file.Path, got)
		}
	}
}

// Hostile texts take no more than a moment.
func TestBounds(t *testing.T) {
	f := func(name, text string) {
		t.Helper()
		if _, err := containerdconfig.Parse("containerd/containerd-config.txt", []byte(text)); err != nil {
			t.Logf("%s: %.100v", name, err)
		}
	}
	const size = 2 << 20
	f("nested lists", "a = "+strings.Repeat("[", size))
	f("nested tables", "a = "+strings.Repeat("{a=", size/3))
	f("open strings", strings.Repeat("a = \"\"\"\n", size/8))
	f("long keys", "["+strings.Repeat("k.", size/4)+"k]\n"+strings.Repeat("b = 1\n", size/8))
	f("runtimes", runtimes(50_000))
	c, err := containerdconfig.Parse("containerd/containerd-config.txt", []byte(runtimes(50_000)))
	if err != nil || len(c.Runtimes) > 20_000 || !c.Cut {
		t.Errorf("%d runtimes, cut: %v, %v", len(c.Runtimes), c.Cut, err)
	}
}

func runtimes(n int) string {
	var b strings.Builder
	b.WriteString("[plugins.cri.containerd.runtimes]\n")
	for i := range n {
		fmt.Fprintf(&b, "r%d.x = 1\n", i)
	}
	return b.String()
}
