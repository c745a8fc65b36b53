package daemons

import (
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
)

// excused says which setting lets a daemon be without its usual ports.
func excused(p *analyze.Pass, name gates.Name) string {
	switch name {
	case gates.Kubelet:
		return otherPort(p)
	case gates.IPAMD:
		return noIntrospection(p)
	case gates.KubeProxy:
		return otherAddress(p)
	}
	return ""
}

// otherPort reports a kubelet that is told to listen elsewhere.
//
//	/usr/bin/kubelet --config=/etc/kubernetes/kubelet/config.json --port=10260
func otherPort(p *analyze.Pass) string {
	if flag := argument(p, "kubelet", "--port="); flag != "" && flag != "10250" {
		return "a flag gives it port " + flag
	}
	for _, f := range analyze.Facts[kubeletconfig.Config](p) {
		if s := f.Value.Get("port"); s.Set() && s.Text != "10250" {
			return f.Path + " gives it port " + s.Text
		}
	}
	return ""
}

// noIntrospection reports an ipamd without its servers of HTTP. It may then
// have but a socket in the file system, which netstat -t does not show.
func noIntrospection(p *analyze.Pass) string {
	for _, f := range analyze.Facts[cnienv.Containers](p) {
		c := f.Value.Latest()
		if c == nil {
			continue
		}
		if v, ok := c.Get("DISABLE_INTROSPECTION"); ok && strings.EqualFold(v.Value, "true") {
			return "its introspection is switched off, and it may use a socket in the file system"
		}
	}
	return ""
}

// otherAddress reports a kube-proxy whose flags set the address of its health check.
func otherAddress(p *analyze.Pass) string {
	if a := argument(p, "kube-proxy", "--healthz-bind-address="); a != "" && !strings.HasSuffix(a, ":10256") {
		return "a flag gives its health check the address " + a
	}
	return ""
}

// argument returns the value of a flag of a program that runs.
func argument(p *analyze.Pass, program, flag string) string {
	t := gates.Processes(p)
	if t == nil {
		return ""
	}
	for _, x := range t.Value.Processes {
		if gates.Program(x.Command) != program {
			continue
		}
		for _, word := range strings.Fields(x.Command) {
			if v, ok := strings.CutPrefix(word, flag); ok {
				return v
			}
		}
	}
	return ""
}
