package analyze_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/analyze"
)

// podLog is a log of a pod, in one of the places where it is copied to.
func podLog(place, pod, namespace, container string, lines ...string) txtar.File {
	name := fmt.Sprintf("var_log/%s_%s_%s-%s.log", pod, namespace, container, strings.Repeat("0a", 32))
	if place == "pods" {
		name = fmt.Sprintf("var_log/%s_%s_0665832f-1a02-4dff-ae29-e184e2cd1bb3/%s/0.log", namespace, pod, container)
	}
	var text strings.Builder
	for i, line := range lines {
		fmt.Fprintf(&text, "2026-11-21T01:%02d:%02d.123456789Z stderr F %s\n", i/6, i%6*10, line)
	}
	return txtar.File{Name: name, Data: []byte(text.String())}
}

// about writes what findings of some rules are about.
func about(r *analyze.Report, rules ...string) string {
	var b strings.Builder
	for _, f := range r.Findings {
		if !slices.Contains(rules, f.Rule) {
			continue
		}
		fmt.Fprintf(&b, "%s %s, %s, x%d", f.Severity, f.Title, f.Scope, f.Count)
		for _, name := range slices.Sorted(maps.Keys(f.Entities)) {
			fmt.Fprintf(&b, ", %s %s", name, strings.Join(f.Entities[name], " "))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestPodLogs makes a finding for each pod in whose logs a rule for any pod
// matched, and takes what applications may be refused less seriously.
func TestPodLogs(t *testing.T) {
	f := func(want string, rule string, files ...txtar.File) {
		t.Helper()
		r, _ := analyzeArchive(t, &txtar.Archive{Files: files})
		if diff := cmp.Diff(strings.TrimLeft(want, "\n"), about(r, rule)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	denied := slices.Repeat([]string{"operation error EC2: DescribeInstances, https response error StatusCode: 403, api error UnauthorizedOperation: You are not authorized to perform this operation."}, 4)
	f(`
high IAM denies a call to AWS: kube-system/ebs-csi-node-7xk2m, pod, x4, container ebs-plugin, pod kube-system/ebs-csi-node-7xk2m
low IAM denies a call to AWS: default/web-1, pod, x4, container app, pod default/web-1
low IAM denies a call to AWS: shop/web-1, pod, x4, container app, pod shop/web-1
`, "aws.iam.unauthorized_operation",
		podLog("containers", "web-1", "default", "app", denied...), podLog("pods", "web-1", "default", "app", denied...),
		podLog("pods", "web-1", "shop", "app", denied...), podLog("pods", "ebs-csi-node-7xk2m", "kube-system", "ebs-plugin", denied...))

	panics := []string{"panic: runtime error: invalid memory address or nil pointer dereference", "panic: runtime error: index out of range [3] with length 3"}
	f(`
critical A program in a pod crashed with a Go panic: kube-system/node-local-dns-abcde, pod, x2, container node-cache, error runtime error: index out of range [3] with length 3 runtime error: invalid memory address or nil pointer dereference, pod kube-system/node-local-dns-abcde
low A program in a pod crashed with a Go panic: default/web-1, pod, x2, container app, error runtime error: index out of range [3] with length 3 runtime error: invalid memory address or nil pointer dereference, pod default/web-1
`, "pod.go_panic",
		podLog("containers", "web-1", "default", "app", panics...), podLog("pods", "node-local-dns-abcde", "kube-system", "node-cache", panics...))

	f(`
high A program in a pod crashed with a Go panic: kube-system/coredns-abcde, pod, x1, container coredns, error no configuration, pod kube-system/coredns-abcde
`, "pod.go_panic",
		podLog("containers", "coredns-abcde", "kube-system", "coredns", "panic: no configuration", "goroutine 1 [running]:"))

	f("", "pod.go_panic", podLog("containers", "node-problem-detector-x", "kube-system", "npd", "panic: in text"))

	format := []string{"exec /usr/local/bin/app: exec format error"}
	f(`
medium An image was built for another processor architecture: default/web-1, pod, x1, container app, pod default/web-1
medium An image was built for another processor architecture: default/web-2, pod, x1, container app, pod default/web-2
`, "containerd.runc.exec_format",
		podLog("containers", "web-1", "default", "app", format...), podLog("containers", "web-2", "default", "app", format...))

	// A rule for one kind of pod is about the node; the pod is told.
	watch := slices.Repeat([]string{`E1121 01:00:00.000000       1 reflector.go:147] "Failed to watch" err="failed to list *v1.Service: Get \"https://ABC/api/v1/services\": dial tcp 10.0.3.4:443: i/o timeout"`}, 40)
	f(`
high kube-proxy cannot read Services and endpoints from the API server, node, x40, container kube-proxy, error dial tcp 10.0.3.4:443: i/o timeout, pod kube-system/kube-proxy-7xk2m, resource *v1.Service
`, "kubeproxy.list_watch_failed", podLog("containers", "kube-proxy-7xk2m", "kube-system", "kube-proxy", watch...))
}
