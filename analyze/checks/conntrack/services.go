package conntrack

import (
	"net/netip"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
)

// services are the addresses that a cluster gives to its Services, as far as
// the node knows them.
type services struct {
	ranges []netip.Prefix
	apis   []netip.Addr // of the Service "kubernetes"
	told   bool         // the bundle says it
}

// usual are the addresses of the API server in a cluster whose range EKS chose.
var usual = []netip.Addr{netip.MustParseAddr("172.20.0.1"), netip.MustParseAddr("10.100.0.1")}

// servicesOf reads the range from the log of nodeadm, or concludes it from the
// address of the cluster's DNS: EKS gives that the tenth address of the range,
// and the API server the first. A range has at least a /24, or a /108 of IPv6.
func servicesOf(p *analyze.Pass) services {
	var s services
	for _, h := range p.Hits("mark.node.cluster.cidr") {
		if r, err := netip.ParsePrefix(h.Entities["value"]); err == nil {
			s.add(r.Masked())
		}
	}
	for _, f := range analyze.Facts[kubeletconfig.Config](p) {
		for _, text := range f.Value.ClusterDNS.Value {
			if a, err := netip.ParseAddr(text); err == nil && tenth(a) {
				bits := 24
				if a.Is6() {
					bits = 108
				}
				r, _ := a.Prefix(bits)
				s.add(r)
			}
		}
	}
	if s.told = len(s.ranges) > 0; !s.told {
		s.apis = usual
	}
	return s
}

func (s *services) add(r netip.Prefix) {
	const some = 8
	if len(s.ranges) < some {
		s.ranges = append(s.ranges, r)
		s.apis = append(s.apis, r.Addr().Next())
	}
}

// tenth reports whether an address is one that EKS gives to the cluster's DNS.
// A DNS cache on the node has another one.
func tenth(a netip.Addr) bool {
	b := a.AsSlice()
	return b[len(b)-1] == 10 && !a.IsLinkLocalUnicast()
}

// has reports whether a target is a Service.
func (s *services) has(to netip.AddrPort) bool {
	for _, r := range s.ranges {
		if r.Contains(to.Addr()) {
			return true
		}
	}
	return s.api(to)
}

// api reports whether a target is the Service of the API server.
func (s *services) api(to netip.AddrPort) bool {
	for _, a := range s.apis {
		if to.Addr() == a && to.Port() == 443 {
			return true
		}
	}
	return false
}
