package analyze

import (
	"path"
	"strings"
)

// A Source is a log that rules name. A rule is tried on the files of its
// sources, and on the lines of mixed logs (messages, syslog, a whole journal)
// whose program is one of Idents.
type Source struct {
	Name   string
	Files  []string // path.Match patterns on the path in the bundle
	Idents []string // programs, as journald and syslog name them
}

// MixedLogs are the files in which many programs write.
var MixedLogs = []string{
	"var_log/messages*", "var_log/syslog*", "var_log/journal*",
	"bottlerocket-logs/journalctl.log", "bottlerocket/logdog/bottlerocket-logs/journalctl.log",
	"bottlerocket/logdog/*/bottlerocket-logs/journalctl.log", "journalctl*",
}

// Sources are all logs a rule can name. "pod:NAME" (not listed) is the logs of
// the pods whose name starts with NAME; "pod:*" is those of all pods.
var Sources = []Source{
	{"kernel", []string{"kernel/dmesg.current", "kernel/dmesg.human.current", "kernel/dmesg.boot",
		"dmesg", "bottlerocket-logs/dmesg", "bottlerocket/logdog/bottlerocket-logs/dmesg", "bottlerocket/logdog/*/bottlerocket-logs/dmesg",
		"bottlerocket-logs/var/log/kdump/dmesg.log", "bottlerocket/logdog/*/bottlerocket-logs/var/log/kdump/dmesg.log",
		"bottlerocket/logdog/bottlerocket-logs/var/log/kdump/dmesg.log"}, []string{"kernel"}},
	{"kubelet", []string{"kubelet/kubelet.log"}, []string{"kubelet", "kubelet-eks.daemon"}},
	{"containerd", []string{"containerd/containerd-log.txt", "containerd/containerd-config.txt"}, []string{"containerd", "dockerd"}},
	{"soci", []string{"containerd/soci-snapshotter/soci-snapshotter-log.txt"}, []string{"soci-snapshotter-grpc"}},
	{"sandbox-image", []string{"sandbox-image/sandbox-image-log.txt"}, []string{"sandbox-image", "pull-sandbox-image.sh"}},
	{"nodeadm", []string{"nodeadm/nodeadm-*.log"}, []string{"nodeadm", "nodeadm-internal"}},
	{"udev-net-manager", []string{"nodeadm/udev-net-manager*.log"}, nil},
	{"cloud-init", []string{"var_log/cloud-init.log", "var_log/cloud-init-output.log", "var_log/user-data.log"}, []string{"cloud-init"}},
	{"ipamd", []string{"var_log/aws-routed-eni/ipamd*", "bottlerocket-logs/ipamd.log", "bottlerocket/logdog/bottlerocket-logs/ipamd.log", "bottlerocket/logdog/*/bottlerocket-logs/ipamd.log"}, nil},
	{"cni-plugin", []string{"var_log/aws-routed-eni/plugin*", "var_log/aws-routed-eni/egress-*", "bottlerocket-logs/plugin.log", "bottlerocket/logdog/bottlerocket-logs/plugin.log", "bottlerocket/logdog/*/bottlerocket-logs/plugin.log"}, nil},
	{"network-policy", []string{"var_log/aws-routed-eni/network-policy-agent*", "var_log/aws-routed-eni/ebpf-sdk*"}, nil},
	{"kube-proxy", []string{"var_log/kube-proxy.log*", "automode/kube-proxy.txt"}, []string{"kube-proxy"}},
	{"chronyd", nil, []string{"chronyd"}},
	{"cron", []string{"var_log/cron"}, []string{"CROND", "cron", "crond"}},
	{"docker", []string{"docker/docker.log"}, []string{"dockerd"}},
	// Every journal holds lines of systemd about its unit.
	{"systemd", []string{"kubelet/kubelet.log", "containerd/containerd-log.txt", "nodeadm/*.log", "sandbox-image/sandbox-image-log.txt", "docker/docker.log"}, []string{"systemd"}},
	{"syslog", MixedLogs, []string{"*"}},
	{"systemd-networkd", nil, []string{"systemd-networkd"}},
	{"unattended-upgrades", []string{"var_log/unattended-upgrades/unattended-upgrades.log*"}, nil},
	{"services", []string{"system/services.txt"}, nil},
	{"selinux", []string{"system/selinux.txt"}, nil},
	{anySource, nil, nil},
}

// podFiles are the two places where the log of a pod is copied to, those of a
// /var/log as it is, and that of nodes of Auto Mode.
func podFiles(name string) []string {
	if name == "*" {
		name = ""
	}
	return []string{
		"var_log/" + name + "*_*_*-*.log*",   // pod_namespace_container-id.log
		"var_log/*_" + name + "*_*/*/*.log*", // namespace_pod_uid/container/0.log
		"var_log/containers/" + name + "*_*_*-*.log*",
		"var_log/pods/*_" + name + "*_*/*/*.log*",
		"automode/" + name + "*.txt",
	}
}

func matchesAny(globs []string, name string) bool {
	depth := strings.Count(name, "/")
	for _, g := range globs {
		// No part of these patterns matches a slash: cheaper than path.Match
		// for the many files that are elsewhere.
		if strings.Count(g, "/") != depth {
			continue
		}
		if ok, _ := path.Match(g, name); ok {
			return true
		}
	}
	return false
}
