package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/analyze/ledger"
)

func share(n float64) *float64 { return &n }

// books are entries of each kind: near its end, fine, without limit, and not
// known for several reasons.
func books() []ledger.Entry {
	sysctl := func(n uint64, line int) *ledger.Amount {
		return &ledger.Amount{Value: n, File: "sysctls/sysctl_all.txt", Line: line}
	}
	return []ledger.Entry{
		{
			Name: "conntrack", Group: ledger.Network, Title: "tracked connections", Unit: "connections", Tight: true,
			Used: sysctl(126000, 1995), Allowed: sysctl(131072, 2015), Share: share(96.1),
			Reached: &ledger.Trip{Share: 95, What: "the kernel ends connections early that are about to close"},
			Next:    &ledger.Trip{Share: 100, What: "packets of new connections are dropped"},
		},
		{
			Name: "disk", Group: ledger.Storage, Title: "disk", Of: "/var/lib/containerd", Unit: "bytes",
			Used:    &ledger.Amount{Value: 1503238553, File: "storage/mounts.txt", Line: 63},
			Allowed: &ledger.Amount{Value: 24 << 30, File: "storage/mounts.txt", Line: 63}, Share: share(6),
		},
		{
			Name: "pool", Group: ledger.Network, Title: "addresses for pods, at hand", Of: "card 0", Unit: "addresses",
			Used:    &ledger.Amount{Value: 1, File: "ipamd/enis.json", Line: 1},
			Allowed: &ledger.Amount{Value: 281474976710656, File: "ipamd/enis.json", Line: 1, Note: "1 prefixes"}, Share: share(1e-9),
		},
		{
			Name: "threads", Group: ledger.Processes, Title: "threads", Unit: "threads", Tight: true, Share: share(88.9),
			Used: &ledger.Amount{Value: 8, File: "system/ps.txt", Line: 2, Note: "at least"}, Allowed: sysctl(9, 2),
			Unknown: "system/ps-threads.txt is cut: too large",
			Next:    &ledger.Trip{Share: 100, What: "no program can start a process or a thread: resource temporarily unavailable"},
		},
		{
			Name: "files", Group: ledger.Processes, Title: "open files", Unit: "files", Share: share(1e-14),
			Used: sysctl(928, 25), Allowed: sysctl(1<<63-1, 25),
		},
		{
			Name: "inotify_watches", Group: ledger.Processes, Title: "inotify watches of one user", Unit: "watches",
			Allowed: sysctl(23097, 30), Unknown: "no collector writes how many are in use",
		},
		{
			Name: "ena_conntrack", Group: ledger.Network, Title: "EC2: connections tracked for security groups", Unit: "connections",
			Left:    &ledger.Amount{Value: 615471, File: "networking/ethtool.txt", Line: 16},
			Over:    &ledger.Amount{Value: 0, File: "networking/ethtool.txt", Line: 14, Note: "packets over it since the boot"},
			Unknown: "the driver does not tell how much is in use",
		},
		{
			Name: "addresses", Group: ledger.Network, Title: "addresses for pods, with all interfaces", Unit: "addresses",
			Unknown: "ipamd does not tell: no ipamd/metrics.json in the bundle",
		},
	}
}

func TestLimits(t *testing.T) {
	var got bytes.Buffer
	if err := Limits(&got, books(), Options{Width: 80}); err != nil {
		t.Fatal(err)
	}
	golden(t, "limits.txt", got.String())
}

// The report tells only what deserves a look; with All, all.
func TestTerminalLimits(t *testing.T) {
	r := healthy()
	r.Limits = books()
	short, all := text(t, r, Options{}), text(t, r, Options{All: true})
	f := func(what string, inShort bool) {
		t.Helper()
		if got := strings.Contains(short, what); got != inShort {
			t.Errorf("the report has %q: %v, want %v", what, got, inShort)
		}
		if !strings.Contains(all, what) {
			t.Errorf("the whole report lacks %q", what)
		}
	}
	f("tracked connections", true)
	f("next, at 100 %: packets of new connections are dropped", true)
	f("open files", false)
	f("inotify", false)
	r.Limits = r.Limits[1:3]
	if got := text(t, r, Options{}); strings.Contains(got, "LIMITS") {
		t.Errorf("a node with room has a part about limits:\n%s", got)
	}
}

func TestLimitsHostile(t *testing.T) {
	all := books()
	for i := range all {
		all[i].Of = "/mnt/\x1b[2J\u202e"
		all[i].Unknown = "\x1b]0;x\x07"
		all[i].Used = &ledger.Amount{Value: 1<<64 - 1, File: "a\x1b[31m", Line: 1, Note: "\x9b2J"}
	}
	var got bytes.Buffer
	if err := Limits(&got, all, Options{Width: 80}); err != nil {
		t.Fatal(err)
	}
	harmless(t, "limits", got.String())
}
