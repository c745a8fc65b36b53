package imds_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/imds"
	"github.com/eksleuth/eksleuth/parsers"
)

func TestPodHits(t *testing.T) {
	f := func(file string, want int) {
		t.Helper()
		p := &analyze.Pass{Hits: func(string) []analyze.Hit { return []analyze.Hit{{Pos: parsers.Pos{File: file, Line: 1}}} }}
		if at, n := imds.PodHits(p, "imds.unreachable_from_pod"); n != want || len(at) != want {
			t.Errorf("PodHits in %s = %v, %d, want %d", file, at, n, want)
		}
	}
	f("var_log/coredns-6c8d5b4f7d-abcde_kube-system_coredns-0123.log", 1)
	f("var_log/kube-system_aws-load-balancer-controller-5f8f7d9c6b-x2k4d_0a1b2c3d/aws-load-balancer-controller/0.log", 1)
	f("var_log/aws-node-qqvv9_kube-system_aws-vpc-cni-init-3b6f.log", 0)
	f("var_log/kube-system_aws-node-qqvv9_a4d729b2/aws-vpc-cni-init/2.log", 0)
	f("var_log/aws-routed-eni/ipamd.log", 0)
	f("kubelet/kubelet.log", 0)
	f("var_log/messages", 0)
}
