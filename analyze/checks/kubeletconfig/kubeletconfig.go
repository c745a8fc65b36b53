// Package kubeletconfig judges how kubelet is set up: what its file, the
// drop-ins and the flags of the running process make of a setting together.
package kubeletconfig

import (
	_ "embed"

	"github.com/eksleuth/eksleuth/analyze"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the family state.kubelet that look at settings.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.kubelet.eviction_defaults":     eviction,
	"state.kubelet.max_pods":              maxPods,
	"state.kubelet.kube_reserved_missing": reserved,
	"state.kubelet.cluster_dns":           clusterDNS,
	"state.kubelet.cgroup_driver":         cgroupDriver,
	"state.kubelet.read_only_port":        readOnlyPort,
	"state.kubelet.serialize_pulls":       serializePulls,
	"state.kubelet.env_args":              flagsAgainstConfig,
})
