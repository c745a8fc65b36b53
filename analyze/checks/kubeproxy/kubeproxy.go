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
	"github.com/eksleuth/eksleuth/parsers/ifconfig"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
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

// A sighting is whether the node has that interface.
type sighting struct {
	there bool
	at    parsers.Pos // what shows it, or a parameter of another interface
	note  string      // why that is not known
}

// sight looks for it where any file shows it. That it is missing only the
// parameters tell, which the kernel has for each interface: ifconfig shows those
// that are up, and this one is not.
func sight(p *analyze.Pass) sighting {
	for _, find := range []func(*analyze.Pass) (parsers.Pos, bool){routed, configured} {
		if at, ok := find(p); ok {
			return sighting{there: true, at: at}
		}
	}
	return parameters(p)
}

// routed looks for a route to an address of the interface.
//
//	local 172.20.0.10 dev kube-ipvs0 table local proto kernel scope host src 172.20.0.10
func routed(p *analyze.Pass) (parsers.Pos, bool) {
	for _, f := range analyze.Facts[iproute2.Routes](p) {
		for i := range f.Value.Routes {
			if r := &f.Value.Routes[i]; r.Dev == device {
				return parsers.Pos{File: f.Path, Line: r.Line}, true
			}
		}
	}
	return parsers.Pos{}, false
}

// configured looks for it in the list of interfaces.
//
//	kube-ipvs0: flags=130<BROADCAST,NOARP>  mtu 1500
func configured(p *analyze.Pass) (parsers.Pos, bool) {
	for _, f := range analyze.Facts[ifconfig.Interfaces](p) {
		if i := f.Value.Interface(device); i != nil {
			return parsers.Pos{File: f.Path, Line: i.Line}, true
		}
	}
	return parsers.Pos{}, false
}

// parameters looks for those of the interface. A file that was shortened lacks
// the loopback too.
//
//	net.ipv4.conf.kube-ipvs0.forwarding = 1
func parameters(p *analyze.Pass) sighting {
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
