package entity

import (
	"regexp"
	"slices"
	"strings"

	"github.com/eksleuth/eksleuth/index/query"
)

// A pattern is a line of a log that names things together. The groups of match
// are kinds of things; ns and pod are joined.
type pattern struct {
	verb   string // "" is the group verb
	phrase string // stands in every such line
	match  *regexp.Regexp
}

// quote is how a quote is written in a text that stands in quotes itself.
const quote = `\\*"`

// Verbs that tell more than their lines.
const (
	added    = "pod added" // comes before all else of a pod
	assigned = "address assigned"
	released = "address released"
)

func line(verb, phrase, match string) pattern {
	return pattern{verb, phrase, regexp.MustCompile(strings.ReplaceAll(match, "'", quote))}
}

// patterns are the lines by which the parts of a pod know each other. A ' is a
// quote, with backslashes before it or without.
var patterns = []pattern{
	// containerd internal/cri/server: sandbox_run.go, container_create.go, container_start.go and so on.
	//	msg="RunPodSandbox for &PodSandboxMetadata{Name:api-rbzl4b5sw-hfpn6,Uid:fc573c4f-07d2-4bd5-9a0e-abbf640fd2ec,Namespace:default,Attempt:0,} returns sandbox id \"34aa…\""
	//	msg="CreateContainer within sandbox \"4678…\" for &ContainerMetadata{Name:api,Attempt:0,} returns container id \"03ab…\""
	line("sandbox created", "returns sandbox id", `RunPodSandbox for &PodSandboxMetadata\{Name:(?P<pod>[^,]+),Uid:(?P<uid>[^,]+),Namespace:(?P<ns>[^,]+),.*?returns sandbox id '(?P<sandbox>[0-9a-f]{64})`),
	line("sandbox not created", "RunPodSandbox for", `RunPodSandbox for &PodSandboxMetadata\{Name:(?P<pod>[^,]+),Uid:(?P<uid>[^,]+),Namespace:(?P<ns>[^,]+),[^}]*\} failed(?:.*?(?:sandbox|reserved for) '(?P<sandbox>[0-9a-f]{64})')?`),
	line("container created", "returns container id", `CreateContainer within sandbox '(?P<sandbox>[0-9a-f]{64})' for &ContainerMetadata\{Name:(?P<name>[^,]+),.*?returns container id '(?P<container>[0-9a-f]{64})`),
	line("container started", "StartContainer for", `StartContainer for '(?P<container>[0-9a-f]{64})' returns successfully`),
	line("sandbox stopped", "StopPodSandbox for", `StopPodSandbox for '(?P<sandbox>[0-9a-f]{64})' returns successfully`),
	line("network taken down", "TearDown network for sandbox", `TearDown network for sandbox '(?P<sandbox>[0-9a-f]{64})' successfully`),
	line("sandbox removed", "RemovePodSandbox", `RemovePodSandbox '(?P<sandbox>[0-9a-f]{64})' returns successfully`),
	line("container removed", "RemoveContainer for", `RemoveContainer for '(?P<container>[0-9a-f]{64})' returns successfully`),
	line("task exited", "TaskExit event", `TaskExit event.*container_id:'[0-9a-f]{64}'\s+id:'(?P<sandbox_or_container>[0-9a-f]{64})'.*?\s+pid:(?P<pid>\d+)`),

	// kubelet: pkg/kubelet/kubelet.go, pkg/kubelet/volumemanager.
	//	"SyncLoop (PLEG): event for pod" pod="kube-system/aws-node-wpmw8" event={"ID":"3cc2…","Type":"ContainerStarted","Data":"409c…"}
	line("", "event for pod", `pod='(?P<ns>[^/'\\]+)/(?P<pod>[^'\\]+)' event=\{'ID':'(?P<uid>[0-9a-f-]{36})','Type':'(?P<verb>Container[A-Za-z]+)','Data':'(?P<sandbox_or_container>[0-9a-f]{64})`),
	line("container exited", "container finished", `container finished' podID='(?P<uid>[0-9a-f-]{36})' containerID='(?P<container>[0-9a-f]{64})' exitCode=(?P<code>-?\d+)`),
	line(added, "SyncLoop ADD", `SyncLoop ADD' source='\w+' pods=\[(?P<pods>.*)\]`),
	line("pod deleted", "SyncLoop DELETE", `SyncLoop DELETE' source='\w+' pods=\[(?P<pods>.*)\]`),
	line("pod removed", "SyncLoop REMOVE", `SyncLoop REMOVE' source='\w+' pods=\[(?P<pods>.*)\]`),
	line("volume mounted", "MountVolume.SetUp succeeded", `MountVolume\.SetUp succeeded for volume '(?P<volume>[^'\\]+)' \(UniqueName: '(?P<volume2>[^'\\]+)'\) pod '(?P<name_of_pod>[^'\\]+)' \(UID: '(?P<uid>[0-9a-f-]{36})`),
	line("volume not mounted", "MountVolume", `MountVolume\.\w+ failed for volume '(?P<volume>[^'\\]+)' \(UniqueName: '(?P<volume2>[^'\\]+)'\) pod '(?P<name_of_pod>[^'\\]+)' \(UID: '(?P<uid>[0-9a-f-]{36})`),
	line("volume unmounted", "UnmountVolume.TearDown succeeded", `UnmountVolume\.TearDown succeeded for volume '(?P<volume2>[^'\\]+)' \(OuterVolumeSpecName: '(?P<volume>[^'\\]+)'\) pod '(?P<uid>[0-9a-f-]{36})'`),
	line("sandbox not created", "Failed to create sandbox for pod", `'Failed to create sandbox for pod' err=(?:.*?sandbox '(?P<sandbox>[0-9a-f]{64})')?.*? pod='(?P<ns>[^/'\\]+)/(?P<pod>[^'\\]+)`),
	line("pod not synced", "Error syncing pod", `'Error syncing pod, skipping' err=.*?sandbox '(?P<sandbox>[0-9a-f]{64})'.*? pod='(?P<ns>[^/'\\]+)/(?P<pod>[^'\\]+)' podUID='(?P<uid>[0-9a-f-]{36})`),
	line("named together", "podUID=", `pod='(?P<ns>[^/'\\]+)/(?P<pod>[^'\\]+)'.*?podUID='(?P<uid>[0-9a-f-]{36})`),
	line("named together", "podUID=", `podUID='(?P<uid>[0-9a-f-]{36})' containerName='(?P<name>[^'\\]+)`),

	// VPC CNI: pkg/ipamd, cmd/routed-eni-cni-plugin.
	//	"msg":"assignPodIPAddressUnsafe: Assign IP 10.0.5.60 to sandbox aws-cni/34aa…/eth0 with metadata {K8SPodNamespace:default K8SPodName:api-rbzl4b5sw-hfpn6 InterfacesCount:1}"
	//	"msg":"SetupPodNetwork: hostVethName=eni9d10caf818f, contVethName=eth0, netnsPath=/var/run/netns/cni-2460…, ipAddr=10.0.5.60/32, …"
	line(assigned, "Assign IP", `ssign[A-Za-z0-9]*: Assign IP (?P<ip>[0-9a-fA-F.:]+) to sandbox \S+?/(?P<sandbox>[0-9a-f]{64})(?:/\S+)?(?: with metadata \{K8SPodNamespace:(?P<ns>\S*) K8SPodName:(?P<pod>[^\s}]*))?`),
	line(released, "Unassign IP", `Unassign IP (?P<ip>[0-9a-fA-F.:]+) from sandbox \S+?/(?P<sandbox>[0-9a-f]{64})`),
	line(released, "s ipAddr", `UnassignPodIPAddress: sandbox \S+?/(?P<sandbox>[0-9a-f]{64})\S*s ipAddr (?P<ip>[0-9a-fA-F.:]+)`),
	line("network asked for", "AddNetworkRequest", `AddNetworkRequest:.*?K8S_POD_NAME:'(?P<pod>[^'\\]+)'\s+K8S_POD_NAMESPACE:'(?P<ns>[^'\\]+)'.*?ContainerID:'(?P<sandbox>[0-9a-f]{64})'.*?Netns:'(?P<netns>[^'\\]+)`),
	line("network given back", "DelNetworkRequest", `DelNetworkRequest:.*?K8S_POD_NAME:'(?P<pod>[^'\\]+)'\s+K8S_POD_NAMESPACE:'(?P<ns>[^'\\]+)'.*?ContainerID:'(?P<sandbox>[0-9a-f]{64})'`),
	line("CNI add", "Received CNI add request", `Received CNI add request: ContainerID\((?P<sandbox>[0-9a-f]{64})\) Netns\((?P<netns>[^)]*)\)(?:.*?K8S_POD_NAMESPACE=(?P<ns>[^;)]+))?(?:.*?K8S_POD_NAME=(?P<pod>[^;)]+))?(?:.*?K8S_POD_UID=(?P<uid>[0-9a-f-]{36}))?`),
	line("CNI del", "Received CNI del request", `Received CNI del request: ContainerID\((?P<sandbox>[0-9a-f]{64})\) Netns\((?P<netns>[^)]*)\)`),
	line("interface made", "SetupPodNetwork", `SetupPodNetwork: hostVethName=(?P<interface>\w+),.*?netnsPath=(?P<netns>[^,]+), (?:ipAddr|v4Addr)=(?P<ip>[0-9a-fA-F.:]+)`),

	// Linux mm/oom_kill.c: dump_oom_summary.
	//	oom-kill:constraint=CONSTRAINT_MEMCG,…,task_memcg=/kubepods.slice/…-podb16cdfe9_e0b2_4c06_b8f7_7ed21e682386.slice/cri-containerd-f094….scope,task=tail,pid=4133,uid=0
	line("killed, out of memory", "oom-kill", `task_memcg=(?P<cgroup>\S*?pod(?P<uid>[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})\S*?(?P<container>[0-9a-f]{64})[^,]*),task=[^,]*,pid=(?P<pid>\d+)`),
}

// anyPattern matches the lines that hold the phrase of a pattern.
var anyPattern = func() query.Or {
	var all query.Or
	var seen []string
	for _, p := range patterns {
		if !slices.Contains(seen, p.phrase) {
			seen = append(seen, p.phrase)
			all = append(all, query.Phrase{Text: p.phrase})
		}
	}
	return all
}()

// read returns what the first pattern that fits says of a line, of several pods
// one by one; nothing for lines of no pattern.
func read(text string) []Observation {
	for _, p := range patterns {
		if !strings.Contains(text, p.phrase) {
			continue
		}
		m := p.match.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		return p.observations(m)
	}
	return nil
}

// observations are what the groups of a match say.
func (p *pattern) observations(m []string) []Observation {
	o := Observation{Verb: p.verb}
	var ns, pod, list string
	for i, group := range p.match.SubexpNames() {
		switch value := m[i]; group {
		case "":
		case "ns":
			ns = value
		case "pod":
			pod = value
		case "pods":
			list = value
		case "verb":
			o.Verb = value
		case "code":
			o.Verb += ", code " + value
		case "volume2":
			o.add(Volume, volumeID(value))
		case "uid":
			o.add(UID, strings.ReplaceAll(value, "_", "-"))
		case "name_of_pod":
		case "sandbox_or_container": // told apart by what else is known
			o.add(either, value)
		default:
			o.add(Kind(group), value)
		}
	}
	o.pod(ns, pod)
	if list == "" {
		return []Observation{o}
	}
	return o.each(strings.Split(list, ","))
}

// each is the observation of each pod of a list.
//
//	pods=["kube-system/kube-proxy-fxdft","default/web-nt2lfzqb6-6rs27"]
func (o *Observation) each(pods []string) []Observation {
	var all []Observation
	for _, one := range pods {
		of := Observation{Verb: o.Verb}
		ns, name, _ := strings.Cut(strings.Trim(one, `\" `), "/")
		of.pod(ns, name)
		all = append(all, of)
	}
	return all
}

var volumeHandle = regexp.MustCompile(`vol-[0-9a-f]+|fs-[0-9a-f]+`)

// volumeID is the EC2 or EFS ID in the unique name of a volume, else the name.
func volumeID(unique string) string {
	if id := volumeHandle.FindString(unique); id != "" {
		return id
	}
	return unique
}
