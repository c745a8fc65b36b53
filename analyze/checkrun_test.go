package analyze

import "testing"

func TestUpperFirst(t *testing.T) {
	for s, want := range map[string]string{
		"":                               "",
		"the VPC CNI is 1.20.4":          "The VPC CNI is 1.20.4",
		"names, or hosts, do not answer": "Names, or hosts, do not answer",
		"kubelet's lease is old":         "kubelet's lease is old",
		"kube-proxy has no rules":        "kube-proxy has no rules",
		"resolv.conf names no server":    "resolv.conf names no server",
		"maxPods is 500":                 "maxPods is 500",
		"EC2 refused":                    "EC2 refused",
		"kernel parameters":              "Kernel parameters",
	} {
		if got := upperFirst(s); got != want {
			t.Errorf("upperFirst(%q) = %q, want %q", s, got, want)
		}
	}
}
