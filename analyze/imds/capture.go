package imds

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers/pcap"
	"github.com/eksleuth/eksleuth/parsers/tcpdump"
)

// The addresses of the service. 169.254.170.2 and 169.254.170.23, where tasks of
// ECS and pods with EKS Pod Identity get credentials, are others.
var services = []netip.Addr{netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254")}

// packets are what captures show of the service.
type packets struct {
	expired    []Point // its answers had no hops left
	unanswered []Point // no connection was made
}

// A Reader reads the lines of a file from a number on, until visit returns false.
type Reader func(f *index.File, from int, visit func(n int, line []byte) bool) error

// Expired are the proofs of captures that answers of the service had no hops
// left when the node was to pass them on.
func Expired(facts []index.Fact, files []*index.File, lines Reader) ([]Point, error) {
	p, err := capture(facts, files, lines)
	if err != nil {
		return nil, err
	}
	return p.expired, nil
}

// capture reads captures given beside the bundle.
func capture(facts []index.Fact, files []*index.File, lines Reader) (*packets, error) {
	out := &packets{}
	for _, f := range facts {
		if v, ok := f.Value.(*pcap.Capture); ok {
			out.binary(v, f.File.Path)
		}
	}
	for _, f := range files {
		if f.Format == tcpdump.Format.Name {
			if err := out.text(f, lines); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// binary looks at the flows to the service, and at the messages of the node that
// its answers could not be passed on.
func (p *packets) binary(c *pcap.Capture, path string) {
	for _, e := range c.Errors {
		if e.Kind == pcap.Expired && slices.Contains(services, e.Src.Addr().Unmap()) {
			p.expired = add(p.expired, fmt.Sprintf("%s dropped %d answers of the service that had no hops left (packet %d)", e.From, e.Count, e.Packet), Place{File: path})
		}
	}
	for i := range c.Flows {
		f := &c.Flows[i]
		if f.Proto != pcap.TCP || !slices.Contains(services, f.Server.Addr().Unmap()) {
			continue
		}
		switch {
		case f.Refused():
			p.unanswered = add(p.unanswered, fmt.Sprintf("%s was refused a connection (packet %d)", f.Client, f.Packet), Place{File: path})
		case f.Unanswered():
			p.unanswered = add(p.unanswered, fmt.Sprintf("%s got no connection (packet %d)", f.Client, f.Packet), Place{File: path})
		}
	}
}

// text does the same for what tcpdump printed. It tells less: only errors with
// the packet that they are about are looked at.
//
//	10.0.12.34 > 169.254.169.254: ICMP time exceeded in-transit, length 36
//		169.254.169.254.80 > 10.0.5.60.44604: Flags [P.], seq 1:231, ack 1, win 489, length 230: HTTP
func (p *packets) text(f *index.File, reader Reader) error {
	read := 0
	var err error
	lines := func(yield func(int, []byte) bool) {
		err = reader(f, 1, func(n int, line []byte) bool {
			read++
			return read <= maxCallLines && yield(n, line)
		})
	}
	for packet := range tcpdump.Packets(lines) {
		ip, bad := netip.ParseAddr(packet.Dst.Host)
		if bad == nil && packet.Expired() && slices.Contains(services, ip) {
			p.expired = add(p.expired, fmt.Sprintf("%s dropped an answer of the service that had no hops left", packet.Src.Host), Place{f.Path, packet.Line})
		}
	}
	return err
}

// maxPoints bounds what is kept of captures.
const maxPoints = 10

func add(list []Point, text string, at Place) []Point {
	if len(list) >= maxPoints {
		return list
	}
	return append(list, Point{text, []Place{at}})
}
