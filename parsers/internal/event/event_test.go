package event_test

import (
	"strings"
	"testing"
	"time"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/event"
)

func TestLevel(t *testing.T) {
	f := func(in string, want parsers.Level) {
		t.Helper()
		if got := event.Read([]byte(in)).Level; got != want {
			t.Errorf("Read(%q).Level = %q, want %q", in, got, want)
		}
	}
	f("", parsers.NoLevel)
	f(`I1121 00:00:35.286841     431 flags.go:64] FLAG: --address="0.0.0.0"`, parsers.Info)
	f(`W1121 00:00:36.374969     431 probe.go:272] Flexvolume`, parsers.Warn)
	f(`F0818 10:12:13.123456    3011 server.go:206] failed`, parsers.Fatal)
	f(`E1121 00:00:35`, parsers.NoLevel)
	f(`Error: unknown flag`, parsers.NoLevel)
	f(`time="2026-11-21T00:00:32.727375850Z" level=info msg="starting containerd"`, parsers.Info)
	f(`time="2022-06-10T09:19:13Z" level=warning msg="x"`, parsers.Warn)
	f(`ts=2022-06-10T09:19:13Z caller=main.go:5 level=error msg="x"`, parsers.Error)
	f(`level=fatal msg="x"`, parsers.Fatal)
	f(`time=soon level="debug" msg="x"`, parsers.Debug)
	f(`msg="level=error"`, parsers.NoLevel)
	f(`time="`, parsers.NoLevel)
	f(`[ERROR] plugin/errors: 2 mydb.example.com. AAAA: dial tcp 10.28.0.2:53: i/o timeout`, parsers.Error)
	f(`[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API`, parsers.Warn)
	f(`[ERROR`, parsers.NoLevel)
	f(`2018/12/12 13:33:22 [FATAL] plugin/loop: Seen "HINFO IN"`, parsers.Fatal)
	f(`2025/01/05 18:28:55 INF Node successfully cordoned and drained`, parsers.Info)
	f(`2020-10-10 05:40:27,904 - WARNING - Could not start amazon-efs-mount-watchdog`, parsers.Warn)
	f(`2024-10-21 11:29:03,539 - __init__.py[WARNING]: Unhandled unknown content-type`, parsers.Warn)
	f(`SDK 2025/09/17 10:05:58 DEBUG attempting waiter request, attempt count: 1`, parsers.Debug)
	f("info\tinit/init.go:55\tChecking user is root..", parsers.Info)
	f(`warn#011config/cache.go:41#011failed to load cached config#011{"error": "x"}`, parsers.Warn)
	f(`info#011`, parsers.NoLevel)
	f(`info#01`, parsers.NoLevel)
	f(`warn configprovider/chain.go:30 Encountered error in config provider`, parsers.Warn)
	f(`error while loading shared libraries: libfoo.so`, parsers.NoLevel)
	f(`panic: runtime error: invalid memory address`, parsers.NoLevel)
}

func TestJSON(t *testing.T) {
	f := func(in, wantTime string, want parsers.Level) {
		t.Helper()
		h := event.JSON([]byte(in))
		got := ""
		if h.Stamp.Kind != parsers.NoStamp {
			got = time.Unix(0, h.Stamp.Nano).UTC().Format(time.RFC3339Nano)
		}
		if got != wantTime || h.Level != want {
			t.Errorf("JSON(%q) = %q, %q, want %q, %q", in, got, h.Level, wantTime, want)
		}
	}
	f(`{"level":"info","ts":"2026-11-21T00:19:47.781Z","caller":"x.go:1","msg":"m"}`, "2026-11-21T00:19:47.781Z", parsers.Info)
	f(`{"level":"info","ts":1758103558.3896208,"caller":"init/init.go:157","msg":"m"}`, "2025-09-17T10:05:58.3896208Z", parsers.Info)
	f(`{"level":"error","timestamp":"2023-11-07T14:09:31.711Z","msg":"m"}`, "2023-11-07T14:09:31.711Z", parsers.Error)
	f(`{"bind-addr":"localhost:2703","level":"warning","msg":"m","time":"2024-10-07T12:13:53Z"}`, "2024-10-07T12:13:53Z", parsers.Warn)
	f(`{ "level" : "info" , "ts" : "2026-11-21T00:19:47Z" }`, "2026-11-21T00:19:47Z", parsers.Info)

	// klog: a line of level error has no verbosity.
	f(`{"ts":1727300113642.7864,"caller":"a.go:1","msg":"m","v":0}`, "2024-09-25T21:35:13.6427864Z", parsers.Info)
	f(`{"ts":1727300113642.7864,"caller":"a.go:1","msg":"m","err":"e"}`, "2024-09-25T21:35:13.6427864Z", parsers.Error)

	// Only keys of the first object and of its top level count.
	f(`{"msg":"{\"level\":\"error\"}","x":{"level":"fatal","y":["}",{"ts":"z"}]},"level":"debug"}`, "", parsers.Debug)
	f(`{"level":"info"}{"ts":"2026-11-21T00:19:47Z"}`, "", parsers.Info)

	// Two writers of one file: the line is as bad as the worst of its objects.
	f(`{"level":"info","ts":"2026-11-21T00:19:47.781Z","caller":"a.go:1","msg":"m"}{"level":"error","ts":"2026-11-21T00:19:48.001Z","caller":"b.go:2","msg":"n"}`, "2026-11-21T00:19:47.781Z", parsers.Error)
	f(`{"level":"error","ts":"2026-11-21T00:19:47Z","msg":"m"}{"level":"info","ts":"2026-11-21T00:19:48Z","msg":"n"}`, "2026-11-21T00:19:47Z", parsers.Error)
	f(`{"level":"info","ts":"2026-11-21T00:19:47Z","msg":"{}{"}`, "2026-11-21T00:19:47Z", parsers.Info)
	f(`{"level":"info","ts":"2026-11-21T00:19:47Z","msg":"}{\"level\":\"error\"}"}`, "2026-11-21T00:19:47Z", parsers.Info)
	f(`{"level":"info","ts":"2026-11-21T00:19:47Z","msg":"}{","level":"error"}`, "2026-11-21T00:19:47Z", parsers.Info)
	f(`{"level":"info"}`+strings.Repeat(`}{"a":[`, 100_000), "", parsers.Info)
	f(`{"level":"info","level":"error"}`, "", parsers.Info)
	f(`{"a":"\\","level":"info"}`, "", parsers.Info)
	f(`{"a":"\\\"","level":"info"}`, "", parsers.Info)

	// Cut or no JSON at all.
	f(`{"level":"info","ts":"2026-11-21T00:19:47.781Z`, "2026-11-21T00:19:47.781Z", parsers.Info)
	f(`{"level":"inf`, "", parsers.NoLevel)
	f(`{"level"`, "", parsers.NoLevel)
	f(`{level:"info"}`, "", parsers.NoLevel)
	f(`{"a":,"level":"info"}`, "", parsers.Info)
	f(`{`, "", parsers.NoLevel)
	f(`{"x":`+strings.Repeat("[", 100_000), "", parsers.NoLevel)
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"x":{"level":"fatal","y":["}",{"ts":"z"}]},"level":"debug","ts":1727300113642.7864}`))
	f.Add([]byte(`time="2026-11-21T00:00:32.727375850Z" level=info msg="starting containerd"`))
	f.Add([]byte(`2024-10-21 11:29:03,539 - __init__.py[WARNING]: Unhandled unknown content-type`))
	f.Add([]byte(`[eks-bootstrap] INFO: starting...`))
	f.Fuzz(func(t *testing.T, b []byte) {
		event.Read(b)
		event.JSON(b)
		event.Logfmt(b)
		event.Klog(b)
		event.Tagged(b)
	})
}
