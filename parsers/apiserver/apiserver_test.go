package apiserver_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/parsers/apiserver"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, apiserver.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, apiserver.Format) }

func TestMutations(t *testing.T) {
	const file = "networking/curl_api_server.txt"
	parserstest.Mutate(t, apiserver.Format,
		parserstest.Mutation{File: file, Old: "< HTTP/2 200", New: "< HTTP/2 403", Want: []string{"Attempts[0].Status: 200 -> 403"}},
		parserstest.Mutation{File: file, Old: "[+]etcd ok", New: "[-]etcd failed: reason withheld", Want: []string{
			"Attempts[0].Checks[2].OK: true -> false", "Attempts[0].Checks[2].Text:  -> failed: reason withheld"}},
		parserstest.Mutation{File: file, Old: "curl: (28) SSL", New: "curl: (35) SSL", Want: []string{"Attempts[4].Error.Code: 28 -> 35"}},
		parserstest.Mutation{File: file, Old: "(1 of 5) 2026-11-21T11:27:01.977UTC", New: "(1 of 5) 2026-11-21T11:27:02.977UTC", Want: []string{"Attempts[0].Time: 2026-11-21T11:27:01.977Z -> 2026-11-21T11:27:02.977Z"}},
		parserstest.Mutation{File: file, Old: "< date: Sat, 21 Nov 2026 11:27:01 GMT", New: "< Date: Sat, 21 Nov 2026 11:37:01 GMT", Want: []string{"Attempts[0].Date.Time: 2026-11-21T11:27:01Z -> 2026-11-21T11:37:01Z"}},
		parserstest.Mutation{File: file, Old: "Trying 127.0.0.1:1...", New: "Trying 127.0.0.2:1...", Want: []string{"Attempts[3].Tried[0].Addr: 127.0.0.1 -> 127.0.0.2"}},
	)
}

func TestAnswered(t *testing.T) {
	f := func(text string, want bool) {
		t.Helper()
		r, err := apiserver.Parse("networking/get_api_server.txt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Attempts[0].Answered(); got != want {
			t.Errorf("Answered() of %q = %v, want %v", text, got, want)
		}
	}
	f("sending GET request to https://10.0.9.201/livez?verbose\n", false)
	f("sending GET request to https://10.0.9.201/livez?verbose\n[+]ping ok\n", true)
	f("curling https://10.0.9.201 (1 of 5) 2026-11-21T11:27:01.977UTC\n< HTTP/2 401 \n", true)
	f("curling https://10.0.9.201 (1 of 5) 2026-11-21T11:27:01.977UTC\n< HTTP/1.1 100 Continue\n", false)
}

// The ways in which versions of curl show addresses.
func TestAddresses(t *testing.T) {
	f := func(line, wantTried, wantConnected string, port uint16) {
		t.Helper()
		r, err := apiserver.Parse("networking/curl_api_server.txt", []byte("curling https://x (1 of 5) 2026-11-21T11:27:01.977UTC\n"+line+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		a := r.Attempts[0]
		var tried string
		if len(a.Tried) > 0 {
			tried = a.Tried[0].Addr.String()
			port -= a.Tried[0].Port
		}
		connected := ""
		if a.Connected.Line != 0 {
			connected = a.Connected.Addr.String()
			port -= a.Connected.Port
		}
		if tried != wantTried || connected != wantConnected || port != 0 {
			t.Errorf("%q: %+v, %+v", line, a.Tried, a.Connected)
		}
	}
	f("*   Trying 10.0.9.201...", "10.0.9.201", "", 0)
	f("*   Trying 10.0.9.201:443...", "10.0.9.201", "", 443)
	f("*   Trying [2600:1f13::1]:443...", "2600:1f13::1", "", 443)
	f("*   Trying 2600:1f13::1...", "2600:1f13::1", "", 0)
	f("* Connected to x (10.0.9.201) port 443 (#0)", "", "10.0.9.201", 443)
	f("* Connected to x (10.0.9.201) port 443", "", "10.0.9.201", 443)
	f("* Connected to x (2600:1f13::1) port 443 (#1)", "", "2600:1f13::1", 443)
	f("* Established connection to x (10.0.9.201 port 443) from 10.0.12.34 port 39012 ", "", "10.0.9.201", 443)
}

// The meter returns to the start of the line, which no txtar can hold. Its line
// counts once.
func TestMeter(t *testing.T) {
	const text = "curling https://10.0.0.9 (1 of 5) 2026-11-21T11:26:35.961UTC\n\n\n" +
		"  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n" +
		"                                 Dload  Upload   Total   Spent    Left  Speed\n" +
		"\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0*   Trying 10.0.0.9:443...\n" +
		"\r  0     0    0     0    0     0      0      0 --:--:--  0:00:01 --:--:--     0\r  0     0    0     0    0     0      0      0 --:--:--  0:00:02 --:--:--     0* ipv4 connect timeout after 3000ms, move on!\n" +
		"\r100   109  100   109    0     0  17071      0 --:--:-- --:--:-- --:--:-- 18166\n" +
		"curl: (28) Failed to connect to 10.0.0.9 port 443 after 3001 ms: Timeout was reached\n"
	got, err := apiserver.Parse("networking/curl_api_server.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := &apiserver.Requests{Attempts: []apiserver.Attempt{{
		Line: 1, Number: 1, Of: 5, Time: time.Date(2026, 11, 21, 11, 26, 35, 961e6, time.UTC), URL: "https://10.0.0.9",
		Tried:    []apiserver.Peer{{Line: 6, Addr: netip.MustParseAddr("10.0.0.9"), Port: 443}},
		Problems: []apiserver.Note{{Line: 7, Text: "ipv4 connect timeout after 3000ms, move on!"}},
		Error:    &apiserver.Error{Line: 9, Code: 28, Text: "Failed to connect to 10.0.0.9 port 443 after 3001 ms: Timeout was reached"},
	}}}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}
