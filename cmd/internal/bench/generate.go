package main

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

// A part is one generated log: its share of the bundle and what its lines are.
type part struct {
	path  string
	share float64
	line  func(g *generator) string
}

// parts are in the proportions of a busy node: most of it is the journal of
// kubelet, messages, ipamd and the logs of the system pods.
var parts = []part{
	{"kubelet/kubelet.log", 0.28, (*generator).kubelet},
	{"var_log/messages", 0.22, (*generator).messages},
	{"containerd/containerd-log.txt", 0.16, (*generator).containerd},
	{"var_log/aws-routed-eni/ipamd.log", 0.16, (*generator).ipamd},
	{"var_log/aws-routed-eni/plugin.log", 0.05, (*generator).plugin},
	{"var_log/kube-proxy-7xk2m_kube-system_kube-proxy-8f897eba1f5b6bd10a24d85e9acfee16dc58c7c1ef997d93d8f8eeaaae99463d.log", 0.07, (*generator).kubeProxy},
	{"var_log/coredns-5d78c9869d-k2p8v_kube-system_coredns-1ab1e9a0ca3cce89bbd767e20912741b5806ea1a900123d76d31374643015471.log", 0.05, (*generator).coredns},
	{"kernel/dmesg.current", 0.01, (*generator).dmesg},
}

// A generator writes the same bytes for the same seed.
type generator struct {
	rnd  *rand.Rand
	now  time.Time
	sick float64 // share of lines that tell of a problem
	boot time.Time
}

// generate writes a bundle of about size bytes of text as tar.gz, compressed as
// tar czf does, and returns how much text it holds.
func generate(file string, size int64, sick float64) (int64, error) {
	f, err := os.Create(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	zw := gzip.NewWriter(w)
	tw := tar.NewWriter(zw)
	var total int64
	for i, p := range parts {
		n, err := add(tw, p, uint64(i), int64(float64(size)*p.share), sick)
		if err != nil {
			return 0, err
		}
		total += n
	}
	if err := tw.Close(); err != nil {
		return 0, err
	}
	if err := zw.Close(); err != nil {
		return 0, err
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	return total, f.Close()
}

// add writes one file of the bundle.
func add(tw *tar.Writer, p part, seed uint64, size int64, sick float64) (int64, error) {
	g := &generator{rnd: rand.New(rand.NewPCG(2026, seed)), sick: sick}
	g.boot = time.Date(2026, 11, 12, 3, 0, 0, 0, time.UTC)
	g.now = g.boot
	var text strings.Builder
	rare := ""
	for int64(text.Len()) < size {
		g.now = g.now.Add(time.Duration(g.rnd.IntN(1500)) * time.Millisecond)
		text.WriteString(p.line(g))
		text.WriteByte('\n')
		if p.path == rareIn && rare == "" && int64(text.Len()) > size/2 {
			rare = g.journal("systemd", 1) + "Reached target " + rareWord + ".target.\n"
			text.WriteString(rare)
		}
	}
	h := &tar.Header{Name: "./" + p.path, Mode: 0o644, Size: int64(text.Len()), ModTime: g.boot}
	if err := tw.WriteHeader(h); err != nil {
		return 0, err
	}
	_, err := io.WriteString(tw, text.String())
	return int64(text.Len()), err
}

// A bundle has the rare word once, in the middle of this file.
const (
	rareWord = "zebrafinch"
	rareIn   = "var_log/messages"
)

const host = "ip-10-0-12-34.us-west-2.compute.internal"

// journal is the prefix of a journal line.
func (g *generator) journal(ident string, pid int) string {
	return fmt.Sprintf("%s %s %s[%d]: ", g.now.Format("Jan _2 15:04:05"), host, ident, pid)
}

func (g *generator) klog(level byte, pid int) string {
	return fmt.Sprintf("%c%s %7d ", level, g.now.Format("0102 15:04:05.000000"), pid)
}

func (g *generator) zap(level, caller string) string {
	return fmt.Sprintf(`{"level":%q,"ts":%q,"caller":%q,"msg":`, level, g.now.Format("2006-01-02T15:04:05.000Z"), caller)
}

func (g *generator) cri() string {
	return g.now.Format("2006-01-02T15:04:05.000000000Z") + " stderr F "
}

func (g *generator) logfmt(level string) string {
	return fmt.Sprintf(`time=%q level=%s `, g.now.Format("2006-01-02T15:04:05.000000000Z"), level)
}

// isSick draws whether a line tells of a problem.
func (g *generator) isSick() bool { return g.rnd.Float64() < g.sick }

func (g *generator) pick(s ...string) string { return s[g.rnd.IntN(len(s))] }

// id is one of the container IDs of the last hours: a line that names a
// container is rarely the only one.
func (g *generator) id() string {
	return fakeHex(uint64(g.now.Sub(g.boot)/time.Hour)<<8|g.rnd.Uint64N(64), 64)
}

// uid is that of a pod, the same whenever the pod is named.
func (g *generator) uid(pod string) string {
	var n uint64
	for _, c := range []byte(pod) {
		n = n*131 + uint64(c)
	}
	h := fakeHex(n, 32)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// fakeHex is n hex digits that depend on seed alone.
func fakeHex(seed uint64, n int) string {
	rnd := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "%016x", rnd.Uint64())
	}
	return b.String()[:n]
}

// hex is n random hex digits.
func (g *generator) hex(n int) string {
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "%016x", g.rnd.Uint64())
	}
	return b.String()[:n]
}

// pod is one of a few hundred pods.
func (g *generator) pod() string {
	return fmt.Sprintf("%s-%08x-%05x", g.pick("web", "api", "worker", "billing", "report-gen", "inventory"), g.rnd.IntN(8)*0x1234567, g.rnd.IntN(40)*0x6789)
}

func (g *generator) ip() string { return fmt.Sprintf("10.0.%d.%d", g.rnd.IntN(32), g.rnd.IntN(256)) }

// The texts below are the messages of the components, in the proportions of a
// node that works; see the testdata of the formats for real ones.

func (g *generator) kubelet() string {
	j := g.journal("kubelet", 3464)
	pod := g.pod()
	uid := g.uid(pod)
	if g.isSick() {
		switch g.rnd.IntN(4) {
		case 0:
			return j + g.klog('E', 3464) + `pod_workers.go:1301] "Error syncing pod, skipping" err="failed to \"StartContainer\" for \"app\" with CrashLoopBackOff: \"back-off 5m0s restarting failed container=app pod=` + pod + `_default(` + uid + `)\"" pod="default/` + pod + `" podUID="` + uid + `"`
		case 1:
			return j + g.klog('E', 3464) + `kuberuntime_manager.go:1252] "CreatePodSandbox for pod failed" err="rpc error: code = Unknown desc = failed to setup network for sandbox \"` + g.id() + `\": plugin type=\"aws-cni\" name=\"aws-cni\" failed (add): add cmd: failed to assign an IP address to container" pod="default/` + pod + `"`
		case 2:
			return j + g.klog('I', 3464) + `prober.go:120] "Probe failed" probeType="Readiness" pod="default/` + pod + `" podUID="` + uid + `" containerName="app" probeResult="failure" output="Get \"http://` + g.ip() + `:8080/healthz\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"`
		}
		return j + g.klog('E', 3464) + `kubelet_node_status.go:549] "Error updating node status, will retry" err="error getting node \"` + host + `\": Get \"https://ABCDEF.gr7.us-west-2.eks.amazonaws.com/api/v1/nodes/` + host + `?resourceVersion=0&timeout=10s\": net/http: request canceled (Client.Timeout exceeded while awaiting headers)"`
	}
	switch g.rnd.IntN(6) {
	case 0:
		return j + g.klog('I', 3464) + `kubelet.go:2627] "SyncLoop (PLEG): event for pod" pod="default/` + pod + `" event={"ID":"` + uid + `","Type":"ContainerStarted","Data":"` + g.id() + `"}`
	case 1:
		return j + g.klog('I', 3464) + `generic.go:358] "Generic (PLEG): container finished" podID="` + uid + `" containerID="` + g.id() + `" exitCode=0`
	case 2:
		return j + g.klog('I', 3464) + `reconciler_common.go:251] "operationExecutor.VerifyControllerAttachedVolume started for volume \"kube-api-access-` + g.hex(5) + `\" (UniqueName: \"kubernetes.io/projected/` + uid + `-kube-api-access\") pod \"` + pod + `\" (UID: \"` + uid + `\") " pod="default/` + pod + `"`
	case 3:
		return j + g.klog('I', 3464) + `kubelet.go:2536] "SyncLoop (probe)" probe="readiness" status="ready" pod="default/` + pod + `"`
	case 4:
		return j + g.klog('I', 3464) + `pod_startup_latency_tracker.go:104] "Observed pod startup duration" pod="default/` + pod + `" podStartSLOduration=2.` + g.hex(3) + ` podStartE2EDuration="4.1s" observedRunningTime="` + g.now.Format(time.DateTime) + `"`
	}
	return j + g.klog('I', 3464) + `kubelet_getters.go:187] "Pod status updated" pod="kube-system/kube-proxy-7xk2m" status="Running"`
}

func (g *generator) messages() string {
	if g.isSick() {
		up := g.now.Sub(g.boot).Seconds()
		switch g.rnd.IntN(3) {
		case 0:
			return fmt.Sprintf("%s %s kernel: [%12.6f] nf_conntrack: nf_conntrack: table full, dropping packet", g.now.Format("Jan _2 15:04:05"), host, up)
		case 1:
			return fmt.Sprintf("%s %s kernel: [%12.6f] Memory cgroup out of memory: Killed process %d (java) total-vm:%dkB, anon-rss:%dkB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:124kB oom_score_adj:990", g.now.Format("Jan _2 15:04:05"), host, up, g.rnd.IntN(30000), g.rnd.IntN(900000), g.rnd.IntN(900000))
		}
	}
	switch g.rnd.IntN(4) {
	case 0:
		return g.journal("systemd", 1) + "Started cri-containerd-" + g.id() + ".scope."
	case 1:
		return g.journal("dhclient", 2301) + "bound to " + g.ip() + " -- renewal in 1542 seconds."
	case 2:
		return g.journal("ec2net", 4410) + "[get_meta] Trying to get http://169.254.169.254/latest/meta-data/network/interfaces/macs/02:5f:31:a1:0c:22/subnet-ipv4-cidr-block"
	}
	return g.kubelet()
}

func (g *generator) containerd() string {
	j := g.journal("containerd", 2439)
	if g.isSick() {
		return j + g.logfmt("error") + `msg="RunPodSandbox for &PodSandboxMetadata{Name:` + g.pod() + `,Uid:` + g.uid(g.pod()) + `,Namespace:default,Attempt:0,} failed, error" error="failed to setup network for sandbox \"` + g.id() + `\": plugin type=\"aws-cni\" name=\"aws-cni\" failed (add): add cmd: failed to assign an IP address to container"`
	}
	switch g.rnd.IntN(4) {
	case 0:
		return j + g.logfmt("info") + `msg="CreateContainer within sandbox \"` + g.id() + `\" for container &ContainerMetadata{Name:app,Attempt:0,}"`
	case 1:
		return j + g.logfmt("info") + `msg="StartContainer for \"` + g.id() + `\" returns successfully"`
	case 2:
		return j + g.logfmt("info") + `msg="shim disconnected" id=` + g.id() + ` namespace=k8s.io`
	}
	return j + g.logfmt("info") + `msg="ImageUpdate event name:\"602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause:3.10\" labels:{key:\"io.cri-containerd.image\" value:\"managed\"}"`
}

func (g *generator) ipamd() string {
	if g.isSick() {
		return g.zap("debug", "awsutils/awsutils.go:1098") + `"checkAPIErrorAndBroadcastEvent resulted in operation error EC2: CreateNetworkInterface, https response error StatusCode: 400, RequestID: ` + g.uid(g.pod()) + `, api error InsufficientFreeAddressesInSubnet: The specified subnet does not have enough free addresses to satisfy the request."}`
	}
	switch g.rnd.IntN(4) {
	case 0:
		return g.zap("debug", "ipamd/ipamd.go:660") + `"IP stats - total IPs: 28, assigned IPs: ` + fmt.Sprint(g.rnd.IntN(20)) + `, cooldown IPs: 0"}`
	case 1:
		return g.zap("debug", "ipamd/ipamd.go:1290") + `"Reconciling ENI/IP pool info because time since last 1m0.000000001s > 1m0s"}`
	case 2:
		return g.zap("info", "rpc/rpc.pb.go:863") + `"Received AddNetwork for NS /var/run/netns/cni-` + g.uid(g.pod()) + `, Sandbox ` + g.id() + `, ifname eth0"}`
	}
	return g.zap("debug", "awsutils/awsutils.go:580") + `"Found CIDR ` + g.ip() + `/32 for eni-0` + g.hex(16) + `"}`
}

func (g *generator) plugin() string {
	if g.isSick() {
		return g.zap("error", "routed-eni-cni-plugin/cni.go:140") + `"Failed to assign an IP address to container ` + g.id() + `"}`
	}
	return g.zap("info", "routed-eni-cni-plugin/cni.go:140") + `"Received CNI add request: ContainerID(` + g.id() + `) Netns(/var/run/netns/cni-` + g.uid(g.pod()) + `) IfName(eth0) Args(IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=` + g.pod() + `)"}`
}

func (g *generator) kubeProxy() string {
	if g.isSick() {
		return g.cri() + g.klog('E', 1) + `proxier.go:1553] "Failed to execute iptables-restore" err="exit status 4: Another app is currently holding the xtables lock; waiting for it to exit..."`
	}
	return g.cri() + g.klog('I', 1) + g.pick(`proxier.go:828] "SyncProxyRules complete" ipFamily="IPv4" elapsed="41.2ms"`, `proxier.go:805] "Syncing iptables rules" ipFamily="IPv4"`)
}

func (g *generator) coredns() string {
	if g.isSick() {
		return g.cri() + `[ERROR] plugin/errors: 2 example.com. A: read udp ` + g.ip() + `:41234->10.0.0.2:53: i/o timeout`
	}
	return g.cri() + `[INFO] ` + g.ip() + fmt.Sprintf(`:%d - %d "A IN api.default.svc.cluster.local. udp 54 false 512" NOERROR qr,aa,rd 106 0.000123456s`, 30000+g.rnd.IntN(30000), g.rnd.IntN(65536))
}

func (g *generator) dmesg() string {
	up := g.now.Sub(g.boot).Seconds()
	if g.isSick() {
		return fmt.Sprintf("[%12.6f] nf_conntrack: nf_conntrack: table full, dropping packet", up)
	}
	return fmt.Sprintf("[%12.6f] eni%s: Caught tx_queue_len zero misconfig", up, g.hex(11))
}
