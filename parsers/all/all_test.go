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

	const pod = "aws-node-q8w4z_kube-system_aws-node-a866b1f2da8d469c274744ec9a534b5d73026477696434f8a7ff285954865246.log"
	f(pod, "var_log/"+pod)

	// What no pattern of a folder names stays where it is.
	f("ipamd-env-settings.json", "ipamd-env-settings.json")
	f("notes.txt", "notes.txt")
	f("0.log", "0.log")
}
