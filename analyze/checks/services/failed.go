package services

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ctr"
	"github.com/eksleuth/eksleuth/parsers/services"
)

// failed lists the units whose state is "failed". Units that are only not
// found have a mark too, and are normal.
func failed(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	t := gates.Units(p)
	if t == nil {
		return noData("no list of units")
	}
	var matches []analyze.Match
	var passing []services.Unit // units of containers and sessions
	for _, u := range t.Value.Units {
		switch {
		case u.Active != "failed":
		case ofMoment(u.Name):
			passing = append(passing, u)
		case room(matches, u.Name):
			matches = append(matches, failure(p, t, u))
		}
	}
	if len(passing) > 0 {
		matches = append(matches, together(t, passing))
	}
	return verdict(p, t, matches)
}

// failure weighs one unit.
func failure(p *analyze.Pass, t *analyze.FileFact[services.Table], u services.Unit) analyze.Match {
	m := match(t, u)
	m.Summary = fmt.Sprintf("%s failed: %s", u.Name, u.Description)
	if u.Description == "" || u.Description == u.Name {
		m.Summary = u.Name + " failed"
	}
	m.Severity, m.Explains = analyze.Medium, broken(u.Name)
	switch why, ok := harmless(p, u.Name); {
	case ok:
		m.Severity, m.Explains = analyze.Low, nil
		m.Summary += "; " + why
	case vital(u.Name):
		m.Severity = analyze.High
		if other := substitute(t.Value, u.Name); other != "" {
			m.Severity, m.Explains = analyze.Medium, nil
			m.Summary += "; " + other + " runs in its place"
		}
	}
	return m
}

// ofMoment knows units that systemd makes for a container, a mount of a pod, a
// command or a login, and keeps in its list when they end badly: the container
// has a story of its own.
//
//	● cri-containerd-9f86d081884c.scope loaded failed failed libcontainer container 9f86d081884c
//	● run-r2a1e8c0b.scope               loaded failed failed Kubernetes transient mount for /var/lib/kubelet/pods/...
func ofMoment(name string) bool {
	if strings.HasSuffix(name, ".scope") || strings.HasSuffix(name, ".slice") {
		return true
	}
	mount := strings.HasSuffix(name, ".mount") || strings.HasSuffix(name, ".automount")
	if mount && (strings.HasPrefix(name, `var-lib-kubelet-p`) || strings.HasPrefix(name, "run-containerd-") || strings.HasPrefix(name, "run-netns-")) {
		return true
	}
	return strings.HasSuffix(name, ".service") &&
		(strings.HasPrefix(name, "run-") || strings.HasPrefix(name, "user@") || strings.HasPrefix(name, "user-runtime-dir@") || strings.HasPrefix(name, "sshd@"))
}

// together is the finding about such units, which are many or none.
func together(t *analyze.FileFact[services.Table], units []services.Unit) analyze.Match {
	m := analyze.Match{
		Entity:   "scopes",
		Severity: analyze.Low,
		Count:    len(units),
		Summary:  fmt.Sprintf("%d units of containers, mounts of pods or sessions failed, as %s", len(units), units[0].Name),
		Entities: map[string][]string{},
	}
	for _, u := range units[:min(len(units), 10)] {
		m.At = append(m.At, parsers.Pos{File: t.Path, Line: u.Line})
		m.Entities["unit"] = append(m.Entities["unit"], u.Name)
	}
	return m
}

// vitals are units that a node cannot work without, as patterns.
var vitals = []string{
	"kubelet.service", "snap.kubelet-eks.daemon.service", "containerd.service", "docker.service",
	"nodeadm-*.service", "nodeadm.service", "bootstrap.service",
	"chronyd.service", "chrony.service", "systemd-timesyncd.service",
	"systemd-networkd.service", "NetworkManager.service",
	"nvidia-*.service", "soci-snapshotter.service",
	"kube-proxy.service", "ipamd.service", "coredns.service", "eks-*.service",
}

func vital(name string) bool { return like(vitals, name) }

func like(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { ok, _ := path.Match(p, name); return ok })
}

// helpers fail now and then on healthy nodes, as when a mirror does not answer,
// and nothing of the node waits for them.
var helpers = []string{
	"logrotate.service", "dnf-makecache.service", "update-motd.service", "motd-news.service", "man-db*.service",
	"systemd-networkd-wait-online*.service", "NetworkManager-wait-online.service", "cni-cache-reset.service",
	"amazon-ssm-agent.service", "snap.amazon-ssm-agent.*.service", "amazon-cloudwatch-agent.service",
	"apt-daily*.service", "apt-news.service", "unattended-upgrades.service", "esm-cache.service", "fwupd*.service", "snapd*.service", "ua-*.service",
	"mlocate-updatedb.service", "sysstat*.service", "rngd.service", "kdump.service", "getty@*.service", "serial-getty@*.service",
	"mcelog.service",                            // knows no processor of AMD: andikleen/mcelog#80
	"hibinit-agent.service", "hibagent.service", // for instances that can hibernate
	"apport*.service", "ec2-instance-connect*.service", "snap.lxd.*.service",
}

// harmless says why a failure does not matter for the node.
func harmless(p *analyze.Pass, name string) (string, bool) {
	switch {
	case like(helpers, name):
		return "kubelet and pods do not need it", true
	case name == "sandbox-image.service" && hasPause(p):
		return "the sandbox image that it pulls is there", true
	case name == "nvidia-fabricmanager.service" && p.Case.Node.InstanceType != "" && !switched(p.Case.Node.InstanceType):
		return p.Case.Node.InstanceType + " has no NVSwitch, so it has nothing to do", true
	}
	return "", false
}

// switched knows the instance types whose GPUs are joined by NVSwitch.
func switched(kind string) bool {
	return strings.HasPrefix(kind, "p4d") || strings.HasPrefix(kind, "p5") || strings.HasPrefix(kind, "p6")
}

// hasPause reports that the image of sandboxes is on the node.
//
//	602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause:3.5
func hasPause(p *analyze.Pass) bool {
	for _, f := range analyze.Facts[ctr.Images](p) {
		for _, i := range f.Value.Images {
			if strings.HasPrefix(path.Base(i.Ref), "pause:") || strings.HasPrefix(path.Base(i.Ref), "pause@") {
				return true
			}
		}
	}
	return false
}

// roles are units that do the same work.
var roles = [][]string{
	{"kubelet.service", "snap.kubelet-eks.daemon.service"},
	{"chronyd.service", "chrony.service", "systemd-timesyncd.service", "ntpd.service", "ntp.service", "ntpsec.service"},
	{"systemd-networkd.service", "NetworkManager.service"},
	{"docker.service", "containerd.service"},
}

// substitute returns a unit that runs and does the work of another one.
func substitute(t *services.Table, name string) string {
	for _, role := range roles {
		if !slices.Contains(role, name) || name == "containerd.service" {
			continue
		}
		for _, other := range role {
			if u, ok := t.Find(other); ok && other != name && u.Active == "active" && u.Sub == "running" {
				return other
			}
		}
	}
	return ""
}

// broken names what follows when a unit does not run.
func broken(name string) []string {
	switch {
	case name == "containerd.service":
		return []string{
			"kubelet.runtime.down", "kubelet.cri.connection_lost", "kubelet.start.cri_unavailable",
			"state.proc.missing_daemon@containerd",
		}
	case name == "kubelet.service" || name == "snap.kubelet-eks.daemon.service":
		return []string{"state.proc.missing_daemon@kubelet", "state.port.missing_listener@kubelet"}
	case strings.HasPrefix(name, "nodeadm"):
		return []string{"state.services.kubelet_disabled", "systemd.dependency_failed"}
	case name == "soci-snapshotter.service":
		return []string{"soci.snapshotter.failed"}
	case name == "kube-proxy.service":
		return []string{"state.proc.missing_daemon@kube-proxy", "state.port.missing_listener@kube-proxy"}
	}
	return nil
}
