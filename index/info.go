package index

import (
	"path"
	"strings"

	"github.com/eksleuth/eksleuth/index/query"
)

// Info is what the place of a file says of it: its component, and the pod whose
// log it is.
func Info(f *File) query.FileInfo {
	info := query.FileInfo{Path: f.Path, Format: f.Format}
	info.Pod, info.Namespace, info.Container = podOf(f.At())
	info.Component = componentOf(f.At(), info.Pod)
	return info
}

// podOf reads the two forms in which logs of pods are named:
//
//	var_log/coredns-5d78c9869d-abcde_kube-system_coredns-<64 hex>.log
//	var_log/kube-system_coredns-5d78c9869d-abcde_<uid>/coredns/0.log
//
// A copy of /var/log as it is has them in the folders containers and pods.
func podOf(place string) (pod, namespace, container string) {
	rest, ok := strings.CutPrefix(place, "var_log/")
	if !ok {
		return "", "", ""
	}
	for _, folder := range []string{"containers/", "pods/"} {
		rest = strings.TrimPrefix(rest, folder)
	}
	parts := strings.Split(strings.SplitN(rest, "/", 2)[0], "_")
	if len(parts) != 3 {
		return "", "", ""
	}
	if folder, file, ok := strings.Cut(rest, "/"); ok && folder != "" {
		return parts[1], parts[0], path.Dir(file)
	}
	i := strings.LastIndexByte(parts[2], '-')
	if i < 0 {
		return "", "", ""
	}
	return parts[0], parts[1], parts[2][:i]
}

// podComponents are the system pods, by the start of their name.
var podComponents = []struct{ prefix, component string }{
	{"aws-node-termination-handler", "node"},
	{"aws-node", "cni"}, {"kube-proxy", "kube-proxy"}, {"coredns", "dns"}, {"node-local-dns", "dns"},
	{"ebs-csi", "storage"}, {"efs-csi", "storage"}, {"fsx-", "storage"}, {"s3-csi", "storage"}, {"mp-", "storage"}, {"file-cache", "storage"},
	{"eks-pod-identity", "aws"},
}

// folderComponents are the folders of a bundle, the longest first.
var folderComponents = []struct{ prefix, component string }{
	{"var_log/aws-routed-eni/", "cni"}, {"var_log/kube-proxy", "kube-proxy"},
	{"var_log/cloud-init", "bootstrap"}, {"var_log/user-data", "bootstrap"},
	{"kernel/", "kernel"}, {"modinfo/", "kernel"}, {"sysctls/", "kernel"},
	{"kubelet/", "kubelet"}, {"containerd/", "containerd"}, {"sandbox-image/", "containerd"}, {"docker/", "containerd"},
	{"nodeadm/", "bootstrap"}, {"ipamd/", "cni"}, {"cni/", "cni"},
	{"networking/", "network"}, {"storage/", "storage"}, {"gpu/", "gpu"},
}

// componentOf names the component that a file tells of, as rules do; "node"
// for those of all.
func componentOf(place, pod string) string {
	for _, c := range podComponents {
		if pod != "" && strings.HasPrefix(pod, c.prefix) {
			return c.component
		}
	}
	for _, c := range folderComponents {
		if strings.HasPrefix(place, c.prefix) {
			return c.component
		}
	}
	return "node"
}
