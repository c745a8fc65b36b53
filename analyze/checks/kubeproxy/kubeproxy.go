// Package kubeproxy judges what kube-proxy has made of the Services: that IPVS
// can work where it is used, and that somebody answers for the cluster DNS.
package kubeproxy

import (
	_ "embed"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ipvsadm"
	"github.com/eksleuth/eksleuth/parsers/sysctl"
)

//go:embed check.yaml
var doc []byte

// Checks are those of kube-proxy.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.ipvs.modules":     modules,
	"state.ipvs.interface":   dummy,
	"state.ipvs.no_servers":  empty,
	"state.dns.no_endpoints": noEndpoints,
})

// A mode is what kube-proxy is said to use, and by which line.
type mode struct {
	network.Mode
	at parsers.Pos
}

// proxyMode tells the mode that kube-proxy itself names, and its last word on it:
// what is in the kernel may be of another time.
func proxyMode(p *analyze.Pass) (m mode) {
	var last time.Time
	for _, h := range p.Hits("mark.node.proxy_mode") {
		if !h.At.Before(last) {
			m, last = mode{network.Mode(h.Entities["value"]), h.Pos}, h.At
		}
	}
	return m
}

// servers are the virtual servers of IPVS; known is false when the bundle does
// not tell of them.
func servers(p *analyze.Pass) (all []ipvsadm.Server, path string, known bool) {
	files := analyze.Facts[ipvsadm.Servers](p)
	if len(files) == 0 {
		return nil, "", false
	}
	return files[0].Value.All(), files[0].Path, true
}

// device is the interface that has the addresses of all Services in IPVS mode.
const device = "kube-ipvs0"

// A sighting is whether the node has that interface, by the parameters that the
// kernel has for each: ifconfig shows only interfaces that are up, and this one
// is not.
type sighting struct {
	there bool
	at    parsers.Pos // a parameter of it, or of all interfaces
	note  string      // why that is not known
}

// sight looks for it. A file that was shortened lacks the loopback too.
//
//	net.ipv4.conf.kube-ipvs0.forwarding = 1
func sight(p *analyze.Pass) sighting {
	files := analyze.Facts[sysctl.Params](p)
	if len(files) == 0 {
		return sighting{note: whole.Absent(p, "sysctls/sysctl_all.txt")}
	}
	f, lo := files[0], 0
	for _, v := range f.Value.All {
		switch {
		case strings.HasPrefix(v.Name, "net.ipv4.conf."+device+"."):
			return sighting{there: true, at: parsers.Pos{File: f.Path, Line: v.Line}}
		case lo == 0 && strings.HasPrefix(v.Name, "net.ipv4.conf.lo."):
			lo = v.Line
		}
	}
	s := sighting{at: parsers.Pos{File: f.Path, Line: lo}, note: whole.Cut(p, f.Path)}
	if f.Value.Cut || lo == 0 {
		s.note = f.Path + " does not have all interfaces"
	}
	return s
}
