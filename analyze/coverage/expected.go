package coverage

import (
	"slices"

	"github.com/eksleuth/eksleuth/parsers"
)

// A file is what a collector writes at one place, or at several of one kind.
type file struct {
	at    []string // path.Match patterns on the place; the first is shown
	since string   // day of the change that added it; "" for the first version

	// always: it is written on any node that has the operating system,
	// whatever runs there, if only to hold the error of its command. Else
	// it depends on what is installed and running.
	always bool
	usual  bool     // any node in EC2 with a container runtime has it
	only   []string // operating systems that have it; nil: all
	not    []string // operating systems that lack it
	with   []string // a file that it comes with: without one of these it is not expected
	proof  []string // with content in one of these, the node must have it
	unless string   // a file that stands for its absence

	need    string   // what cannot be judged without it; "" for little
	instead []string // but with content in one of these, it can

	empty   bool                  // a healthy node can leave it empty
	refused []parsers.RefusalKind // what the command can say on a healthy node
}

// normal reports whether a healthy node leaves the file in a state.
func (x *file) normal(s State, refusal parsers.RefusalKind) bool {
	switch s {
	case Present:
		return true
	case Empty:
		return x.empty
	case Refused:
		return slices.Contains(x.refused, refusal)
	}
	return false
}

// The operating systems, as package node calls them.
const (
	al2          = "Amazon Linux 2"
	al2023       = "Amazon Linux 2023"
	ubuntu       = "Ubuntu"
	bottlerocket = "Bottlerocket"
)

// Short forms for the lists.
var (
	quiet     = []parsers.RefusalKind{parsers.Nothing}
	absent    = []parsers.RefusalKind{parsers.NotInstalled}
	unserved  = []parsers.RefusalKind{parsers.NotServed}
	amazon    = []string{al2, al2023}
	onUbuntu  = []string{ubuntu}
	onAL2     = []string{al2}
	onAL2023  = []string{al2023}
	noIntro   = "ipamd/ipam_introspection_ignore.txt"
	noMetrics = "ipamd/ipam_metrics_ignore.txt"
	vpcCNI    = []string{"var_log/aws-routed-eni/*", "var_log/aws-node-*", "var_log/kube-system_aws-node-*/*/*", "cni/10-aws.conflist"}

	// What only ipamd answers, and the log of the container that starts it.
	// The init container of the pod may go on for ever.
	ipamdAnswers = []string{"ipamd/enis.json", "ipamd/pods.json"}
	awsNode      = []string{"var_log/aws-node-*_kube-system_aws-node-*.log", "var_log/kube-system_aws-node-*/aws-node/*.log"}
	ipamdRan     = append([]string{"ipamd/enis.json", "ipamd/pods.json", "ipamd/ipam.json"}, awsNode...)
)

func at(patterns ...string) []string { return patterns }

// pod are the places of the logs of the pods whose name starts so: the copies of
// /var/log/containers and /var/log/pods.
func pod(name string) []string {
	return []string{"var_log/" + name + "*_*_*.log", "var_log/*_" + name + "*_*/*/*.log"}
}

// scriptFiles are what eks-log-collector.sh writes, in its order. A redirection
// makes the file before the command runs, so what is not behind an if is there
// on any node. See https://github.com/awslabs/amazon-eks-ami, log-collector-script/linux.
var scriptFiles = []file{
	{at: at("system/script-params.txt"), always: true},
	{at: at("system/instance-id.txt"), usual: true, need: "which instance it is"},
	{at: at("system/region.txt"), since: "2022-11-10", usual: true, need: "whether the node reaches the metadata service"},
	{at: at("system/availability-zone.txt"), since: "2022-11-10", usual: true, need: "the zone of the node"},

	{at: at("var_log/syslog"), only: onUbuntu, need: "events of the system"},
	{at: at("var_log/messages"), not: []string{al2023, ubuntu}, need: "events of the system, and of the boot before"},
	{at: at("var_log/unattended-upgrades/*"), since: "2025-06-26", only: onUbuntu, empty: true},
	{at: at("var_log/aws-routed-eni/ipamd.log"), proof: ipamdRan, need: "IP exhaustion"},
	{at: at("var_log/aws-routed-eni/plugin.log"), need: "calls of the CNI plugin", empty: true},
	{at: at("var_log/aws-routed-eni/network-policy-agent.log"), need: "network policies", empty: true},
	{at: at("var_log/aws-routed-eni/ebpf-sdk.log"), empty: true},
	{at: at("var_log/aws-routed-eni/egress-v*-plugin.log"), empty: true},
	{at: pod("aws-node"), need: "restarts of the VPC CNI"},
	{at: pod("kube-proxy"), need: "the programming of service rules"},
	{at: pod("coredns"), need: "DNS answers, where CoreDNS runs on this node"},
	{at: pod("ebs-csi"), need: "EBS volumes, where the driver is installed"},
	{at: pod("efs-csi"), need: "EFS volumes, where the driver is installed"},
	{at: pod("eks-pod-identity-agent"), since: "2023-11-30", need: "credentials of pods, where the agent is installed"},
	{at: pod("eks-node-monitoring-agent"), since: "2026-02-05"},
	{at: at("var_log/cron"), since: "2024-05-02", empty: true},
	{at: at("var_log/cloud-init.log"), need: "user data and the first boot", empty: true},
	{at: at("var_log/cloud-init-output.log"), need: "user data and the first boot", empty: true},
	{at: at("var_log/user-data.log"), since: "2023-05-24", empty: true},
	{at: at("var_log/kube-proxy.log"), only: onAL2, empty: true},

	{at: at("kernel/dmesg.boot"), only: onAL2, need: "the kernel at boot, when its buffer has wrapped"},
	{at: at("kernel/dmesg.current"), always: true, instead: at("kernel/dmesg.human.current"), need: "out-of-memory kills, disk errors and other kernel events"},
	{at: at("kernel/dmesg.human.current"), always: true},
	{at: at("kernel/uname.txt"), always: true, need: "kernel and operating system"},
	{at: at("modinfo/lustre"), since: "2023-07-06", always: true, empty: true, refused: absent},
	{at: at("modinfo/ip_vs"), since: "2024-10-18", always: true, empty: true},

	{at: at("storage/mounts.txt"), always: true, need: "full filesystems"},
	{at: at("storage/inodes.txt"), since: "2022-08-08", always: true, need: "inodes that run out"},
	{at: at("storage/lsblk.txt"), always: true, need: "which disk a mount is on"},
	{at: at("storage/lvs.txt"), empty: true}, {at: at("storage/pvs.txt"), empty: true}, {at: at("storage/vgs.txt"), empty: true},
	{at: at("storage/fstab.txt"), since: "2024-06-14", empty: true},
	{at: at("storage/xfs.txt"), since: "2022-08-23", always: true, empty: true, need: "fragmented XFS filesystems"},
	{at: at("storage/pod_local_storage.txt"), since: "2022-09-21", always: true, empty: true, need: "what pods write to the disk of the node"},
	{at: at("system/selinux.txt"), always: true},

	{at: at("networking/iptables-mangle.txt"), always: true},
	{at: at("networking/ip6tables-mangle.txt"), since: "2024-03-04", always: true},
	{at: at("networking/iptables-filter.txt"), always: true, instead: at("networking/iptables-save.txt", "networking/iptables.txt"), need: "blocks by packet filter rules"},
	{at: at("networking/ip6tables-filter.txt"), since: "2024-03-04", always: true},
	{at: at("networking/iptables-nat.txt"), always: true, instead: at("networking/iptables-save.txt"), need: "rules of services"},
	{at: at("networking/ip6tables-nat.txt"), since: "2024-03-04", always: true},
	{at: at("networking/iptables.txt"), always: true},
	{at: at("networking/ip6tables.txt"), since: "2024-03-04", always: true},
	{at: at("networking/iptables-save.txt"), always: true, instead: at("networking/iptables-filter.txt", "networking/iptables.txt"), need: "blocks by packet filter rules"},
	{at: at("networking/ip6tables-save.txt"), since: "2024-03-04", always: true, empty: true},
	{at: at("networking/ipvsadm.txt"), since: "2024-10-18", always: true, refused: absent, need: "services in IPVS mode"},
	{at: at("networking/ipset.txt"), since: "2024-10-18", always: true, empty: true, refused: absent},

	{at: at("system/pkglist.txt"), always: true, need: "versions of packages"},
	{at: at("system/services.txt"), always: true, need: "failed units"},
	{at: at("system/systemd-analyze.svg"), since: "2024-10-17", always: true, not: onUbuntu, need: "what took time at boot"},
	{at: at("system/top.txt"), always: true, need: "load and memory"},
	{at: at("system/ps.txt"), always: true, need: "processes and their arguments"},
	{at: at("system/ps-threads.txt"), since: "2022-08-08", always: true},
	{at: at("system/netstat.txt"), always: true, refused: absent, need: "connections of the host"},
	{at: at("system/procstat.txt"), since: "2022-08-08", always: true, need: "the time of the boot"},
	{at: at("system/allprocstat.txt"), since: "2022-08-08", always: true, need: "processes stuck in the kernel"},
	{at: at("system/large_environments.txt"), since: "2024-05-17", always: true},

	{at: at("containerd/containerd-config.txt"), since: "2021-02-25", not: onAL2, always: true, need: "settings of containerd"},
	{at: at("containerd/containerd-log.txt"), since: "2021-02-25", not: onAL2, always: true, need: "the container runtime"},
	{at: at("containerd/containerd-config.txt"), since: "2021-02-25", only: onAL2, refused: absent, need: "settings of containerd"},
	{at: at("containerd/containerd-log.txt"), since: "2021-02-25", only: onAL2, refused: quiet, need: "the container runtime"},
	{at: at("containerd/containerd.*.stacks.log"), since: "2022-11-10"},
	{at: at("containerd/containerd-version.txt"), since: "2022-08-08", usual: true, need: "the version of containerd"},
	{at: at("containerd/containerd-namespaces.txt"), since: "2022-08-08"},
	{at: at("containerd/containerd-images.txt"), since: "2022-08-08", usual: true, need: "images of the node"},
	{at: at("containerd/containerd-containers.txt"), since: "2022-08-08", usual: true, need: "containers of the node"},
	{at: at("containerd/containerd-tasks.txt"), since: "2022-08-08", usual: true, need: "which containers run"},
	{at: at("containerd/containerd-plugins.txt"), since: "2022-08-08"},
	{at: at("containerd/soci-snapshotter/soci-snapshotter-status.txt"), since: "2025-08-22"},
	{at: at("containerd/soci-snapshotter/soci-snapshotter-log.txt"), since: "2025-08-22"},
	{at: at("containerd/soci-snapshotter/config.toml"), since: "2025-08-22"},
	{at: at("docker/docker-info.txt"), only: onAL2}, {at: at("docker/docker-ps.txt"), only: onAL2},
	{at: at("docker/docker-images.txt"), only: onAL2}, {at: at("docker/docker-version.txt"), only: onAL2},
	{at: at("docker/docker-trace.txt"), only: onAL2, since: "2021-02-25"},

	{at: at("kubelet/svc.log"), empty: true, refused: quiet},
	{at: at("kubelet/kubeconfig.yaml"), not: onAL2023, need: "the address of the API server"},
	{at: at("kubelet/kubelet.log"), always: true, need: "the kubelet and the pods of the node"},
	{at: at("kubelet/kubelet_service.txt"), since: "2020-01-10", not: onUbuntu, always: true, need: "how the kubelet is started"},
	{at: at("kubelet/kubelet-eks_service.txt"), since: "2020-01-10", only: onUbuntu, need: "how the kubelet is started"},
	{at: at("kubelet/config.json"), since: "2024-02-16", not: []string{al2, ubuntu}, need: "settings of the kubelet"},
	{at: at("kubelet/config.json.d/*"), since: "2024-02-16", not: []string{al2, ubuntu}},
	{at: at("kubelet/kubelet-config.json"), since: "2024-08-09", not: onAL2023, need: "settings of the kubelet"},
	{at: at("nodeadm/nodeadm-config.log"), since: "2024-02-16", not: onUbuntu, always: true, refused: quiet, need: "how the node was set up"},
	{at: at("nodeadm/nodeadm-run.log"), since: "2024-02-16", not: onUbuntu, always: true, refused: quiet, need: "how the node joined the cluster"},
	{at: at("nodeadm/nodeadm-boot-hook.log"), since: "2025-11-01", not: onUbuntu, always: true, refused: quiet},
	{at: at("nodeadm/udev-net-manager_*.log"), since: "2025-11-01", not: []string{al2, ubuntu}, refused: quiet},

	{at: at("ipamd/enis.json"), since: "2020-04-29", always: true, unless: noIntro, with: vpcCNI, need: "addresses of the interfaces"},
	{at: at("ipamd/pods.json"), since: "2020-04-29", always: true, unless: noIntro, with: vpcCNI, refused: unserved},
	{at: at("ipamd/networkutils-env-settings.json"), since: "2020-04-29", always: true, unless: noIntro, with: vpcCNI, need: "network settings of the VPC CNI"},
	{at: at("ipamd/ipamd-env-settings.json"), since: "2020-04-29", always: true, unless: noIntro, with: vpcCNI, need: "address settings of the VPC CNI"},
	{at: at("ipamd/eni-configs.json"), since: "2020-04-29", always: true, unless: noIntro, with: vpcCNI, refused: unserved},
	{at: at("ipamd/metrics.json"), since: "2020-04-29", always: true, unless: noMetrics, with: vpcCNI, need: "counters of ipamd"},
	{at: at("ipamd/ipam.json"), since: "2020-06-05", need: "which pod has which address"},
	{at: at("var_log/*_kube-multus*_*/*/*.log"), since: "2021-10-23"},
	{at: at("sysctls/sysctl_all.txt"), always: true, need: "kernel settings"},

	{at: at("networking/conntrack.txt"), since: "2020-06-03", need: "connection tracking"},
	{at: at("networking/conntrack6.txt"), since: "2024-03-04"},
	{at: at("networking/ifconfig.txt")},
	{at: at("networking/iprule.txt"), always: true, need: "routing rules of pods"},
	{at: at("networking/ip6rule.txt"), since: "2024-03-04", always: true, empty: true},
	{at: at("networking/iproute.txt"), always: true, need: "routes of pods"},
	{at: at("networking/ip6route.txt"), since: "2024-03-04", always: true, empty: true},
	{at: at("networking/configure-multicard-interfaces.txt"), since: "2021-03-11", always: true, refused: quiet},
	{at: at("networking/ping_amazon.com.txt"), since: "2022-08-23", always: true, need: "whether names resolve and the internet answers"},
	{at: at("networking/ping_public.ecr.aws.txt"), since: "2022-08-23", always: true, need: "whether public registries answer"},
	{at: at("networking/curl_api_server.txt"), since: "2022-08-23", not: onAL2023, with: at("kubelet/kubeconfig.yaml"), need: "whether the API server answers"},
	{at: at("networking/resolv.conf"), since: "2022-08-23", always: true, need: "name servers of the node"},
	{at: at("networking/ethtool.txt"), since: "2023-04-10", always: true, need: "packets dropped by limits of the instance"},
	{at: at("networking/systemd-network/*"), since: "2025-06-26"},

	// Cilium sets the configuration of others aside under this name.
	{at: at("cni/10-aws.conflist"), with: vpcCNI, unless: "cni/10-aws.conflist.cilium_bak", proof: ipamdAnswers, need: "whether the VPC CNI is set up"},
	{at: at("cni/cni-configuration-variables-dockerd.txt"), since: "2023-10-21", only: onAL2},
	{at: at("cni/cni-configuration-variables-containerd.json"), since: "2023-10-21", need: "settings of the VPC CNI"},
	{at: at("networking/ebpf-data.txt"), since: "2024-05-17"},
	{at: at("networking/ebpf-maps-data.txt"), since: "2024-05-17", empty: true},
	{at: at("networking/ebpf-cp-maps-data.txt"), since: "2026-03-20", empty: true},
	{at: at("docker/docker.log"), always: true, refused: quiet},
	{at: at("sandbox-image/sandbox-image-log.txt"), since: "2021-08-10", always: true, refused: quiet},
	{at: at("system/cpu_throttling.txt"), since: "2022-08-08", always: true, need: "throttled processes"},
	{at: at("system/io_throttling.txt"), since: "2022-08-08", always: true, need: "processes that wait for disks"},
	{at: at("system/last_reboot.txt"), since: "2024-08-21", always: true, need: "when the node booted before"},
	{at: at("gpu/nvidia-bug-report.log*"), since: "2024-06-26", need: "GPUs, where there are some"},
}

// agentFiles are what the node monitoring agent writes: pkg/log_collector of
// https://github.com/aws/eks-node-monitoring-agent. A command that fails or
// takes more than a minute leaves no file; always is what should not fail.
var agentFiles = []file{
	{at: at("system/instance-id.txt"), usual: true, need: "which instance it is"},
	{at: at("system/region.txt"), usual: true, need: "whether the node reaches the metadata service"},
	{at: at("system/availability-zone.txt"), usual: true, need: "the zone of the node"},
	{at: at("var_log/syslog"), only: onUbuntu, need: "events of the system"},
	{at: at("var_log/messages"), not: []string{al2023, ubuntu, bottlerocket}, need: "events of the system"},
	{at: at("var_log/aws-routed-eni/ipamd.log"), proof: awsNode, need: "IP exhaustion"},
	{at: at("var_log/aws-routed-eni/plugin.log"), need: "calls of the CNI plugin", empty: true},
	{at: pod("aws-node"), need: "restarts of the VPC CNI"},
	{at: append(pod("kube-proxy"), "automode/kube-proxy.txt"), need: "the programming of service rules"},
	{at: append(pod("coredns"), "automode/coredns.txt"), need: "DNS answers, where CoreDNS runs on this node"},
	{at: append(pod("ebs-csi"), "automode/eks-ebs-csi-driver.txt"), need: "EBS volumes, where the driver is installed"},
	{at: append(pod("eks-pod-identity-agent"), "automode/eks-pod-identity-agent.txt"), refused: quiet},
	{at: at("automode/eks-healthchecker.txt"), refused: quiet},
	{at: at("var_log/cloud-init.log"), only: []string{al2, al2023, ubuntu}, need: "user data and the first boot"},
	{at: at("var_log/cloud-init-output.log"), only: []string{al2, al2023, ubuntu}, need: "user data and the first boot"},
	{at: at("kernel/dmesg.boot"), only: onAL2},
	{at: at("kernel/dmesg.current"), always: true, instead: at("kernel/dmesg.human.current"), need: "out-of-memory kills, disk errors and other kernel events"},
	{at: at("kernel/dmesg.human.current"), always: true},
	{at: at("kernel/uname.txt"), always: true, need: "kernel and operating system"},
	{at: at("storage/mounts.txt"), always: true, need: "full filesystems"},
	{at: at("storage/inodes.txt"), always: true, need: "inodes that run out"},
	{at: at("storage/lsblk.txt"), always: true, need: "which disk a mount is on"},
	{at: at("storage/fstab.txt"), only: []string{al2, al2023, ubuntu}, empty: true},
	{at: at("storage/lvs.txt"), not: []string{bottlerocket}, empty: true}, {at: at("storage/pvs.txt"), not: []string{bottlerocket}, empty: true}, {at: at("storage/vgs.txt"), not: []string{bottlerocket}, empty: true},
	{at: at("storage/xfs.txt"), need: "fragmented XFS filesystems"},
	{at: at("storage/pod_local_storage.txt"), empty: true, need: "what pods write to the disk of the node"},
	{at: at("system/selinux.txt"), not: []string{bottlerocket}},
	{at: at("networking/iptables-mangle.txt"), always: true},
	{at: at("networking/iptables-filter.txt"), always: true, instead: at("networking/iptables-save.txt", "networking/iptables.txt"), need: "blocks by packet filter rules"},
	{at: at("networking/iptables-nat.txt"), always: true, instead: at("networking/iptables-save.txt"), need: "rules of services"},
	{at: at("networking/iptables-save.txt"), always: true, instead: at("networking/iptables-filter.txt", "networking/iptables.txt"), need: "blocks by packet filter rules"},
	{at: at("networking/ip6tables-*.txt"), empty: true},
	{at: at("networking/nftables-*.txt")},
	{at: at("system/pkglist.txt"), only: amazon, always: true, need: "versions of packages"},
	{at: at("system/services.txt"), need: "failed units"},
	{at: at("system/systemd-analyze.svg"), need: "what took time at boot"},
	{at: at("system/top.txt"), always: true, need: "load and memory"},
	{at: at("system/ps.txt"), always: true, need: "processes and their arguments"},
	{at: at("system/ps-threads.txt"), always: true},
	{at: at("system/netstat.txt"), not: []string{bottlerocket}, need: "connections of the host"},
	{at: at("system/procstat.txt"), always: true, need: "the time of the boot"},
	{at: at("system/allprocstat.txt"), always: true, need: "processes stuck in the kernel"},
	{at: at("system/last_reboot.txt"), not: []string{bottlerocket}, need: "when the node booted before"},
	{at: at("system/cpu_throttling.txt"), need: "throttled processes", empty: true},
	{at: at("system/io_throttling.txt"), need: "processes that wait for disks"},
	{at: at("system/pressure_*.txt"), since: "2026-06-08", need: "pressure on processor, memory and disks"},
	{at: at("containerd/containerd-config.txt"), always: true, need: "settings of containerd"},
	{at: at("containerd/containerd-log.txt"), always: true, need: "the container runtime"},
	{at: at("containerd/containerd-version.txt"), usual: true, need: "the version of containerd"},
	{at: at("containerd/containerd-images.txt"), usual: true, need: "images of the node"},
	{at: at("containerd/containerd-containers.txt"), usual: true, need: "containers of the node"},
	{at: at("containerd/containerd-tasks.txt"), usual: true, need: "which containers run"},
	{at: at("containerd/containerd-namespaces.txt")}, {at: at("containerd/containerd-plugins.txt")},
	{at: at("containerd/containerd.*.stacks.log")},
	{at: at("kubelet/kubelet.log"), always: true, need: "the kubelet and the pods of the node"},
	{at: at("kubelet/kubelet_service.txt"), need: "how the kubelet is started"},
	{at: at("kubelet/config.json"), need: "settings of the kubelet"},
	{at: at("kubelet/kubeconfig.yaml"), need: "the address of the API server"},
	{at: at("nodeadm/nodeadm-config.log"), refused: quiet, need: "how the node was set up"},
	{at: at("nodeadm/nodeadm-run.log"), refused: quiet, need: "how the node joined the cluster"},
	{at: at("ipamd/enis.json"), with: vpcCNI, need: "addresses of the interfaces"},
	{at: at("ipamd/pods.json"), with: vpcCNI, refused: unserved},
	{at: at("ipamd/networkutils-env-settings.json"), with: vpcCNI}, {at: at("ipamd/ipamd-env-settings.json"), with: vpcCNI},
	{at: at("ipamd/eni-configs.json"), with: vpcCNI, refused: unserved}, {at: at("ipamd/metrics.json"), with: vpcCNI},
	{at: at("ipamd/ipam.json"), not: []string{bottlerocket}, need: "which pod has which address"},
	{at: at("sysctls/sysctl_all.txt"), always: true, need: "kernel settings"},
	{at: at("networking/conntrack.txt"), always: true, need: "connection tracking"},
	{at: at("networking/conntrack6.txt"), always: true},
	{at: at("networking/ifconfig.txt"), not: []string{bottlerocket}},
	{at: at("networking/iprule.txt"), always: true, need: "routing rules of pods"},
	{at: at("networking/iproute.txt"), always: true, need: "routes of pods"},
	{at: at("networking/ip6rule.txt"), empty: true}, {at: at("networking/ip6route.txt"), empty: true},
	{at: at("networking/configure-multicard-interfaces.txt"), refused: quiet},
	{at: at("networking/ping_*.txt"), not: []string{bottlerocket}, need: "whether names resolve and the internet answers"},
	{at: at("networking/get_api_server.txt"), need: "whether the API server answers"},
	{at: at("networking/resolv.conf"), always: true, need: "name servers of the node"},
	{at: at("networking/ethtool.txt"), always: true, need: "packets dropped by limits of the instance"},
	{at: at("networking/systemd-network/*")},
	{at: at("cni/*"), need: "whether the VPC CNI is set up"},
	{at: at("sandbox-image/sandbox-image-log.txt"), refused: quiet},
	{at: at("gpu/nvidia-bug-report.log*"), need: "GPUs, where there are some"},
	{at: at("bottlerocket/application-inventory.json"), only: []string{bottlerocket}, need: "versions of packages"},
	{at: at("bottlerocket/logdog/*/bottlerocket-logs/journalctl.log", "bottlerocket/logdog/*/journalctl.log"), only: []string{bottlerocket}, need: "events of the system"},
}

// logdogFiles are what logdog of Bottlerocket writes: logdog.common.conf and
// logdog.kubelet.conf of bottlerocket-core-kit. Its file is made before a
// command runs; a file to copy that is not there leaves none.
var logdogFiles = []file{
	{at: at("bottlerocket-logs/containerd-config"), always: true, need: "settings of containerd"},
	{at: at("bottlerocket-logs/containerd-config-host")},
	{at: at("bottlerocket-logs/df"), always: true, need: "full filesystems"},
	{at: at("bottlerocket-logs/df-inodes"), need: "inodes that run out"},
	{at: at("bottlerocket-logs/dmesg"), always: true, need: "out-of-memory kills, disk errors and other kernel events"},
	{at: at("bottlerocket-logs/iptables-filter"), need: "blocks by packet filter rules"},
	{at: at("bottlerocket-logs/iptables-nat"), need: "rules of services"},
	{at: at("bottlerocket-logs/journalctl-boots"), always: true, need: "when the node booted before"},
	{at: at("bottlerocket-logs/journalctl.errors"), always: true, empty: true, refused: quiet},
	{at: at("bottlerocket-logs/journalctl.log"), always: true, need: "the kubelet, the container runtime and events of the system"},
	{at: at("bottlerocket-logs/systemd-analyze-blame"), need: "what took time at boot"},
	{at: at("bottlerocket-logs/systemd-analyze-critical-chain")}, {at: at("bottlerocket-logs/systemd-analyze-plot.svg")},
	{at: at("bottlerocket-logs/proc-mounts"), need: "mounts"},
	{at: at("bottlerocket-logs/signpost")},
	{at: at("bottlerocket-logs/os-release"), always: true, need: "the version of Bottlerocket"},
	{at: at("bottlerocket-logs/settings.json"), need: "settings of the node"},
	{at: at("bottlerocket-logs/kube-status"), need: "whether the kubelet runs"},
	{at: at("bottlerocket-logs/ipamd.log"), need: "IP exhaustion"},
	{at: at("bottlerocket-logs/plugin.log"), need: "calls of the CNI plugin", empty: true},
}
