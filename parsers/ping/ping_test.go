package ping_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/ping"
)

func Test(t *testing.T)       { parserstest.Run(t, ping.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, ping.Format) }

func TestMutations(t *testing.T) {
	const amazon, ecr = "networking/ping_amazon.com.txt", "networking/ping_public.ecr.aws.txt"
	parserstest.Mutate(t, ping.Format,
		parserstest.Mutation{File: amazon, Old: "0% packet loss", New: "20% packet loss", Want: []string{"Loss: 0 -> 20"}},
		parserstest.Mutation{File: amazon, Old: "(10.0.0.9) 56(84)", New: "(10.0.0.8) 56(84)", Want: []string{"Addr: 10.0.0.9 -> 10.0.0.8"}},
		parserstest.Mutation{File: amazon, Old: "0.475/5.607", New: "0.475/5.608", Want: []string{"RTT.Avg: 5607000 -> 5608000"}},
		parserstest.Mutation{File: ecr, Old: "0 received, +3", New: "1 received, +3", Want: []string{"Received: 0 -> 1"}},
		parserstest.Mutation{File: ecr, Old: "+3 errors", New: "+2 errors", Want: []string{"Failed: 3 -> 2"}},
		parserstest.Mutation{File: ecr, Old: "pipe 3", New: "pipe 4", Want: []string{"Pipe: 3 -> 4"}},
		parserstest.Mutation{File: amazon, Old: ", pipe 2, ipg", New: ", pipe 3, ipg", Want: []string{"Pipe: 2 -> 3"}},
		parserstest.Mutation{File: amazon, Old: "+1 corrupted", New: "+2 corrupted", Want: []string{"Corrupted: 1 -> 2"}},
		parserstest.Mutation{File: ecr, Old: "Destination Host Unreachable", New: "Packet filtered", Want: []string{
			"Errors[0].Kind: unreachable -> filtered",
			"Errors[0].Text: From 10.0.12.34 icmp_seq=1 Destination Host Unreachable -> From 10.0.12.34 icmp_seq=1 Packet filtered"}},
	)
}

func TestErrorKinds(t *testing.T) {
	f := func(line string, want ping.ErrorKind) {
		t.Helper()
		r, err := ping.Parse("networking/ping_amazon.com.txt", []byte(line+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Errors[0].Kind; got != want {
			t.Errorf("%q is %s, want %s", line, got, want)
		}
	}
	f("ping: amazon.com: Name or service not known", ping.NotResolved)
	f("ping: no.such.host.invalid: Temporary failure in name resolution", ping.NotResolved)
	f("ping: unknown host amazon.com", ping.NotResolved)
	f("ping: connect: Network is unreachable", ping.Unreachable)
	f("ping: connect: No route to host", ping.Unreachable)
	f("ping: sendmsg: Operation not permitted", ping.Denied)
	f("From 10.0.0.1 icmp_seq=1 Time to live exceeded", ping.TTL)
	f("From 10.0.0.1 icmp_seq=1 Destination Host Prohibited: Communication prohibited", ping.Filtered)
	f("ping: sendmsg: No buffer space available", ping.Other)
}
