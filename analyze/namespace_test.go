package analyze

import (
	"testing"

	"github.com/eksleuth/eksleuth/index"
)

func TestSystem(t *testing.T) {
	f := func(namespace string, want bool) {
		t.Helper()
		if got := system(namespace); got != want {
			t.Errorf("system(%q) = %v, want %v", namespace, got, want)
		}
	}
	f("kube-system", true)
	f("amazon-cloudwatch", true)
	f("aws-observability", true)
	f("mount-s3", true)
	f("calico-system", true)
	f("default", false)
	f("awsome", false)
	f("", false)
}

// TestHit_soften takes the namespace from the line before that of the path.
func TestHit_soften(t *testing.T) {
	r := &compiledRule{Rule: &Rule{Milder: []Milder{{Namespace: application, Severity: Low}}}, names: []string{"", "pod", "namespace"}}
	f := func(path string, want Severity, entities ...string) {
		t.Helper()
		h := hit{severity: High, entities: append([]string{""}, entities...)}
		h.attribute(r, podLogOf(&index.File{Path: path}))
		if h.soften(r); h.severity != want {
			t.Errorf("%s, %q: %s, want %s", path, entities, h.severity, want)
		}
	}
	const csi, web = "var_log/kube-system_ebs-csi-node-7xk2m_0665832f/ebs-plugin/0.log", "var_log/web-1_shop_app-0a0a.log"
	f("kubelet/kubelet.log", High, "", "")
	f("kubelet/kubelet.log", High, "web-1", "")
	f("kubelet/kubelet.log", Low, "shop/web-1", "")
	f("kubelet/kubelet.log", Low, "web-1", "shop")
	f("kubelet/kubelet.log", High, "kube-system/coredns-x", "")
	f(csi, High, "", "")
	f(csi, Low, "shop/web-1", "")
	f(web, Low, "", "")
	f("var_log/pods/shop_web-1_0665832f/app/0.log", Low, "", "")
	f("var_log/containers/web-1_shop_app-0a0a.log", Low, "", "")
}

func TestPodName(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := podName(in); got != want {
			t.Errorf("podName(%q) = %q, want %q", in, got, want)
		}
	}
	f("web-1_shop", "shop/web-1")
	f("shop/web-1", "shop/web-1")
	f("web-1", "web-1")
	f("web-1_", "web-1_")
	f("k8s_POD_web-1", "k8s_POD_web-1")
}
