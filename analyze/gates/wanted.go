package gates

import (
	"slices"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
)

// wanted returns what shows that the daemon is meant to run on this node: a
// sign of life, a container or a log of its pod, or that no node is without.
func (l *look) wanted(g *Gate) *Proof {
	if up := g.Which(Up, Halfway); len(up) > 0 && up[0].Source != Log {
		return &up[0]
	}
	switch l.daemon.name {
	case Kubelet, Time:
		return &Proof{Text: "every node has it"}
	case Containerd:
		if l.runs("crio") || l.runs("dockerd") {
			return nil
		}
		return &Proof{Text: "every node has it"}
	case IPAMD, AWSNode:
		return l.vpcCNI()
	case KubeProxy:
		return l.proxy()
	}
	return l.pod()
}

// replacements are programs that make Services work without kube-proxy, or can.
var replacements = []string{"cilium-agent", "calico-node", "kube-router", "antrea-agent", "k3s", "rke2"}

// proxy returns what shows that kube-proxy is meant to run. A pod that was never
// put on the node leaves no trace: then it is the VPC CNI, which does without
// Services and leaves them to kube-proxy.
func (l *look) proxy() *Proof {
	if l.runs("cilium-agent") {
		return nil
	}
	if pod := l.pod(); pod != nil {
		return pod
	}
	if slices.ContainsFunc(replacements, l.runs) {
		return nil
	}
	return l.vpcCNI()
}

// pod returns a container, or else a log, of the daemon: kubelet removes both
// with the pod.
func (l *look) pod() *Proof {
	if all, file := l.containers(); len(all) > 0 {
		return &Proof{Source: Container, Text: "a container with its image", At: parsers.Pos{File: file, Line: all[0].Line}}
	}
	if logs := l.logs(); len(logs) > 0 {
		return &Proof{Source: Log, Text: "a log of it", At: parsers.Pos{File: logs[0].Path, Line: 1}}
	}
	return nil
}

// vpcCNI returns what shows that the VPC CNI is the network plugin. Its log
// stays when it is replaced by another one, and so do its binaries.
func (l *look) vpcCNI() *Proof {
	other := false
	for _, f := range l.Files {
		name, ok := strings.CutPrefix(f.At(), "cni/")
		switch {
		case name == "10-aws.conflist" && ok:
			return &Proof{Source: Log, Text: "the configuration of the VPC CNI", At: parsers.Pos{File: f.Path, Line: min(1, f.Lines)}}
		case ok && (strings.HasSuffix(name, ".conflist") || strings.HasSuffix(name, ".conf")):
			other = true
		}
	}
	if other || l.runs("cilium-agent") {
		return nil
	}
	for _, f := range l.Files {
		if at := f.At(); strings.HasPrefix(at, "var_log/aws-node-") && strings.Contains(at, "_kube-system_aws-") && f.Lines > 0 {
			return &Proof{Source: Log, Text: "a log of an aws-node pod", At: parsers.Pos{File: f.Path, Line: 1}}
		}
	}
	return l.pod()
}

// runs reports that the node runs a program.
func (l *look) runs(program string) bool {
	t := Processes(l.Pass)
	if t == nil {
		return false
	}
	for _, x := range t.Value.Processes {
		if Program(x.Command) == program {
			return true
		}
	}
	return false
}

// starting is how long a node may take to start its pods.
const starting = 5 * time.Minute

// justBooted reports that the bundle was made right after the boot.
func (l *look) justBooted() bool {
	return !l.Clock.Boot.IsZero() && !l.Clock.Collected.IsZero() && l.Clock.Collected.Sub(l.Clock.Boot) < starting
}
