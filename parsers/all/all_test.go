package all_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/all"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

// notFormats are the folders below parsers that hold something else.
var notFormats = []string{"all", "bundle", "internal", "parserstest"}

func TestListHasEachFolder(t *testing.T) {
	var listed []string
	for _, f := range all.Formats() {
		if slices.Contains(listed, f.Name) {
			t.Errorf("format %s is listed twice", f.Name)
		}
		listed = append(listed, f.Name)
	}
	var folders []string
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !slices.Contains(notFormats, e.Name()) {
			folders = append(folders, e.Name())
		}
	}
	for _, name := range folders {
		if !slices.Contains(listed, name) {
			t.Errorf("folder parsers/%s has no format in the list", name)
		}
	}
	for _, name := range listed {
		if !slices.Contains(folders, name) {
			t.Errorf("format %s is listed and has no folder parsers/%s", name, name)
		}
	}
}

// Each example belongs to the format whose folder it stands in, and to no
// other: neither by its path nor by the way it starts.
func TestOneFormatClaimsEachFile(t *testing.T) {
	formats := all.Formats()
	for _, own := range formats {
		for _, file := range parserstest.Files(t, filepath.Join("..", own.Name, "testdata")) {
			head := file.Text[:min(len(file.Text), parsers.SniffLen)]
			if got := parsers.Detect(formats, file.Path, head); got != own {
				t.Errorf("%s: Detect(%q) = %v, want %s", file.Case, file.Path, name(got), own.Name)
			}
			if by := byPath(formats, file.Path); len(by) > 1 {
				t.Errorf("%s: %q is claimed by the patterns of %q", file.Case, file.Path, by)
			}
			if by := bySniff(formats, head); len(by) > 1 {
				t.Errorf("%s: %q is claimed by the sniffs of %q", file.Case, file.Path, by)
			}
		}
	}
}

func name(f *parsers.Format) string {
	if f == nil {
		return "plain text"
	}
	return f.Name
}

func byPath(formats []*parsers.Format, path string) (names []string) {
	for _, f := range formats {
		if f.Matches(path) {
			names = append(names, f.Name)
		}
	}
	return names
}

func bySniff(formats []*parsers.Format, head []byte) (names []string) {
	for _, f := range formats {
		if f.Sniff != nil && f.Sniff(head) {
			names = append(names, f.Name)
		}
	}
	return names
}

// A pattern's folder is where a file that was given alone belongs.
func TestPlace(t *testing.T) {
	f := func(alone, want string) {
		t.Helper()
		if got := parsers.Place(all.Formats(), alone); got != want {
			t.Errorf("Place(%q) = %q, want %q", alone, got, want)
		}
	}
	f("ipamd.log", "var_log/aws-routed-eni/ipamd.log")
	f("plugin.log", "var_log/aws-routed-eni/plugin.log")
	f("kubelet.log", "kubelet/kubelet.log")
	f("containerd-log.txt", "containerd/containerd-log.txt")
	f("nodeadm-run.log", "nodeadm/nodeadm-run.log")
	f("dmesg.current", "kernel/dmesg.current")
	f("dmesg", "bottlerocket-logs/dmesg")
	f("messages", "var_log/messages")
	f("cloud-init-output.log", "var_log/cloud-init-output.log")
	f("kube-proxy.log", "var_log/kube-proxy.log")
	f("enis.json", "ipamd/enis.json")
	f("ipamd-env-settings.json", "ipamd/ipamd-env-settings.json")
	f("10-aws.conflist", "cni/10-aws.conflist")
	f("resolv.conf", "networking/resolv.conf")

	const pod = "aws-node-q8w4z_kube-system_aws-node-a866b1f2da8d469c274744ec9a534b5d73026477696434f8a7ff285954865246.log"
	f(pod, "var_log/"+pod)

	// What no pattern of a folder names stays where it is.
	f("config.json", "config.json")
	f("pods.json", "pods.json")
	f("notes.txt", "notes.txt")
	f("0.log", "0.log")
}

// The copies of an event in different files have the same body, so that they
// can be counted once.
func TestCopiesHaveEqualBodies(t *testing.T) {
	f := func(want string, copies ...[2]string) {
		t.Helper()
		for _, c := range copies {
			own := parsers.Detect(all.Formats(), c[0], nil)
			if own == nil {
				t.Fatalf("no format for %s", c[0])
			}
			line := []byte(c[1])
			if got := string(line[own.Header(line).Body:]); got != want {
				t.Errorf("%s: body of %q = %q, want %q", c[0], line, got, want)
			}
		}
	}
	f("  Normal   empty",
		[2]string{"kernel/dmesg.current", "[    0.035739]   Normal   empty"},
		[2]string{"kernel/dmesg.human.current", "[Fri Nov 20 23:59:59 2026]   Normal   empty"},
		[2]string{"kernel/dmesg.boot", "[    0.035739] kernel:   Normal   empty"},
		[2]string{"var_log/messages", "2026-11-21T00:00:21.918599+00:00 localhost kernel: [    0.035739]   Normal   empty"},
		[2]string{"bottlerocket-logs/journalctl.log", "Nov 21 00:00:21.918599 localhost kernel:   Normal   empty"})
	f(`E0413 10:53:52.844381    3263 kubelet.go:2055] "Skipping pod synchronization"`,
		[2]string{"kubelet/kubelet.log", `Apr 13 10:53:52 ip-10-42-10-21 kubelet[3263]: E0413 10:53:52.844381    3263 kubelet.go:2055] "Skipping pod synchronization"`},
		[2]string{"var_log/messages", `Apr 13 10:53:52 ip-10-42-10-21 kubelet: E0413 10:53:52.844381    3263 kubelet.go:2055] "Skipping pod synchronization"`})
	f(`time="2022-06-10T09:19:13.486742450Z" level=info msg="loading plugin"`,
		[2]string{"containerd/containerd-log.txt", `Jun 10 09:19:13 ip-10-0-38-25 containerd[431]: time="2022-06-10T09:19:13.486742450Z" level=info msg="loading plugin"`},
		[2]string{"var_log/messages", `Jun 10 09:19:13 ip-10-0-38-25 containerd: time="2022-06-10T09:19:13.486742450Z" level=info msg="loading plugin"`})
}
