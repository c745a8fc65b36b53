package gates

// A daemon is how one can be told on a node. An empty field is a source that
// does not tell of it.
type daemon struct {
	name     Name
	units    []string // of systemd, any of them
	host     bool     // systemd always runs it: a list without its unit says that it does not run
	pod      bool     // a pod runs it on most nodes
	programs []string // names of its program, without folders
	ports    []uint16 // it listens on one of them at least
	images   []string // last part of the name of its image
	logs     []string // patterns of path.Match
}

// daemons are those of an EKS node. On nodes of Auto Mode some that are pods
// elsewhere are units of systemd; with Ubuntu kubelet is a snap.
var daemons = []daemon{
	{
		name: Kubelet, host: true,
		units:    []string{"kubelet.service", "snap.kubelet-eks.daemon.service"},
		programs: []string{"kubelet", "kubelet-eks"}, ports: []uint16{10250},
		logs: []string{"kubelet/kubelet.log"},
	},
	{
		name: Containerd, host: true,
		units: []string{"containerd.service", "snap.containerd.daemon.service"}, programs: []string{"containerd"},
		logs: []string{"containerd/containerd-log.txt"},
	},
	{
		name: IPAMD, pod: true,
		units: []string{"ipamd.service", "eks-ipamd.service"}, programs: []string{"aws-k8s-agent", "ipamd", "eks-ipamd"}, ports: []uint16{50051, 61678, 61679},
		logs: []string{"var_log/aws-routed-eni/ipamd.log", "bottlerocket-logs/ipamd.log"},
	},
	{
		name: AWSNode, pod: true,
		programs: []string{"aws-vpc-cni", "aws-k8s-agent"}, images: []string{"amazon-k8s-cni"},
		logs: []string{"var_log/aws-node-?????_kube-system_aws-node-*.log", "var_log/kube-system_aws-node-?????_*/aws-node/*.log"},
	},
	{
		name: KubeProxy, pod: true,
		units: []string{"kube-proxy.service"}, programs: []string{"kube-proxy"}, ports: []uint16{10256, 10249}, images: []string{"kube-proxy"},
		logs: []string{"var_log/kube-proxy-*_kube-system_kube-proxy-*.log", "var_log/kube-system_kube-proxy-*/kube-proxy/*.log", "var_log/kube-proxy.log", "automode/kube-proxy.txt"},
	},
	{
		name: CoreDNS, pod: true,
		units: []string{"coredns.service"}, programs: []string{"coredns"}, images: []string{"coredns"},
		logs: []string{"var_log/coredns-*_kube-system_coredns-*.log", "var_log/kube-system_coredns-*/coredns/*.log", "automode/coredns.txt"},
	},
	{
		name: EBS, pod: true,
		units: []string{"eks-ebs-csi-driver.service"}, programs: []string{"aws-ebs-csi-driver", "eks-ebs-csi-driver"}, images: []string{"aws-ebs-csi-driver"},
		logs: []string{"var_log/ebs-csi-*_ebs-plugin-*.log", "var_log/kube-system_ebs-csi-*/ebs-plugin/*.log", "automode/eks-ebs-csi-driver.txt"},
	},
	{
		name: EFS, pod: true,
		programs: []string{"aws-efs-csi-driver"}, images: []string{"aws-efs-csi-driver"},
		logs: []string{"var_log/efs-csi-*_efs-plugin-*.log", "var_log/kube-system_efs-csi-*/efs-plugin/*.log"},
	},
	{
		name: FSx, pod: true,
		programs: []string{"aws-fsx-csi-driver"}, images: []string{"aws-fsx-csi-driver"},
		logs: []string{"var_log/fsx-csi-*_fsx-plugin-*.log", "var_log/kube-system_fsx-csi-*/fsx-plugin/*.log"},
	},
	{
		name: S3, pod: true,
		programs: []string{"aws-s3-csi-driver"}, images: []string{"aws-s3-csi-driver"},
		logs: []string{"var_log/s3-csi-*_s3-plugin-*.log", "var_log/kube-system_s3-csi-*/s3-plugin/*.log"},
	},
	{
		name: PodIdentity, pod: true,
		units: []string{"eks-pod-identity-agent.service"}, programs: []string{"eks-pod-identity-agent"}, ports: []uint16{2703, 80}, images: []string{"eks-pod-identity-agent"},
		logs: []string{"var_log/eks-pod-identity-agent-*.log", "var_log/kube-system_eks-pod-identity-agent-*/*/*.log", "automode/eks-pod-identity-agent.txt"},
	},
	{
		name: Time, host: true,
		units: []string{
			"chronyd.service", "chrony.service", "systemd-timesyncd.service", "ntpd.service", "ntp.service", "ntpsec.service",
		},
		programs: []string{"chronyd", "systemd-timesyncd", "ntpd"},
	},
}

// Programs are the names of the programs of a daemon, without folders.
func Programs(name Name) []string {
	for i := range daemons {
		if daemons[i].name == name {
			return daemons[i].programs
		}
	}
	return nil
}
