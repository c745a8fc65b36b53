package pcap_test

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/pcap"
)

func Test(t *testing.T)       { parserstest.Run(t, pcap.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, pcap.Format) }

// A record is a packet of an example: its time, how long it was, and its bytes
// from the Ethernet header on.
type record struct {
	sec, usec, length uint32
	data              []byte
}

// records are the packets of a pcap file.
func records(t *testing.T, path string) []record {
	t.Helper()
	text := example(t, path)
	var out []record
	for at := 24; at < len(text); {
		u := func(i int) uint32 { return binary.LittleEndian.Uint32(text[at+i:]) }
		end := at + 16 + int(u(8))
		out = append(out, record{u(0), u(4), u(12), text[at+16 : end]})
		at = end
	}
	return out
}

func example(t *testing.T, path string) []byte {
	t.Helper()
	for _, file := range parserstest.Files(t, "testdata") {
		if file.Path == path {
			return file.Text
		}
	}
	t.Fatalf("no example %s", path)
	return nil
}

func parse(t *testing.T, text []byte) *pcap.Capture {
	t.Helper()
	c, err := pcap.Parse("x.pcap", text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// file writes a pcap file.
func file(order binary.AppendByteOrder, magic, link uint32, unit uint32, extra int, packets []record) []byte {
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(order.AppendUint16(b, 2), 4)
	for _, v := range []uint32{0, 0, 262144, link} {
		b = order.AppendUint32(b, v)
	}
	for _, r := range packets {
		for _, v := range []uint32{r.sec, r.usec * unit, uint32(len(r.data)), r.length} {
			b = order.AppendUint32(b, v)
		}
		b = append(append(b, make([]byte, extra)...), r.data...)
	}
	return b
}

const usecMagic, nsecMagic, oldMagic = 0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34

// The same packets are the same capture, whatever the file is like.
func TestForms(t *testing.T) {
	packets := records(t, "extra/pod.pcap")
	want := parse(t, file(binary.LittleEndian, usecMagic, 1, 1, 0, packets))
	if len(want.Flows) == 0 || want.Cut != "" {
		t.Fatalf("%d flows, %q", len(want.Flows), want.Cut)
	}
	f := func(name string, text []byte) {
		t.Helper()
		if !pcap.Is(text) {
			t.Errorf("%s: not recognised", name)
		}
		got := parse(t, text)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(pcap.Capture{}, "Interfaces"), cmpopts.IgnoreUnexported(pcap.Flow{}), cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	f("as captured", example(t, "extra/pod.pcap"))
	f("other order", file(binary.BigEndian, usecMagic, 1, 1, 0, packets))
	f("nanoseconds", file(binary.LittleEndian, nsecMagic, 1, 1000, 0, packets))
	f("nanoseconds, other order", file(binary.BigEndian, nsecMagic, 1, 1000, 0, packets))
	f("old Red Hats", file(binary.LittleEndian, oldMagic, 1, 1, 8, packets))
	f("checksums behind packets", file(binary.LittleEndian, usecMagic, 1|0x14000000, 1, 0, packets))
	f("vlan", file(binary.LittleEndian, usecMagic, 1, 1, 0, relink(packets, func(d []byte) []byte {
		return slices.Concat(d[:12], []byte{0x81, 0, 0, 42}, d[12:])
	})))
	f("vlan in vlan", file(binary.LittleEndian, usecMagic, 1, 1, 0, relink(packets, func(d []byte) []byte {
		return slices.Concat(d[:12], []byte{0x88, 0xa8, 0, 7, 0x81, 0, 0, 42}, d[12:])
	})))
	f("raw", file(binary.LittleEndian, usecMagic, 101, 1, 0, relink(packets, func(d []byte) []byte { return d[14:] })))
	f("raw of BSD", file(binary.LittleEndian, usecMagic, 12, 1, 0, relink(packets, func(d []byte) []byte { return d[14:] })))
	f("null", file(binary.BigEndian, usecMagic, 0, 1, 0, relink(packets, func(d []byte) []byte {
		return append(binary.BigEndian.AppendUint32(nil, bsdFamily(d)), d[14:]...)
	})))
	f("loop", file(binary.LittleEndian, usecMagic, 108, 1, 0, relink(packets, func(d []byte) []byte {
		return append(binary.BigEndian.AppendUint32(nil, bsdFamily(d)), d[14:]...)
	})))
	f("cooked", file(binary.LittleEndian, usecMagic, 113, 1, 0, relink(packets, func(d []byte) []byte {
		return slices.Concat([]byte{0, 0, 0, 1, 0, 6}, d[6:12], []byte{0, 0}, d[12:])
	})))
	f("cooked 2", file(binary.LittleEndian, usecMagic, 276, 1, 0, relink(packets, func(d []byte) []byte {
		return slices.Concat(d[12:14], []byte{0, 0, 0, 0, 0, 2, 0, 1, 0, 6}, d[6:12], []byte{0, 0}, d[14:])
	})))
	f("cooked 2, vlan", file(binary.LittleEndian, usecMagic, 276, 1, 0, relink(packets, func(d []byte) []byte {
		return slices.Concat([]byte{0x81, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6}, d[6:12], []byte{0, 0, 0, 42}, d[12:])
	})))
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		ng := section{order: order}
		f("pcapng, "+order.String(), ng.write(packets, 6, nil))
		f("pcapng of nanoseconds, "+order.String(), ng.write(packets, 6, []byte{9}))
		f("pcapng of 2^-30 s, "+order.String(), ng.write(packets, 6, []byte{0x80 | 30}))
		f("pcapng of old blocks, "+order.String(), ng.write(packets, 2, nil))
	}
}

// relink puts another header before each packet.
func relink(packets []record, head func([]byte) []byte) []record {
	var out []record
	for _, r := range packets {
		r.data = head(r.data)
		out = append(out, r)
	}
	return out
}

func bsdFamily(frame []byte) uint32 {
	if frame[12] == 0x86 {
		return 30
	}
	return 2
}

// A section writes a pcapng file.
type section struct {
	order binary.AppendByteOrder
	out   []byte
}

func (s *section) block(kind uint32, body ...[]byte) {
	data := slices.Concat(body...)
	for len(data)%4 != 0 {
		data = append(data, 0)
	}
	size := uint32(len(data) + 12)
	s.out = s.order.AppendUint32(s.order.AppendUint32(s.out, kind), size)
	s.out = s.order.AppendUint32(append(s.out, data...), size)
}

func (s *section) u16(v ...uint16) (b []byte) {
	for _, n := range v {
		b = s.order.AppendUint16(b, n)
	}
	return b
}

func (s *section) u32(v ...uint32) (b []byte) {
	for _, n := range v {
		b = s.order.AppendUint32(b, n)
	}
	return b
}

func (s *section) u64(v uint64) []byte { return s.order.AppendUint64(nil, v) }

// head writes a section and an interface; resolution is the value of its
// option, nil for none.
func (s *section) head(resolution []byte) {
	s.block(0x0a0d0d0a, s.u32(0x1a2b3c4d), s.u16(1, 0), s.u64(1<<64-1))
	in := slices.Concat(s.u16(1, 0), s.u32(262144), s.u16(2, 4), []byte("eni0"))
	if resolution != nil {
		in = slices.Concat(in, s.u16(9, 1), resolution, []byte{0, 0, 0})
	}
	s.block(1, in, s.u16(0, 0))
}

// write writes packets into blocks of a kind: 6 is enhanced, 2 the old one.
func (s *section) write(packets []record, kind uint32, resolution []byte) []byte {
	s.out = nil
	s.head(resolution)
	for _, r := range packets {
		ticks := uint64(r.sec)*1e6 + uint64(r.usec)
		if resolution != nil && resolution[0] == 9 {
			ticks *= 1000
		} else if resolution != nil {
			ticks = uint64(r.sec)<<30 + (uint64(r.usec)<<30+1e6-1)/1e6 // rounded up, as reading rounds down
		}
		first := s.u32(0)
		if kind == 2 {
			first = s.u16(0, 3)
		}
		s.block(kind, first, s.u32(uint32(ticks>>32), uint32(ticks), uint32(len(r.data)), r.length), r.data)
	}
	return s.out
}

// What the capturing program counted, a second section, packets without a time,
// an interface that is not there, and a shift of times.
func TestSections(t *testing.T) {
	r := records(t, "extra/pod.pcap")[2]
	s := section{order: binary.BigEndian}
	s.head(nil)
	s.block(3, s.u32(r.length), r.data)
	s.block(6, s.u32(7, 0, 0, 4, 4), []byte{1, 2, 3, 4})
	s.block(5, s.u32(0, 0, 0), s.u16(4, 8), s.u64(100), s.u16(5, 8), s.u64(9), s.u16(0, 0))
	s.block(5, s.u32(0, 0, 0), s.u16(4, 8), s.u64(200), s.u16(5, 8), s.u64(20), s.u16(7, 8), s.u64(3), s.u16(0, 0))
	s.block(0x80001234, []byte("of some program"))
	first := s.out
	s = section{order: binary.LittleEndian}
	s.block(0x0a0d0d0a, s.u32(0x1a2b3c4d), s.u16(1, 0), s.u64(1<<64-1))
	s.block(1, s.u16(105, 0), s.u32(0))
	s.block(1, s.u16(101, 0), s.u32(0), s.u16(14, 8), s.u64(1000), s.u16(0, 0))
	s.block(6, s.u32(0, 0, 1, 4, 4), []byte{1, 2, 3, 4})
	s.block(6, s.u32(1, 0, 5_000_000, uint32(len(r.data)-14), r.length), r.data[14:])
	got := parse(t, append(first, s.out...))
	want := []pcap.Interface{{Name: "eni0", Link: 1, Counted: true, Received: 200, Dropped: 23}, {Link: 105}, {Link: 101}}
	if diff := cmp.Diff(want, got.Interfaces); diff != "" {
		t.Error(diff)
	}
	if got.Packets != 4 || got.Other != 2 || len(got.Flows) != 1 || got.Flows[0].Out.SYN != 2 || got.Cut != "" {
		t.Errorf("%d packets, %d others, flows %+v, %q", got.Packets, got.Other, got.Flows, got.Cut)
	}
	if want := time.Unix(1005, 0).UTC(); !got.Flows[0].Last.Equal(want) {
		t.Errorf("last packet at %v, want %v", got.Flows[0].Last, want)
	}
}

// Each way to be unanswered or refused.
func TestVerdicts(t *testing.T) {
	got := map[string]string{}
	for _, f := range parse(t, example(t, "extra/pod.pcap")).Flows {
		verdict := ""
		if f.Unanswered() {
			verdict += "unanswered "
		}
		if f.Refused() {
			verdict += "refused "
		}
		if f.Resent > 0 {
			verdict += "resent"
		}
		got[string(f.Proto)+" "+f.Client.String()+" "+f.Server.String()] = strings.TrimSpace(verdict)
	}
	want := map[string]string{
		"tcp 10.0.97.30:37472 169.254.169.254:80":   "",
		"tcp 10.0.97.30:38546 169.254.169.254:81":   "refused",
		"tcp 10.0.97.30:37840 169.254.169.254:8181": "unanswered resent",
		"tcp 10.0.97.30:37488 169.254.169.254:80":   "unanswered",
		"tcp 10.0.97.30:56588 10.0.66.7:443":        "unanswered",
		"tcp 10.0.97.30:38622 198.51.100.9:443":     "unanswered resent",
		"udp 10.0.97.30:50540 10.0.12.1:53":         "",
		"udp 10.0.97.30:49033 10.0.12.1:53":         "unanswered",
		"udp 10.0.97.30:60218 10.0.12.1:9999":       "unanswered",
		"tcp [fd00:97::30]:42864 [fd00:97::1]:443":  "refused",
		"tcp 10.0.97.30:44668 10.42.0.1:10250":      "unanswered",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A capture that began late tells client and server by their ports, and a new
// connection corrects it.
func TestSides(t *testing.T) {
	packets := records(t, "extra/pod.pcap")
	ack := packets[5] // the end of the server's answer
	c := parse(t, file(binary.LittleEndian, usecMagic, 1, 1, 0, []record{ack}))
	if f := c.Flows[0]; f.Server.Port() != 80 || f.Back.Packets != 1 || f.Unanswered() {
		t.Errorf("flow of an answer: %+v", f)
	}
	syn := slices.Clone(packets[2].data)
	copy(syn[26:34], packets[2].data[30:34])
	copy(syn[30:34], packets[2].data[26:30])
	syn[34], syn[35], syn[36], syn[37] = 0, 80, packets[2].data[34], packets[2].data[35]
	c = parse(t, file(binary.LittleEndian, usecMagic, 1, 1, 0, []record{packets[4], {data: syn}}))
	if f := c.Flows[0]; len(c.Flows) != 1 || f.Client.Port() != 80 || f.Out.SYN != 1 || f.Back.Packets != 1 {
		t.Errorf("flow of a SYN from port 80: %+v", c.Flows)
	}
}

// Pings and what is no flow.
func TestOthers(t *testing.T) {
	ip4 := func(proto byte, frag uint16, payload ...byte) []byte {
		head := []byte{0x45, 0, 0, byte(20 + len(payload)), 0, 1, byte(frag >> 8), byte(frag), 64, proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}
		return append(head, payload...)
	}
	ip6 := func(next byte, payload ...byte) []byte {
		head := make([]byte, 40)
		head[0], head[6], head[7], head[23], head[39] = 0x60, next, 64, 1, 2
		return append(head, payload...)
	}
	reply := ip4(1, 0, 0, 0, 0, 0, 0, 9, 0, 1)
	copy(reply[12:20], []byte{10, 0, 0, 2, 10, 0, 0, 1})
	c := parse(t, file(binary.LittleEndian, usecMagic, 101, 1, 0, []record{
		{data: ip4(1, 0, 8, 0, 0, 0, 0, 9, 0, 1)}, {data: reply}, // a ping and its reply
		{data: ip4(17, 0x2000, 0, 53, 0, 9, 0, 8, 0, 0)},                                                // the first of some fragments
		{data: ip4(17, 0x00b9, 1, 2, 3, 4, 5, 6, 7, 8)},                                                 // a later one
		{data: ip4(6, 0, 0, 80, 0, 81)},                                                                 // cut in TCP
		{data: ip4(50, 0, 1, 2, 3, 4, 5, 6, 7, 8)},                                                      // ESP
		{data: ip6(0, 17, 0, 5, 2, 0, 0, 1, 0, 0, 53, 0, 9, 0, 8, 0, 0)},                                // UDP behind options
		{data: ip6(44, 17, 0, 0, 8, 0, 0, 0, 1, 0, 53, 0, 9, 0, 8, 0, 0)},                               // a later fragment
		{data: ip6(58, append([]byte{2, 0, 0, 0, 0, 0, 5, 0}, ip6(6, 1, 187, 0, 9, 0, 0, 0, 1)...)...)}, // too big
		{data: ip4(1, 0, append([]byte{3, 13, 0, 0, 0, 0, 0, 0}, ip4(1, 0, 8, 0, 0, 0, 0, 9, 0, 2)...)...)},
		{data: []byte{0x45}}, {data: []byte{}}, {data: []byte("text")},
	}))
	var flows []string
	for _, f := range c.Flows {
		flows = append(flows, string(f.Proto)+" "+f.Client.String()+" "+f.Server.String())
	}
	if diff := cmp.Diff([]string{"ping 10.0.0.1:9 10.0.0.2:0", "udp 10.0.0.1:53 10.0.0.2:9", "udp [::1]:53 [::2]:9"}, flows); diff != "" {
		t.Error(diff)
	}
	if c.Flows[0].Back.Packets != 1 || c.Packets != 13 || c.Fragments != 2 || c.Short != 3 || c.Other != 2 {
		t.Errorf("replies %d, packets %d, fragments %d, short %d, other %d", c.Flows[0].Back.Packets, c.Packets, c.Fragments, c.Short, c.Other)
	}
	if len(c.Errors) != 2 || c.Errors[0].Kind != pcap.TooBig || c.Errors[0].MTU != 1280 || c.Errors[1].Code != 13 || c.Errors[1].Proto != pcap.Ping {
		t.Errorf("errors %+v", c.Errors)
	}
}

// What is kept is bounded, and the rest is counted.
func TestBounds(t *testing.T) {
	const many = 60_000
	syn := records(t, "extra/pod.pcap")[2]
	expired := records(t, "extra/pod.pcap")[14]
	var packets []record
	for i := range many {
		data := slices.Clone(syn.data)
		binary.BigEndian.PutUint16(data[34:], uint16(i))
		packets = append(packets, record{data: data})
		data = slices.Clone(expired.data)
		binary.BigEndian.PutUint16(data[62:], uint16(i))
		packets = append(packets, record{data: data})
	}
	c := parse(t, file(binary.LittleEndian, usecMagic, 1, 1, 0, packets))
	if len(c.Flows)+c.MoreFlows != many || c.MoreFlows == 0 || len(c.Errors)+c.MoreErrors != many || c.MoreErrors == 0 {
		t.Errorf("%d flows and %d more, %d errors and %d more of %d each", len(c.Flows), c.MoreFlows, len(c.Errors), c.MoreErrors, many)
	}
}

// A text that starts like a capture is none.
func TestIs(t *testing.T) {
	f := func(text string, want bool) {
		t.Helper()
		if got := pcap.Is([]byte(text)); got != want {
			t.Errorf("Is(%q) = %v, want %v", text, got, want)
		}
	}
	head := string(file(binary.LittleEndian, usecMagic, 1, 1, 0, nil))
	f(head, true)
	f(head[:23], false)
	f(strings.Replace(head, "\x02\x00", "\x05\x00", 1), false)
	f("\n\r\r\n some text, long enough", false)
	f("", false)
}

func BenchmarkParse(b *testing.B) {
	var packets []record
	data := make([]byte, 66)
	copy(data[12:], []byte{8, 0, 0x45, 0, 0, 52, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x80, 0, 1, 187, 0, 0, 0, 1, 0, 0, 0, 2, 0x80, 0x10})
	for i := range 10_000 {
		d := slices.Clone(data)
		d[35] = byte(i)
		packets = append(packets, record{sec: uint32(i), data: d})
	}
	text := file(binary.LittleEndian, usecMagic, 1, 1, 0, packets)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pcap.Parse("x", text); err != nil {
			b.Fatal(err)
		}
	}
}

func TestMutations(t *testing.T) {
	m := func(file, from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: file, Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, pcap.Format,
		m("extra/pod.pcap", "\x87\x80\x01\x6b\x25\xa2\x05\x00\x4a", "\x87\x80\x01\x6b\x26\xa2\x05\x00\x4a", "First: 2026-11-21T11:29:11.369189Z -> 2026-11-21T11:29:11.36919Z"), // a microsecond later
		m("extra/pod.pcap", "\x12\x82\x40\x00\x01\x06\xa8\x1f", "\x12\x82\x40\x00\x40\x06\xa8\x1f", "Flows[3].Out.TTL: 1 -> 64"),                                                // the TTL of a SYN
		m("extra/pod.pcap", "\x03\x03\xb4\x95", "\x03\x01\xb4\x95", "Errors[1].Code: 3 -> 1"),                                                                                   // the code of ICMP
		m("extra/pod.pcap", "\x50\x14\x00\x00\x87\xd3\x00\x00", "\x50\x10\x00\x00\x87\xd3\x00\x00", "Flows[1].Back.RST: 1 -> 0"),                                                // the flags of an answer
		m("extra/pod.pcap", "\xdd\x0c\x01\xbb\xc5\x8a\x31\x91", "\xdd\x0c\x01\xbc\xc5\x8a\x31\x91", "Flows[4].Server: 10.0.66.7:443 -> 10.0.66.7:444"),                          // the port of a SYN
		m("extra/pod.pcap", "\x0a\x00\x61\x01\x0a\x00\x61\x1e\x0b\x00", "\x0a\x00\x61\x02\x0a\x00\x61\x1e\x0b\x00", "Errors[0].From: 10.0.97.1 -> 10.0.97.2"),                   // the source of ICMP
		m("extra/any-old.pcap", "\x50\x14\x00\x00\x87\xd3\x00\x00", "\x50\x10\x00\x00\x87\xd3\x00\x00", "Flows[0].Back.RST: 2 -> 1"),                                            // the same, in the old cooked form
		m("extra/two.pcapng", "eni0", "eni1", "Interfaces[0].Name: eni0 -> eni1"),                                                                                               // an option of the interface
		m("extra/two.pcapng", "\xbc\xf9\x11\xb4\x00\x00\x00\x00\xa0\x02", "\xbc\xf9\x11\xb4\x00\x00\x00\x00\xa0\x03", "Flows[0].Out.FIN: 0 -> 1"),                               // the flags of a SYN
	)
}
