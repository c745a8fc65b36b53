package imdspackets_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/imdspackets"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func TestRead(t *testing.T) {
	type process = imdspackets.Process
	f := func(num int, file string, want imdspackets.Call, sandbox string) {
		t.Helper()
		got, ok := imdspackets.Read([]byte(line(t, file, num)))
		if diff := cmp.Diff(want, got); diff != "" || ok != (want.Version != 0) {
			t.Errorf("%s:%d: ok %v (-want +got):\n%s", file, num, ok, diff)
		}
		if got.Sandbox() != sandbox {
			t.Errorf("%s:%d: Sandbox() = %q, want %q", file, num, got.Sandbox(), sandbox)
		}
	}
	const now, old, printed = "var_log/imds/imds-trace.log", "extra/imds-trace.log.1", "extra/snoop.txt"
	f(1, now, imdspackets.Call{}, "")
	f(3, now, imdspackets.Call{Version: 1, Method: "get", Path: "/latest/meta-data/", Agent: "curl/8.14.1", Chain: []process{
		{69745, "curl", "curl http://169.254.169.254/latest/meta-data/"},
		{11793, "bash", "/bin/bash"},
		{3436, "containerd-shim", "/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id b9241836f34d163ebab24a4b3e06ee452e05dff53b95b3333983894574618d70 -address /run/containerd/containerd.sock"},
		{1, "systemd", "/usr/lib/systemd/systemd --switched-root --system --deserialize=32"},
	}}, "b9241836f34d163ebab24a4b3e06ee452e05dff53b95b3333983894574618d70")
	f(4, now, imdspackets.Call{Version: 2, Method: "get", Path: "/latest/meta-data/placement/region", Agent: "aws-sdk-go-v2/1.30.3 os/linux", Chain: []process{
		{431, "kubelet", "/usr/bin/kubelet --config=/etc/kubernetes/kubelet/config.json"},
		{1, "systemd", "/usr/lib/systemd/systemd --switched-root"},
	}}, "")
	f(5, now, imdspackets.Call{Version: 1, Method: "get", Path: "/latest/meta-data/iam/security-credentials/", Chain: []process{
		{PID: 70011}, {11793, "bash", "/bin/bash"},
	}}, "")
	f(6, now, imdspackets.Call{Version: 1, Unknown: true, Chain: []process{
		{1018, "curl", "curl -v http://169.254.169.254/latest/meta-data/"}, {1, "systemd", "/sbin/init"},
	}}, "")
	f(2, old, imdspackets.Call{Version: 2, Chain: []process{
		{1018, "curl", "curl -H (token) -v http://169.254.169.254/latest/meta-data/"},
		{1015, "makeCalls.sh", "/bin/bash ./makeCalls.sh"}, {32678, "zsh", "-zsh"}, {32678, "sshd", "sshd: "},
	}}, "")
	f(2, printed, imdspackets.Call{}, "")
	f(3, printed, imdspackets.Call{Version: 2, Method: "put", Path: "/latest/api/token", Chain: []process{
		{6030, "curl", "curl http://169.254.169.254/latest/api/token"},
	}}, "")
}

// No token is kept, however it is written, and a long line takes no long time.
func TestRead_tokens(t *testing.T) {
	const token = "AQAEAFEOMInKb-S7me-hLqzu83lYdeDV7r-sPh2D4SJF6v5IwD4S8g=="
	args := "curl \u212a -H X-AWS-EC2-Metadata-Token:" + token + " -H x-aws-ec2-metadata-token: " + token
	args += strings.Repeat(" x-aws-ec2-metadata-token:", 50_000)
	c, ok := imdspackets.Read([]byte("[INFO] imdsv2 (pid:7:curl argv:" + args + ")"))
	if !ok || strings.Contains(c.Chain[0].Args, token[:8]) || len(c.Chain[0].Args) > 8192 {
		t.Errorf("Read = %v, %d bytes of arguments: %.200q", ok, len(c.Chain[0].Args), c.Chain[0].Args)
	}
}

// line is a line of an example, counted from 1.
func line(t *testing.T, path string, num int) string {
	t.Helper()
	for _, file := range parserstest.Files(t, "testdata") {
		if file.Path == path {
			return strings.Split(string(file.Text), "\n")[num-1]
		}
	}
	t.Fatalf("no example %s", path)
	return ""
}

func FuzzRead(f *testing.F) {
	for _, file := range parserstest.Files(f, "testdata") {
		for line := range strings.Lines(string(file.Text)) {
			f.Add([]byte(line))
		}
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		c, ok := imdspackets.Read(line)
		if len(c.Chain) > 4 || ok && c.Version != 1 && c.Version != 2 {
			t.Errorf("Read(%q) = %+v", line, c)
		}
		c.Sandbox()
	})
}
