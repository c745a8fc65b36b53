package processes

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/pkglist"
	"github.com/eksleuth/eksleuth/parsers/ps"
)

// An agent is a program that looks at what others execute and open.
type agent struct {
	name     string
	programs []string
	packages []string
}

var agents = []agent{
	{"CrowdStrike Falcon", []string{"falcon-sensor", "falcon-sensor-bpf", "falcond"}, []string{"falcon-sensor"}},
	{"Trend Micro", []string{"ds_agent", "ds_am"}, []string{"ds_agent", "ds-agent"}},
	{"Microsoft Defender", []string{"wdavdaemon", "mdatp"}, []string{"mdatp"}},
	{"SentinelOne", []string{"s1-agent", "s1-orchestrator", "s1-scanner"}, []string{"SentinelAgent", "sentinelagent"}},
	{"Prisma Cloud", []string{"twistlock_defender", "defender"}, nil},
	{"Wazuh", []string{"wazuh-agentd", "wazuh-syscheckd", "ossec-agentd", "ossec-syscheckd"}, []string{"wazuh-agent"}},
	{"Carbon Black", []string{"cbagentd", "cbdaemon"}, []string{"cb-psc-sensor", "cb-sensor"}},
}

// securityAgents tells of agents that run, or are installed.
func securityAgents(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	l, note := read(p)
	var matches []analyze.Match
	for _, a := range agents {
		running := l.pick(func(x *ps.Process) bool { return slices.Contains(a.programs, gates.Program(x.Command)) })
		at := l.places(running)
		does := "runs"
		if len(running) == 0 {
			at, does = a.installed(p), "is installed"
		}
		if len(at) > 0 {
			m := analyze.Match{Entity: a.name, Summary: fmt.Sprintf("%s %s on the node", a.name, does), At: at}
			if len(running) > 0 {
				m.Entities = named(running[0])
			}
			matches = append(matches, m)
		}
	}
	switch {
	case len(matches) > 0:
		return found(matches...)
	case note != "":
		return noData(note)
	case l.unseen != "":
		return noData(l.unseen)
	}
	return isClear("none of those that are known runs")
}

// installed is where the packages of an agent are listed.
func (a agent) installed(p *analyze.Pass) []parsers.Pos {
	for _, f := range analyze.Facts[pkglist.List](p) {
		for _, name := range a.packages {
			if x, ok := f.Value.Find(name); ok {
				return []parsers.Pos{{File: f.Path, Line: x.Line}}
			}
		}
	}
	return nil
}

// autoUnits are units that only nodes of EKS Auto Mode have: elsewhere these are
// pods.
var autoUnits = []string{
	"eks-ebs-csi-driver.service", "eks-pod-identity-agent.service", "eks-node-monitoring-agent.service", "eks-healthchecker.service",
}

// autoModeWithAWSNode finds the DaemonSet of the VPC CNI on a node whose own
// units do its work.
func autoModeWithAWSNode(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	units := gates.Units(p)
	if units == nil {
		return noData(whole.Absent(p, "system/services.txt"))
	}
	var auto parsers.Pos
	for _, u := range units.Value.Units {
		if slices.Contains(autoUnits, u.Name) && u.Load == "loaded" && auto.File == "" {
			auto = parsers.Pos{File: units.Path, Line: u.Line}
		}
	}
	if auto.File == "" {
		if why := gates.Unlisted(p, units); why != "" {
			return noData(why)
		}
		return isClear("no unit of EKS Auto Mode")
	}
	at := awsNode(p)
	if at.File != "" {
		return found(analyze.Match{Summary: "a pod aws-node runs on a node of EKS Auto Mode", At: []parsers.Pos{auto, at}})
	}
	l, note := read(p)
	switch {
	case note != "":
		return noData(note)
	case l.unseen != "":
		return noData(l.unseen)
	}
	return isClear("no pod aws-node on the node of EKS Auto Mode")
}

// awsNode is where a pod aws-node shows: its first process, or its log.
//
//	var_log/aws-node-qqvv9_kube-system_aws-node-3b6f….log
//	var_log/kube-system_aws-node-qqvv9_a4d729b2-…/aws-node/0.log
func awsNode(p *analyze.Pass) parsers.Pos {
	l, _ := read(p)
	for i := range l.all {
		if x := &l.all[i]; gates.Program(x.Command) == "aws-vpc-cni" && !strings.HasPrefix(x.State, "Z") {
			return l.at(x)
		}
	}
	for _, f := range p.Files {
		dir, name := path.Split(f.Path)
		flat, _ := path.Match("aws-node-?????_kube-system_aws-node-*.log", name)
		deep, _ := path.Match("var_log/kube-system_aws-node-?????_*/aws-node/", dir)
		if flat && dir == "var_log/" || deep {
			return parsers.Pos{File: f.Path, Line: 1}
		}
	}
	return parsers.Pos{}
}
