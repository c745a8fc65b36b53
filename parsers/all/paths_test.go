package all_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/all"
)

// The logs of a bundle, and their rotated, dated and compressed parts, have a
// format by their path alone.
func TestLogPaths(t *testing.T) {
	const id = "616e5e11a02e71af1fa061a72c75064ac3eca53f7eacdfdb6cf1b085cfb2af67"
	f := func(want string, paths ...string) {
		t.Helper()
		for _, p := range paths {
			if got := name(parsers.Detect(all.Formats(), p, nil)); got != want {
				t.Errorf("Detect(%q) = %s, want %s", p, got, want)
			}
		}
	}
	f("syslog", "var_log/messages", "var_log/messages-20261101", "var_log/messages-20261101.gz", "var_log/messages.1",
		"var_log/syslog", "var_log/syslog.2.gz", "var_log/cron", "var_log/cron-20261101")
	f("cloudinit", "var_log/cloud-init.log", "var_log/cloud-init.log.1", "var_log/cloud-init.log-20261101.gz")
	f("console", "var_log/cloud-init-output.log", "var_log/cloud-init-output.log.1.gz", "var_log/user-data.log",
		"var_log/unattended-upgrades/unattended-upgrades.log", "var_log/unattended-upgrades/unattended-upgrades.log.1.gz",
		"var_log/unattended-upgrades/unattended-upgrades-dpkg.log", "var_log/unattended-upgrades/unattended-upgrades-shutdown.log")
	f("klog", "var_log/kube-proxy.log", "var_log/kube-proxy.log-20261121.gz", "var_log/kube-proxy.log.1")
	f("ipamd", "var_log/aws-routed-eni/ipamd.log", "var_log/aws-routed-eni/ipamd-2026-07-31T14-16-05.101.log.gz",
		"var_log/aws-routed-eni/ipamd.log.2018-05-16-12", "var_log/aws-routed-eni/plugin.log", "var_log/aws-routed-eni/network-policy-agent.log",
		"var_log/aws-routed-eni/ebpf-sdk.log", "var_log/aws-routed-eni/egress-v4-plugin.log", "var_log/aws-routed-eni/egress-v6-plugin.log")
	f("cri", "var_log/aws-node-xglhr_kube-system_aws-node-"+id+".log", "var_log/mp-abcde_mount-s3_mountpoint-"+id+".log",
		"var_log/kube-system_aws-node-xglhr_7d20a266-2502-4fd0-99fd-bc641f3c3c53/aws-node/0.log",
		"var_log/kube-system_aws-node-xglhr_7d20a266-2502-4fd0-99fd-bc641f3c3c53/aws-node/3.log.20261121-001005.gz",
		"var_log/kube-system_kube-multus-ds-7xk2m_7d20a266-2502-4fd0-99fd-bc641f3c3c53/kube-multus/0.log")
	f("journald", "kubelet/kubelet.log", "kubelet/kubelet.log.1", "containerd/containerd-log.txt", "docker/docker.log", "sandbox-image/sandbox-image-log.txt",
		"containerd/soci-snapshotter/soci-snapshotter-log.txt", "soci-snapshotter/soci-snapshotter-log.txt",
		"nodeadm/nodeadm-config.log", "nodeadm/nodeadm-run.log", "nodeadm/nodeadm-boot-hook.log", "nodeadm/udev-net-manager_ens5.log",
		"automode/eks-healthchecker.txt", "automode/kube-proxy.txt", "automode/coredns-boostrap.txt", "automode/coredns.txt",
		"automode/eks-ebs-csi-driver.txt", "automode/eks-node-monitoring-agent.txt", "automode/eks-pod-identity-agent.txt")
}
