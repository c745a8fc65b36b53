package entity

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ctr"
	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/ifconfig"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/iptables"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
	"github.com/eksleuth/eksleuth/parsers/lsblk"
	"github.com/eksleuth/eksleuth/parsers/ps"
	"github.com/eksleuth/eksleuth/parsers/services"
)

// TestFacts has lines of snapshots of a healthy node, shortened.
func TestFacts(t *testing.T) {
	f := func(format *parsers.Format, file, text string, want ...string) {
		t.Helper()
		v, err := format.Decode(file, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range Facts([]index.Fact{{File: &index.File{Path: file}, Value: v}}, nil) {
			s := fmt.Sprintf("%d %s:", o.Pos.Line, o.Verb)
			for _, x := range o.Things {
				s += fmt.Sprintf(" %s %.20s", x.Kind, x.ID)
			}
			if o.Now {
				s += " (now)"
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
	a, b := id("a"), id("b")
	f(ctr.Format, "containerd/containerd-tasks.txt", "TASK PID STATUS\n"+a+" 645 RUNNING\n"+b+" 0 UNKNOWN\n",
		"2 task running: container or sandbox aaaaaaaaaaaaaaaaaaaa pid 645 (now)", "3 task unknown: container or sandbox bbbbbbbbbbbbbbbbbbbb")
	f(ctr.Format, "containerd/containerd-containers.txt", "CONTAINER    IMAGE    RUNTIME    \n"+
		a+"    localhost/kubernetes/pause:latest    io.containerd.runc.v2    \n"+
		b+"    602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause-amd64@sha256:1234    io.containerd.runc.v2    \n"+
		id("c")+"    docker.io/library/pauser:1    io.containerd.runc.v2    \n",
		"2 container kept: container of a pause image aaaaaaaaaaaaaaaaaaaa image localhost/kubernetes",
		"3 container kept: container of a pause image bbbbbbbbbbbbbbbbbbbb image 602401143452.dkr.ecr",
		"4 container kept: container of another image cccccccccccccccccccc image docker.io/library/pa")
	f(ps.Format, "system/ps.txt", strings.Join([]string{
		"USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND",
		"root           2  0.0  0.0      0     0 ?        S    00:08   0:00 [kthreadd]",
		"root         467 41.3  3.0 1407488 92292 ?       Ssl  00:11   4:01 /usr/bin/kubelet --node-ip=10.0.12.34",
		"root         573  7.3  0.6 1273472 19748 ?       Sl   00:12   0:38 /usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id " + a + " -address /run/containerd/containerd.sock",
		"65535        645  0.1  0.1 1226676 5500 ?        Ssl  00:12   0:00  \\_ /pause",
		"root         848  1.8  0.3 1265880 10352 ?       Ssl  00:13   0:07  \\_ /app/aws-vpc-cni",
		"root         929  6.4  2.0 1349712 62408 ?       Sl   00:14   0:26      \\_ ./aws-k8s-agent",
		"root        2199  0.7  0.1 221800  5832 ?        Ssl  00:17   0:01 /usr/sbin/rsyslogd -n -iNONE",
	}, "\n")+"\n",
		"2 process runs: pid 2 command [kthreadd] (now)", "3 process runs: pid 467 command /usr/bin/kubelet (now)",
		"4 shim runs: container or sandbox aaaaaaaaaaaaaaaaaaaa pid 573 command /usr/bin/containerd- (now)",
		"5 process of pod runs: container of a process called pause aaaaaaaaaaaaaaaaaaaa pid 645 command /pause (now)",
		"6 process of pod runs: container or sandbox aaaaaaaaaaaaaaaaaaaa pid 848 command /app/aws-vpc-cni (now)",
		"7 process of pod runs: container or sandbox aaaaaaaaaaaaaaaaaaaa pid 929 command ./aws-k8s-agent (now)",
		"8 process runs: pid 2199 command /usr/sbin/rsyslogd (now)")
	f(iproute2.Format, "networking/iproute.txt", `default via 10.0.0.1 dev ens5 proto dhcp src 10.0.12.34 metric 1024
10.0.0.0/20 dev ens5 proto kernel scope link src 10.0.12.34 metric 1024
10.0.0.2 dev ens5 proto dhcp scope link src 10.0.12.34 metric 1024
10.0.14.70 dev eni295aa140a91 scope link
local 10.0.12.34 dev ens5 table local proto kernel scope host src 10.0.12.34
broadcast 10.0.15.255 dev ens5 table local proto kernel scope link src 10.0.12.34
`, "1 gateway: ip 10.0.0.1 interface ens5", "3 route of the node: ip 10.0.0.2 interface ens5",
		"4 route: ip 10.0.14.70 interface eni295aa140a91 (now)", "5 address of the node: ip 10.0.12.34 interface ens5",
		"6 broadcast route of the node: ip 10.0.15.255 interface ens5")
	f(ifconfig.Format, "networking/ifconfig.txt", `ens5: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 9001
        inet 10.0.12.34  netmask 255.255.240.0  broadcast 10.0.15.255
        ether 02:5f:31:a1:0c:22  txqueuelen 1000  (Ethernet)
`, "1 interface of the node: interface ens5", "2 address of the node: ip 10.0.12.34 interface ens5")
	f(lsblk.Format, "storage/lsblk.txt", "NAME        MAJ:MIN RM SIZE RO TYPE MOUNTPOINTS\nnvme0n1     259:0    0  24G  0 disk \n`-nvme0n1p1 259:1    0  24G  0 part /\n",
		"2 disk: device /dev/nvme0n1", "3 part: device /dev/nvme0n1p1 device /dev/nvme0n1 mount /")
	f(services.Format, "system/services.txt", "  UNIT LOAD ACTIVE SUB DESCRIPTION\n  cri-containerd-"+a+".scope loaded active running libcontainer container\n"+
		"  kubelet.service loaded active running Kubernetes Kubelet\n"+
		"  kubepods-burstable-pod"+strings.ReplaceAll(uidA, "-", "_")+".slice loaded active active libcontainer container\n",
		"2 cgroup active: cgroup cri-containerd-aaaaa container or sandbox aaaaaaaaaaaaaaaaaaaa",
		"4 cgroup active: cgroup kubepods-burstable-p uid 11111111-1111-1111-1")
	f(df.Format, "storage/mounts.txt", "shm on /run/containerd/io.containerd.grpc.v1.cri/sandboxes/"+a+"/shm type tmpfs (rw,nosuid)\nnsfs on /run/netns/cni-62af7d21 type nsfs (rw)\n",
		"1 mounted: mount /run/containerd/io.c sandbox aaaaaaaaaaaaaaaaaaaa", "2 mounted: mount /run/netns/cni-62af7 netns /var/run/netns/cni-6")
	f(iptables.Format, "networking/iptables-save.txt", `*nat
:KUBE-SERVICES - [0:0]
-A KUBE-SERVICES -d 172.20.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU
-A KUBE-SEP-6DX5VLRLXC3NGJJW -p udp -m comment --comment "kube-system/kube-dns:dns" -m udp -j DNAT --to-destination 10.0.34.7:53
COMMIT
`, "3 address of service: ip 172.20.0.10 service kube-system/kube-dns", "4 endpoint of service: ip 10.0.34.7 service kube-system/kube-dns (now)")
	f(kubeletconfig.Format, "kubelet/config.json", "{\"kind\": \"KubeletConfiguration\",\n\"clusterDNS\": [\"172.20.0.10\"]}", "2 DNS server of the cluster: ip 172.20.0.10")
}
