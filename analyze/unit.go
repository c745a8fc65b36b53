package analyze

import "strings"

// units are services that systemd calls by their description: before version
// 249 in all messages about them, later in some. Descriptions are those of the
// images for EKS nodes.
var units = map[string]string{
	"Kubernetes Kubelet":        "kubelet.service",
	"Kubernetes Kubelet Server": "kubelet.service",
	"Kubelet":                   "kubelet.service", // Bottlerocket
	"Service for snap application kubelet-eks.daemon": "snap.kubelet-eks.daemon.service", // Ubuntu
	"containerd container runtime":                    "containerd.service",
	"containerd":                                      "containerd.service",
	"Docker Application Container Engine":             "docker.service",
}

// unitName is the name of a unit, given that or its description.
func unitName(s string) string {
	s = strings.TrimSuffix(s, ".")
	if name, ok := units[s]; ok {
		return name
	}
	return s
}
