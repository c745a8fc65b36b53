package all_test

import (
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/all"
)

// agentFiles are what the log collector of the node monitoring agent writes
// (pkg/log_collector/collect of aws/eks-node-monitoring-agent), by format. Its
// nodes have names of their own for pods, modules, links and tables.
const agentFiles = `
journald   automode/eks-healthchecker.txt automode/kube-proxy.txt automode/coredns-boostrap.txt automode/coredns.txt
journald   automode/eks-ebs-csi-driver.txt automode/eks-node-monitoring-agent.txt automode/eks-pod-identity-agent.txt
journald   kubelet/kubelet.log containerd/containerd-log.txt nodeadm/nodeadm-config.log nodeadm/nodeadm-run.log
journald   sandbox-image/sandbox-image-log.txt networking/configure-multicard-interfaces.txt
conflist   cni/10-aws.conflist
cnienv     cni/cni-configuration-variables-containerd.json
syslog     var_log/syslog var_log/messages var_log/cron
ipamd      var_log/aws-routed-eni/ipamd.log var_log/aws-routed-eni/plugin.log
cloudinit  var_log/cloud-init.log
console    var_log/cloud-init-output.log var_log/user-data.log
klog       var_log/kube-proxy.log
cri        var_log/kube-system_aws-node-z8qk6_892ff6b4-95ee-409c-87ea-c97686b644fe/aws-node/0.log
df         storage/mounts.txt storage/inodes.txt
lsblk      storage/lsblk.txt
fstab      storage/fstab.txt
lvm        storage/lvs.txt storage/pvs.txt storage/vgs.txt
xfs        storage/xfs.txt
podstorage storage/pod_local_storage.txt
instance   system/instance-id.txt system/region.txt system/availability-zone.txt
enis       ipamd/enis.json
ipam       ipamd/ipam.json
metrics    ipamd/metrics.json
ipamdsettings ipamd/pods.json ipamd/eni-configs.json ipamd/networkutils-env-settings.json ipamd/ipamd-env-settings.json
iptables   networking/iptables.txt networking/iptables-mangle.txt networking/iptables-filter.txt networking/iptables-nat.txt
iptables   networking/ip6tables.txt networking/ip6tables-mangle.txt networking/ip6tables-filter.txt networking/ip6tables-nat.txt
iptables   networking/iptables-save.txt networking/ip6tables-save.txt
nft        networking/nftables-ip-filter.txt
kernel     kernel/dmesg.boot kernel/dmesg.current kernel/dmesg.human.current
uname      kernel/uname.txt
kmod       modinfo/lustre
unit       kubelet/kubelet_service.txt
kubeletconfig kubelet/config.json kubelet/config.json.d/40-nodeadm.conf
kubeconfig kubelet/kubeconfig.yaml
conntrack  networking/conntrack.txt networking/conntrack6.txt
ifconfig   networking/ifconfig.txt
iproute2   networking/iprule.txt networking/ip6rule.txt networking/iproute.txt networking/ip6route.txt
ethtool    networking/ethtool.txt
resolv     networking/resolv.conf
ping       networking/ping_amazon.com.txt networking/ping_public.ecr.aws.txt
networkd   networking/CheckMacAddressPolicy.log networking/systemd-network/99-default.link
apiserver  networking/get_api_server.txt
nvidia     gpu/nvidia-bug-report-exec.log gpu/nvidia-bug-report.log.gz
pressure   system/pressure_cpu.txt system/pressure_memory.txt system/pressure_io.txt
selinux    system/selinux.txt
top        system/top.txt
netstat    system/netstat.txt
services   system/services.txt
bootchart  system/systemd-analyze.svg
ps         system/ps.txt system/ps-threads.txt
procstat   system/procstat.txt
procpid    system/allprocstat.txt
sysctl     sysctls/sysctl_all.txt
pkglist    system/pkglist.txt
lastreboot system/last_reboot.txt
throttling system/cpu_throttling.txt system/io_throttling.txt
ctr        containerd/containerd-namespaces.txt containerd/containerd-images.txt containerd/containerd-containers.txt
ctr        containerd/containerd-tasks.txt containerd/containerd-plugins.txt
cversion   containerd/containerd-version.txt
containerdconfig containerd/containerd-config.txt
gostack    containerd/containerd.431.stacks.log
appinventory bottlerocket/application-inventory.json
logdog     bottlerocket/logdog/command-output.log
`

// logdogFiles are what Bottlerocket's logdog packs (logdog.common.conf and
// logdog.kubelet.conf of bottlerocket-os/bottlerocket-core-kit, 3.1).
const logdogFiles = `
containerdconfig containerd-config containerd-config-host
df         df df-inodes
kernel     dmesg
iptables   iptables-filter iptables-nat
journalboots journalctl-boots
journald   journalctl.log journalctl.errors
systemdanalyze systemd-analyze-blame systemd-analyze-critical-chain
bootchart  systemd-analyze-plot.svg
procmounts proc-mounts
signpost   signpost
osrelease  os-release
kdump      var/log/kdump/dmesg.log var/log/kdump/prairiedog.log
vmcore     var/log/kdump/vmcore.dump
brsettings settings.json
systemctlstatus kube-status
ipamd      ipamd.log plugin.log
logdog     logdog.errors
`

// oldFiles are what eks-log-collector.sh called otherwise until 2020-04-29.
const oldFiles = `
enis       ipamd/enis.txt
metrics    ipamd/metrics.txt
ipamdsettings ipamd/pods.txt ipamd/eni-configs.txt ipamd/networkutils-env-settings.txt ipamd/ipamd-env-settings.txt
`

// Each file of the other collectors has its format, wherever logdog's tarball is.
func TestPlacesOfCollectors(t *testing.T) {
	owns := func(above, files string) {
		t.Helper()
		for line := range strings.Lines(files) {
			f := strings.Fields(line)
			for _, path := range f[min(1, len(f)):] {
				if got := name(parsers.Detect(all.Formats(), above+path, nil)); got != f[0] {
					t.Errorf("%s%s is %s, want %s", above, path, got, f[0])
				}
			}
		}
	}
	owns("", agentFiles)
	owns("", oldFiles)
	owns("bottlerocket-logs/", logdogFiles)
	owns("bottlerocket/logdog/bottlerocket-logs/", logdogFiles)
	owns("bottlerocket/logdog/bottlerocket-logs.tar.gz/bottlerocket-logs/", logdogFiles)
}
