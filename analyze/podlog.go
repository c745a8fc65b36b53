package analyze

import (
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/index"
)

// anyPod is the source of rules about any pod. What they find is of one pod,
// whoever runs it. Rules that name pods (pod:kube-proxy) are about a part of the
// node, of which there is one at a time, and whose pods come and go.
const anyPod = "pod:*"

// A podLog is whose log a file is.
type podLog struct {
	pod       string // namespace/name
	container string
}

// podLogOf reads the path of a file; it is empty for a file that is no log of a
// container.
func podLogOf(f *index.File) podLog {
	info := index.Info(f)
	if info.Pod == "" {
		return podLog{}
	}
	return podLog{info.Namespace + "/" + info.Pod, info.Container}
}

// value is what the path says of an entity.
func (p podLog) value(entity string) string {
	switch entity {
	case "pod":
		return p.pod
	case "container":
		return p.container
	case "namespace":
		return namespaceOf(p.pod)
	}
	return ""
}

// attribute gives a hit the pod and the container in whose log it stands, if its
// line names no pod: CSI drivers, CNI and agents write about the pods of others.
func (h *hit) attribute(r *compiledRule, from podLog) {
	if from.pod == "" || h.names(r, "pod", "pod_uid") {
		return
	}
	h.from = from
	for i, name := range r.names {
		if h.entities[i] == "" {
			h.entities[i] = from.value(name)
		}
	}
}

// names reports whether the line names one of some entities.
func (h *hit) names(r *compiledRule, entities ...string) bool {
	for i, name := range r.names {
		if h.entities[i] != "" && slices.Contains(entities, name) {
			return true
		}
	}
	return false
}

// groupOf is the value of the group of a hit. Parts of it that the expression
// does not capture are those of the path. A rule without a group that is about
// any pod has one for each.
func (h *hit) groupOf(r setRule) (kind, group string) {
	if r.groupedBy == nil && r.anyPod {
		return "pod", h.from.pod
	}
	var parts []string
	for _, entity := range r.groupedBy {
		v := combined(r.names, h.entities, []string{entity})
		if v == "" && !slices.Contains(r.names, entity) {
			v = h.from.value(entity)
		}
		if v != "" {
			parts = append(parts, v)
		}
	}
	return r.Group, strings.Join(parts, " ")
}

// application is the value of Milder.Namespace: pods of the users of a cluster.
const application = "application"

// systemNamespaces are those of the parts of a cluster that nodes depend on:
// what EKS and its add-ons use (kube-system, and others with the prefixes that
// Kubernetes and AWS keep for themselves, such as amazon-cloudwatch and
// amazon-guardduty), the pods that mount S3 buckets for others, and the usual
// ones of network plugins that are no add-ons.
var systemNamespaces = struct{ prefixes, names []string }{
	prefixes: []string{"kube-", "amazon-", "aws-", "eks-"},
	names:    []string{"mount-s3", "calico-system", "tigera-operator", "cilium"},
}

// system reports whether a namespace is one of those.
func system(namespace string) bool {
	return slices.Contains(systemNamespaces.names, namespace) ||
		slices.ContainsFunc(systemNamespaces.prefixes, func(p string) bool { return strings.HasPrefix(namespace, p) })
}

// namespaceOf is that of a pod; "" if its name stands alone.
func namespaceOf(pod string) string {
	namespace, _, ok := strings.Cut(pod, "/")
	if !ok {
		return ""
	}
	return namespace
}

// namespace is whose pod the event is about, "" if nothing tells.
func (h *hit) namespace(r *compiledRule) string {
	for _, entity := range []string{"pod", "namespace"} {
		for i, name := range r.names {
			switch {
			case name != entity || h.entities[i] == "":
			case entity == "namespace":
				return h.entities[i]
			case namespaceOf(h.entities[i]) != "":
				return namespaceOf(h.entities[i])
			}
		}
	}
	return namespaceOf(h.from.pod)
}

// soften lowers the severity of an event of an application, if the rule says so.
func (h *hit) soften(r *compiledRule) {
	for i := range r.Milder {
		if m := &r.Milder[i]; m.Namespace == application && m.Severity.Rank() < h.severity.Rank() {
			if n := h.namespace(r); n != "" && !system(n) {
				h.severity = m.Severity
			}
		}
	}
}

// podName writes name_namespace, which is how kubelet names pods beside
// namespace/name, in that form. Names have no other underscores.
func podName(s string) string {
	name, namespace, ok := strings.Cut(s, "_")
	if !ok || name == "" || namespace == "" || strings.ContainsAny(namespace, "_/") || strings.Contains(name, "/") {
		return s
	}
	return namespace + "/" + name
}
