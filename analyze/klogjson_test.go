package analyze

import (
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/all"
)

func TestKlogText(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		if got := string(klogText(nil, []byte(line))); got != want {
			t.Errorf("klogText(%s) =\n%s, want\n%s", line, got, want)
		}
	}
	const head = `{"ts":1763686800000.1,"caller":"prober/prober.go:107",`
	const info, failed = "I1121 01:00:00.000100       0 prober.go:107] ", "E1121 01:00:00.000100       0 prober.go:107] "
	f(head+`"msg":"Probe failed","v":1,"probeType":"Liveness","pod":{"name":"web-1","namespace":"default"},"ok":true,"n":5,"output":"x"}`,
		info+`"Probe failed" probeType="Liveness" pod="default/web-1" ok=true n=5 output="x"`)
	f(head+`"msg":"Unable to register","node":{"name":"ip-10-0-1-23"},"err":"Post \"https://x\": EOF"}`,
		failed+`"Unable to register" err="Post \"https://x\": EOF" node="ip-10-0-1-23"`)
	f(head+`"msg":"SyncLoop ADD","v":2,"source":"api","pods":[{"name":"a","namespace":"x"},{"name":"b","namespace":"y"}]}`,
		info+`"SyncLoop ADD" source="api" pods=["x/a","y/b"]`)
	f(head+`"msg":"m","v":0,"none":[],"condition":{"type":"Ready","status":"False"},"list":[1,[2,{}]],"nil":null}`,
		info+`"m" none=[] condition={"type":"Ready","status":"False"} list=[1,[2,{}]] nil=null`)
	f(head+`"msg":"Failed to list \"x\\y\"\n","v":0}`, info+`Failed to list "x\y"`)
	f(`{"ts":1763686800000.1,"logger":"eviction","caller":"a.go:1","msg":"m","v":0,"err":"a","err":"b","msg":"n"}`, `I1121 01:00:00.000100       0 a.go:1] "m" err="a" err="b" msg="n"`)
	f("Nov 21 01:00:00 ip-10-0-1-23 kubelet[3801]: "+head+`"msg":"m","v":0}`+"\r", "Nov 21 01:00:00 ip-10-0-1-23 kubelet[3801]: "+info+`"m"`)
	f(`{"ts":1,"msg":"m"}`, `E0101 00:00:00.001000       0 ] "m"`)
	for _, line := range []string{
		"", "{", `{"ts":1`, `{"ts":1}`, `{"ts":1,"msg":"m"`, `{"ts":1,"msg":"m"} and more`, `{"ts":1,"msg":"m}`, `{"ts":1,"msg":,}`, `{"ts":1,"msg"}`,
		`{"ts":"2026-11-21T01:12:20.212Z","msg":"m"}`, `{"level":"info","ts":1763686800.1,"msg":"m"}`, `x={} {"ts":1,"msg":"m"}`, `{"ts":1,"msg":"m"},`,
	} {
		f(line, "")
	}
}

func FuzzKlogText(f *testing.F) {
	f.Add([]byte(`a {"ts":1763686800000.1,"caller":"a/b.go:1","msg":"m\n","v":0,"err":"a","pods":[{"name":"a","namespace":"x"}],"o":{"name":"a"}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if text := klogText(nil, line); len(text) > 2*len(line)+100 {
			t.Errorf("%d bytes became %d", len(line), len(text))
		}
	})
}

// TestBlock_klog_json finds in JSON what the rules for klog's text find, and
// reads the time of the line itself.
func TestBlock_klog_json(t *testing.T) {
	rules, err := Rules()
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	const journal = "Nov 21 01:00:00 ip-10-0-1-23.ec2.internal kubelet[3801]: "
	const cri = "2026-11-21T01:00:00.123456789Z stderr F "
	proxy := "var_log/kube-proxy-7xk2m_kube-system_kube-proxy-" + strings.Repeat("0b", 32) + ".log"
	f := func(place, line, rule, pod string) {
		t.Helper()
		text := []byte(strings.Repeat("another line\n", 3) + line + "\n")
		for _, brute := range []bool{false, true} {
			s := e.NewScan()
			s.BruteForce = brute
			b := &index.Block{File: &index.File{Path: place}, Format: parsers.Detect(all.Formats(), place, text), Line: 1}
			found, _ := s.Block(b, text).(looked)
			got := ""
			for _, h := range found.hits {
				r := e.rules[h.rule]
				if got += " " + r.ID; r.ID != rule {
					continue
				}
				if h.line != 4 || h.stamp.Kind == parsers.NoStamp {
					t.Errorf("%s: line %d, stamp %v", rule, h.line, h.stamp)
				}
				if at := combined(r.names, h.entities, []string{"pod"}); at != pod {
					t.Errorf("%s: pod %q, want %q", rule, at, pod)
				}
			}
			if !strings.Contains(got+" ", " "+rule+" ") {
				t.Errorf("brute force %v: %s: found%s, want %s", brute, line, got, rule)
			}
		}
	}
	kubelet := func(text, rule, pod string) { t.Helper(); f("kubelet/kubelet.log", journal+text, rule, pod) }
	kubelet(`{"ts":1763686800000.1,"caller":"kubelet/kubelet.go:2412","msg":"Skipping pod synchronization","err":"PLEG is not healthy: pleg was last seen active 3m5.2s ago; threshold is 3m0s"}`, "kubelet.pleg.unhealthy", "")
	kubelet(`{"ts":1763686800000.1,"caller":"kubelet/log.go:32","msg":"ListPodSandbox with filter from runtime service failed","filter":"nil","err":"rpc error: code = DeadlineExceeded desc = context deadline exceeded"}`, "kubelet.cri.deadline_exceeded", "")
	kubelet(`{"ts":1763686800000.1,"caller":"kubelet/kubelet_node_status.go:96","msg":"Unable to register node with API server","node":"x","err":"Unauthorized"}`, "kubelet.auth.unauthorized", "")
	kubelet(`{"ts":1763686800000.1,"caller":"eviction/eviction_manager.go:376","msg":"Eviction manager: attempting to reclaim","v":0,"resourceName":"ephemeral-storage"}`, "kubelet.eviction.reclaim", "")
	kubelet(`{"ts":1763686800000.1,"caller":"kubelet/setters.go:600","msg":"Node became not ready","v":2,"node":"x","condition":{"type":"Ready","status":"False","reason":"KubeletNotReady","message":"PLEG is not healthy: pleg was last seen active 3m5s ago"}}`, "kubelet.node.not_ready", "")
	kubelet(`{"ts":1763686800000.1,"caller":"prober/prober.go:107","msg":"Probe failed","v":1,"probeType":"Liveness","pod":{"name":"web-1","namespace":"default"},"podUID":"1","containerName":"web","probeResult":"failure","output":"x"}`, "kubelet.probe.failures", "default/web-1")
	kubelet(`{"ts":1763686800000.1,"caller":"remote/log.go:32","msg":"RunPodSandbox from runtime service failed","err":"rpc error: code = DeadlineExceeded desc = context deadline exceeded"}`, "containerd.sandbox.create_timeout", "")
	f(proxy, cri+`{"ts":1763686800000.1,"caller":"cache/reflector.go:147","msg":"Failed to watch","err":"failed to list *v1.Service: Get \"https://ABC/api/v1/services\": dial tcp 10.0.3.4:443: i/o timeout"}`, "kubeproxy.list_watch_failed", "")
	f(proxy, cri+`{"ts":1763686800000.1,"caller":"iptables/proxier.go:1572","msg":"Failed to execute iptables-restore","err":"exit status 1"}`, "kubeproxy.iptables_restore_failed", "")
}
