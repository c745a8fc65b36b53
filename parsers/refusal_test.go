package parsers_test

import (
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers"
)

func TestRefused(t *testing.T) {
	f := func(text string, kind parsers.RefusalKind, line int) {
		t.Helper()
		r := parsers.Refused([]byte(text))
		if kind == "" {
			if r != nil {
				t.Errorf("Refused(%q) = %+v, want nil", text, r)
			}
			return
		}
		if r == nil || r.Kind != kind || r.Line != line {
			t.Errorf("Refused(%q) = %+v, want %s in line %d", text, r, kind, line)
		}
	}
	f("", "", 0)
	f("\n", "", 0)
	f("-- No entries --\n", parsers.Nothing, 1)
	f("-- Logs begin at Fri 2021-09-10 18:15:50 UTC, end at Fri 2021-09-10 18:35:30 UTC. --\n-- No entries --\n", parsers.Nothing, 2)
	f("-- Logs begin at Fri 2021-09-10 18:15:50 UTC, end at Fri 2021-09-10 18:35:30 UTC. --\nSep 10 18:20:02 host kubelet: started\n", "", 0)
	f("======== Unable to find KUBECONFIG, IGNORING POD DATA =========\n\n", parsers.Nothing, 1)
	f("ipset not installed\n", parsers.NotInstalled, 1)
	f("ipvsadm not installed\n", parsers.NotInstalled, 1)
	f("bash: ethtool: command not found\n", parsers.NotInstalled, 1)
	f("/root/eks-log-collector.sh: line 612: netstat: command not found\n", parsers.NotInstalled, 1)
	f("404 page not found\n", parsers.NotServed, 1)
	f("Not Found\n", parsers.NotServed, 1)
	f("ctr: failed to dial \"/run/containerd/containerd.sock\": context deadline exceeded: connection error: desc = \"transport: error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory\"\n", parsers.NotServed, 1)
	f("ctr: container id must be provided: invalid argument\n", parsers.Nothing, 1)
	f("\nAn error occurred (UnauthorizedOperation) when calling the DescribeInstances operation: You are not authorized to perform this operation.\n", parsers.Denied, 2)
	f("\nAn error occurred (InvalidInstanceID.NotFound) when calling the DescribeInstances operation: The instance ID 'i-07c3d9ab1e4f301ef' does not exist\n", parsers.NotServed, 2)
	f("Unable to locate credentials. You can configure credentials by running \"aws configure\".\n", parsers.Denied, 1)
	f("error: You must be logged in to the server (Unauthorized)\n", parsers.Denied, 1)
	f("Error from server (Forbidden): nodes is forbidden: User \"ops\" cannot list resource \"nodes\" in API group \"\" at the cluster scope\n", parsers.Denied, 1)
	f("Error from server (NotFound): nodes \"ip-10-0-12-34.us-west-2.compute.internal\" not found\n", parsers.NotServed, 1)
	f("No resources found in default namespace.\n", parsers.Nothing, 1)
	f("\nls: cannot open directory '/etc/cni': Permission denied\n", parsers.Denied, 2)
	f("-- No entries --\nFailed to get D-Bus connection: Operation not permitted\n", parsers.NotServed, 2)

	f("\"default\"", "", 0)
	f("-- No entries --\nNov 21 00:20:02 host kubelet[1]: started\n", "", 0)
	f("Nov 21 00:20:02 host sh[1]: bash: ethtool: command not found\n", "", 0)
	f(strings.Repeat("-- No entries --\n", 11), "", 0)
}
