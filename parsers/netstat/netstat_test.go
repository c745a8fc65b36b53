package netstat_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/eksleuth/eksleuth/parsers/netstat"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, netstat.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, netstat.Format) }

func TestMutations(t *testing.T) {
	const file = "system/netstat.txt"
	parserstest.Mutate(t, netstat.Format,
		parserstest.Mutation{File: file, Old: "0 0.0.0.0:22 ", New: "0 0.0.0.0:23 ", Want: []string{"Sockets[0].Local.Port: 22 -> 23", "Sockets[0].Local.Text: 0.0.0.0:22 -> 0.0.0.0:23"}},
		parserstest.Mutation{File: file, Old: "tcp        1      0 127.0.0.1:8080", New: "tcp        9      0 127.0.0.1:8080", Want: []string{"Sockets[7].RecvQ: 1 -> 9"}},
		parserstest.Mutation{File: file, Old: "CLOSE_WAIT  30037/python3", New: "CLOSE_WAIT  30037/python4", Want: []string{"Programs[5].Program: python3 -> python4", "Sockets[7].Program: python3 -> python4"}},
	)
}

func TestBounds(t *testing.T) {
	const rows = 60_000
	var b bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&b, "tcp        0      1 10.0.7.118:%d        10.%d.%d.1:443          SYN_SENT    %d/curl\n", i%60000, i/256%256, i%256, i)
	}
	s, err := netstat.Parse("system/netstat.txt", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if s.Total != rows || s.Count("SYN_SENT") != rows || !s.Cut {
		t.Errorf("Total = %d, Count = %d, Cut = %v", s.Total, s.Count("SYN_SENT"), s.Cut)
	}
	if len(s.Sockets) != 2000 || len(s.Programs) != 20_000 || len(s.Peers) != 20_000 {
		t.Errorf("%d sockets, %d programs, %d peers", len(s.Sockets), len(s.Programs), len(s.Peers))
	}
}

func TestListens(t *testing.T) {
	s, err := netstat.Parse("system/netstat.txt", []byte("tcp6       0      0 :::10250                :::*                    LISTEN      464/kubelet         \n"))
	if err != nil {
		t.Fatal(err)
	}
	if k, ok := s.Listens(10250); !ok || k.Program != "kubelet" || k.PID != 464 {
		t.Errorf("Listens(10250) = %+v, %v", k, ok)
	}
	if _, ok := s.Listens(10248); ok {
		t.Error("Listens(10248) = true")
	}
}

func BenchmarkParse(b *testing.B) {
	row := []byte("tcp        0      0 10.0.7.118:35022        169.254.169.254:80      ESTABLISHED 1625/./aws-k8s-agen \n")
	text := bytes.Repeat(row, 10_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := netstat.Parse("system/netstat.txt", text); err != nil {
			b.Fatal(err)
		}
	}
}
