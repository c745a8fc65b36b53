package conntrack

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// parseFlow reads a line of conntrack -L, or of /proc/net/nf_conntrack, which
// has the family before it. The first src and dst are those of the first
// packet; the second ones say how the answer is expected to look.
//
//	tcp      6 431996 ESTABLISHED src=127.0.0.1 dst=127.0.0.1 sport=45144 dport=8082 src=127.0.0.1 dst=127.0.0.1 sport=8082 dport=45144 [ASSURED] mark=0 use=1
//	icmp     1 28 src=10.0.12.34 dst=10.0.0.77 type=8 code=0 id=30081 [UNREPLIED] src=10.0.0.77 dst=10.0.12.34 type=0 code=0 id=30081 mark=0 use=1
//	unknown  2 597 src=172.17.0.1 dst=224.0.0.22 [UNREPLIED] src=224.0.0.22 dst=172.17.0.1 mark=0 use=1
func parseFlow(s string) (Flow, bool) {
	f := Flow{Timeout: -1}
	w := rows.Words{Rest: s}
	if f.Proto = w.Next(); f.Proto == "ipv4" || f.Proto == "ipv6" {
		w.Next()
		f.Proto = w.Next()
	}
	n, err := strconv.ParseUint(w.Next(), 10, 8)
	if err != nil || f.Proto == "" || f.Proto[0] < 'a' || f.Proto[0] > 'z' {
		return Flow{}, false
	}
	f.Number = int(n)
	side := &f.Orig
	for word := w.Next(); word != ""; word = w.Next() {
		if strings.HasPrefix(word, "src=") && f.Orig.Src.IsValid() {
			side = &f.Reply
		}
		f.word(word, side)
	}
	return f, f.Orig.Src.IsValid() && f.Orig.Dst.IsValid()
}

// word reads one word of a flow.
func (f *Flow) word(word string, side *Tuple) {
	key, value, ok := strings.Cut(word, "=")
	if !ok {
		f.plain(word)
		return
	}
	switch key {
	case "src":
		side.Src, _ = netip.ParseAddr(value)
	case "dst":
		side.Dst, _ = netip.ParseAddr(value)
	case "sport":
		side.SrcPort = port(value)
	case "dport":
		side.DstPort = port(value)
	case "packets":
		side.Packets = number(value)
	case "bytes":
		side.Bytes = number(value)
	case "mark":
		f.Mark = number(value)
	case "zone":
		f.Zone = int(min(number(value), 1<<16-1))
	case "use":
		f.Use = int(min(number(value), 1<<31-1))
	case "type", "code", "id":
	default:
		f.rest(word)
	}
}

// plain reads a word without a value: the timeout, the state or a flag.
func (f *Flow) plain(word string) {
	switch {
	case word == "[UNREPLIED]":
		f.Unreplied = true
	case word == "[ASSURED]":
		f.Assured = true
	case word[0] == '[' || f.Orig.Src.IsValid():
		f.rest(word)
	case word[0] >= '0' && word[0] <= '9':
		f.Timeout = int64(min(number(word), 1<<62))
	default:
		f.State = word
	}
}

// maxRest is how many bytes of unknown words are kept.
const maxRest = 300

func (f *Flow) rest(word string) {
	if len(f.Rest)+len(word) > maxRest {
		return
	}
	f.Rest = strings.TrimPrefix(f.Rest+" "+word, " ")
}

func port(s string) uint16 {
	n, _ := strconv.ParseUint(s, 10, 16)
	return uint16(n)
}

func number(s string) uint64 {
	n, _ := strconv.ParseUint(s, 10, 64)
	return n
}
