package entity

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRead has lines of a test cluster (Debian 12, real kubelet, containerd and
// VPC CNI), and one of ipamd 1.7 as its source prints it.
func TestRead(t *testing.T) {
	const (
		sandbox   = "34aa0fbc2786c8f4d91d76ec7e6dbaf5d3c5828ba53a92739a6b1d8f6a397fe0"
		container = "03ab39cfa40d2d250178b31a7bb42d8a99cdda65a9b6618bd1b67758cb8d271f"
		uid       = "fc573c4f-07d2-4bd5-9a0e-abbf640fd2ec"
	)
	f := func(text, want string) {
		t.Helper()
		var all []string
		for _, o := range read(text) {
			var got []string
			for _, x := range o.Things {
				got = append(got, string(x.Kind)+" "+x.ID)
			}
			all = append(all, o.Verb+": "+strings.Join(got, ", "))
		}
		if diff := cmp.Diff(want, strings.Join(all, "; ")); diff != "" {
			t.Errorf("%.60s… (-want +got):\n%s", text, diff)
		}
	}
	const containerd = `Nov 21 01:14:29 ip-10-0-3-206.us-west-2.compute.internal containerd[424]: time="2026-11-21T01:14:29.457408020Z" level=info msg=`
	f(containerd+`"RunPodSandbox for &PodSandboxMetadata{Name:api-rbzl4b5sw-hfpn6,Uid:`+uid+`,Namespace:default,Attempt:0,} returns sandbox id \"`+sandbox+`\""`,
		"sandbox created: uid "+uid+", sandbox "+sandbox+", pod default/api-rbzl4b5sw-hfpn6")
	f(containerd+`"CreateContainer within sandbox \"`+sandbox+`\" for &ContainerMetadata{Name:api,Attempt:0,} returns container id \"`+container+`\""`,
		"container created: sandbox "+sandbox+", name api, container "+container)
	f(containerd+`"StopPodSandbox for \"`+sandbox+`\" returns successfully"`, "sandbox stopped: sandbox "+sandbox)
	f(containerd+`"StopPodSandbox for \"`+sandbox+`\""`, "")

	f(containerd+`"RunPodSandbox for &PodSandboxMetadata{Name:api-rbzl4b5sw-hfpn6,Uid:`+uid+`,Namespace:default,Attempt:0,} failed, error" error="failed to setup network for sandbox \"`+sandbox+`\": plugin type=\"aws-cni\" name=\"aws-cni\" failed (add): add cmd: Error received from AddNetwork gRPC call"`,
		"sandbox not created: uid "+uid+", sandbox "+sandbox+", pod default/api-rbzl4b5sw-hfpn6")
	f(containerd+`"RunPodSandbox for &PodSandboxMetadata{Name:api-rbzl4b5sw-hfpn6,Uid:`+uid+`,Namespace:default,Attempt:0,} failed, error" error="failed to reserve sandbox name \"api-rbzl4b5sw-hfpn6_default_`+uid+`_0\": name \"api-rbzl4b5sw-hfpn6_default_`+uid+`_0\" is reserved for \"`+sandbox+`\""`,
		"sandbox not created: uid "+uid+", sandbox "+sandbox+", pod default/api-rbzl4b5sw-hfpn6")
	f(containerd+`"RunPodSandbox for &PodSandboxMetadata{Name:api-rbzl4b5sw-hfpn6,Uid:`+uid+`,Namespace:default,Attempt:0,} failed, error" error="rpc error: code = Unknown desc = failed to get sandbox image"`,
		"sandbox not created: uid "+uid+", pod default/api-rbzl4b5sw-hfpn6")
	f(containerd+`"TearDown network for sandbox \"`+sandbox+`\" successfully"`, "network taken down: sandbox "+sandbox)
	const kubelet = `Nov 21 00:54:16 ip-10-0-5-71.us-west-2.compute.internal kubelet[435]: I1121 00:54:16.377916     435 `
	f(kubelet+`kubelet.go:2554] "SyncLoop (PLEG): event for pod" pod="default/api-rbzl4b5sw-hfpn6" event={"ID":"`+uid+`","Type":"ContainerStarted","Data":"`+sandbox+`"}`,
		"ContainerStarted: uid "+uid+", container or sandbox "+sandbox+", pod default/api-rbzl4b5sw-hfpn6")
	f(kubelet+`generic.go:358] "Generic (PLEG): container finished" podID="`+uid+`" containerID="`+container+`" exitCode=2`,
		"container exited, code 2: uid "+uid+", container "+container)
	f(kubelet+`kubelet.go:2522] "SyncLoop ADD" source="api" pods=["kube-system/kube-proxy-fxdft","default/web-nt2lfzqb6-6rs27"]`,
		"pod added: pod kube-system/kube-proxy-fxdft; pod added: pod default/web-nt2lfzqb6-6rs27")
	f(kubelet+`cpu_manager.go:400] "RemoveStaleState: containerMap: removing container" podUID="`+uid+`" containerName="worker"`,
		"named together: uid "+uid+", name worker")
	f(kubelet+`kuberuntime_sandbox.go:70] "Failed to create sandbox for pod" err="rpc error: code = Unknown desc = failed to setup network for sandbox \"`+sandbox+`\": plugin type=\"aws-cni\" name=\"aws-cni\" failed (add)" pod="default/api-rbzl4b5sw-hfpn6"`,
		"sandbox not created: sandbox "+sandbox+", pod default/api-rbzl4b5sw-hfpn6")
	f(kubelet+`kuberuntime_sandbox.go:70] "Failed to create sandbox for pod" err="rpc error: code = DeadlineExceeded desc = context deadline exceeded" pod="default/api-rbzl4b5sw-hfpn6"`,
		"sandbox not created: pod default/api-rbzl4b5sw-hfpn6")
	f(kubelet+`pod_workers.go:1301] "Error syncing pod, skipping" err="failed to \"CreatePodSandbox\" for \"api-rbzl4b5sw-hfpn6_default(`+uid+`)\" with CreatePodSandboxError: \"Failed to create sandbox for pod \\\"api-rbzl4b5sw-hfpn6_default(`+uid+`)\\\": rpc error: code = Unknown desc = failed to setup network for sandbox \\\"`+sandbox+`\\\": plugin type=\\\"aws-cni\\\" failed (add)\"" pod="default/api-rbzl4b5sw-hfpn6" podUID="`+uid+`"`,
		"pod not synced: sandbox "+sandbox+", uid "+uid+", pod default/api-rbzl4b5sw-hfpn6")
	f(kubelet+`operation_generator.go:615] "MountVolume.SetUp succeeded for volume \"log\" (UniqueName: \"kubernetes.io/host-path/`+uid+`-log\") pod \"kube-proxy-fxdft\" (UID: \"`+uid+`\") " pod="kube-system/kube-proxy-fxdft"`,
		"volume mounted: volume log, volume kubernetes.io/host-path/"+uid+"-log, uid "+uid)

	const ipamd = `{"level":"info","ts":"2026-11-21T01:11:36.292Z","caller":"datastore/data_store.go:726","msg":`
	f(ipamd+`"assignPodIPAddressUnsafe: Assign IP 10.0.5.60 to sandbox aws-cni/`+sandbox+`/eth0 with metadata {K8SPodNamespace:default K8SPodName:api-rbzl4b5sw-hfpn6 InterfacesCount:1}"}`,
		"address assigned: ip 10.0.5.60, sandbox "+sandbox+", pod default/api-rbzl4b5sw-hfpn6")
	f(ipamd+`"UnassignPodIPAddress: sandbox aws-cni/`+sandbox+`/eth0's ipAddr 10.0.5.60, DeviceNumber 0"}`,
		"address released: sandbox "+sandbox+", ip 10.0.5.60")
	f(ipamd+`"SetupPodNetwork: hostVethName=eni9d10caf818f, contVethName=eth0, netnsPath=/var/run/netns/cni-24601c61-91a5-553c-f99d-acf9f6457e9e, ipAddr=10.0.5.60/32, routeTableNumber=254, mtu=9001"}`,
		"interface made: interface eni9d10caf818f, netns /var/run/netns/cni-24601c61-91a5-553c-f99d-acf9f6457e9e, ip 10.0.5.60")

	f("[  684.738324] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/kubepods.slice,task_memcg=/kubepods.slice/kubepods-burstable-podfc573c4f_07d2_4bd5_9a0e_abbf640fd2ec.slice/cri-containerd-"+container+".scope,task=tail,pid=4133,uid=0",
		"killed, out of memory: cgroup /kubepods.slice/kubepods-burstable-podfc573c4f_07d2_4bd5_9a0e_abbf640fd2ec.slice/cri-containerd-"+container+".scope, uid "+uid+", container "+container+", pid 4133")
	f(kubelet+`server.go:1] "nothing to see"`, "")
}

// TestPatterns: a search for the phrases must come by every line that a pattern reads.
func TestPatterns(t *testing.T) {
	for _, p := range patterns {
		if p.phrase == "" || p.phrase != strings.TrimSpace(p.phrase) {
			t.Errorf("%s has the phrase %q", p.match, p.phrase)
		}
	}
}
