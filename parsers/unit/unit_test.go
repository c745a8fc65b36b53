package unit_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/unit"
)

func Test(t *testing.T)       { parserstest.Run(t, unit.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, unit.Format) }

func TestMutations(t *testing.T) {
	m := func(from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: "kubelet/kubelet_service.txt", Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, unit.Format,
		m("# /etc/systemd/system/kubelet.service\n", "# /usr/lib/systemd/system/kubelet.service\n",
			"Parts[0].Path: /etc/systemd/system/kubelet.service -> /usr/lib/systemd/system/kubelet.service"),
		m("[Install]", "[Service]", "Settings[14].Section: Install -> Service"),
		m("RestartSec=5", "RestartSec=50", "Settings[10].Value: 5 -> 50"),
		m("KillMode=", "KillSignal=", "Settings[11].Key: KillMode -> KillSignal"),
		m("EnvironmentFile=/etc/eks/kubelet/environment", "EnvironmentFile=-/etc/default/kubelet",
			"EnvFiles[0]: /etc/eks/kubelet/environment -> /etc/default/kubelet",
			"Settings[5].Value: /etc/eks/kubelet/environment -> -/etc/default/kubelet"),
		m("HTTP_PROXY=http://second.", "HTTP_PROXY=http://third.",
			"Env[3].Value: http://second.example.com:3128 -> http://third.example.com:3128",
			"Settings[6].Value: HTTP_PROXY=http://second.example.com:3128 -> HTTP_PROXY=http://third.example.com:3128"),
		m("# Warning: kubelet.service changed", "# Warning: other.service changed",
			"Notes[0].Text: # Warning: kubelet.service changed on disk, the version systemd has loaded is outdated. -> "+
				"# Warning: other.service changed on disk, the version systemd has loaded is outdated."),
	)
}

// A file may end without a line end: then no blank line stands above the next.
func TestHeads(t *testing.T) {
	const start = "# /etc/systemd/system/kubelet.service\n[Service]\nA=1\n"
	f := func(line string, want int) {
		t.Helper()
		u, err := unit.Parse("kubelet/kubelet_service.txt", []byte(start+line+"\nB=1\n[Service]\nC=1\n"))
		if err != nil {
			t.Fatal(err)
		}
		if len(u.Parts) != want || len(u.Settings)+len(u.Notes) != 3 || len(u.Notes) != want-1 {
			t.Errorf("%q: parts %v, settings %v, notes %v, want %d parts", line, u.Parts, u.Settings, u.Notes, want)
		}
	}
	f("# /etc/systemd/system/kubelet.service.d/10-proxy.conf", 2)
	f("# /run/systemd/system/kubelet.service.d/my args.conf", 2)
	f("# /usr/lib/systemd/system/service.d/10-timeout.conf", 2)
	f("# /etc/systemd/system/kubelet.service needs this", 1)
	f("# /etc/eks/kubelet/environment", 1)
	f("# /etc/resolv.conf", 1)
	f("#/etc/systemd/system/kubelet.service", 1)
	f("; /etc/systemd/system/kubelet.service", 1)
}

// What is endless is cut, and the settings behind it are read.
func TestEndless(t *testing.T) {
	const many = 1 << 18
	f := func(long string) {
		t.Helper()
		u, err := unit.Parse("kubelet/kubelet_service.txt", []byte("[Service]\n"+long+"\nRestart=always\n"))
		if err != nil {
			t.Fatal(err)
		}
		last := u.Settings[len(u.Settings)-1]
		if last.Key != "Restart" || len(u.Env) > 1<<16 || len(u.Notes) > 100 {
			t.Errorf("%.20q: the last setting is %.100v of %d, %d variables, %d notes", long, last, len(u.Settings), len(u.Env), len(u.Notes))
		}
		for _, s := range u.Settings {
			if len(s.Value) > 1<<17 {
				t.Errorf("%.20q: the value of %s has %d bytes", long, s.Key, len(s.Value))
			}
		}
	}
	f("ExecStart=a" + strings.Repeat(" \\\n --flag=value", many))
	f("ExecStart=a" + strings.Repeat(" \\\n", many) + "b")
	f("ExecStart=" + strings.Repeat("a ", many))
	f("Environment=" + strings.Repeat(strings.Repeat("a=1 ", 1000)+"\nEnvironment=", 500) + "x=1")
}

func TestEnvironment(t *testing.T) {
	u, err := unit.Parse("kubelet/kubelet_service.txt", []byte("[Service]\nEnvironment=A=1 B=1\nEnvironment=A=2\nEnvironment=C=1 A=3\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]unit.Var{{"B", "1", 2}, {"C", "1", 4}, {"A", "3", 4}}, u.Env); diff != "" {
		t.Errorf("Env (-want +got):\n%s", diff)
	}
}
