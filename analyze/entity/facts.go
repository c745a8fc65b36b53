package entity

import (
	"cmp"
	"net/netip"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/cnienv"
	"github.com/eksleuth/eksleuth/parsers/ctr"
	"github.com/eksleuth/eksleuth/parsers/df"
	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/ifconfig"
	"github.com/eksleuth/eksleuth/parsers/ipam"
	"github.com/eksleuth/eksleuth/parsers/iproute2"
	"github.com/eksleuth/eksleuth/parsers/iptables"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
	"github.com/eksleuth/eksleuth/parsers/lsblk"
	"github.com/eksleuth/eksleuth/parsers/ps"
	"github.com/eksleuth/eksleuth/parsers/services"
)

// Facts reads the observations of the snapshots and of the names of the files.
func Facts(facts []index.Fact, files []*index.File) []Observation {
	r := &reading{}
	for _, f := range facts {
		r.file = f.File.Path
		r.fact(f.Value)
	}
	for _, f := range files {
		r.file = f.Path
		r.fileName(f.At())
	}
	return r.all
}

// maxFacts bounds the observations of a case.
const maxFacts = 500_000

// reading is Facts at work.
type reading struct {
	file string
	all  []Observation
}

// say begins an observation about the file at hand.
func (r *reading) say(line int, verb string, at time.Time, fill func(o *Observation)) {
	o := Observation{Verb: verb, At: at, Pos: parsers.Pos{File: r.file, Line: line}}
	fill(&o)
	if len(o.Things) > 1 && len(r.all) < maxFacts {
		r.all = append(r.all, o)
	}
}

// name tells that a thing is there, of which no more is said.
func (r *reading) name(line int, verb string, kind Kind, id string) {
	if id != "" && len(r.all) < maxFacts {
		r.all = append(r.all, Observation{Verb: verb, Things: []Thing{{kind, id}}, Pos: parsers.Pos{File: r.file, Line: line}})
	}
}

var never time.Time // of what was so at the collection

// fact reads one decoded file. A new kind of file is a case here.
func (r *reading) fact(v any) {
	switch v := v.(type) {
	case *enis.Pool:
		r.enis(v)
	case *ipam.Checkpoint:
		r.checkpoint(v)
	case *ctr.Containers:
		r.containers(v)
	case *ctr.Tasks:
		r.tasks(v)
	case *ps.Table:
		r.processes(v)
	case *iproute2.Routes:
		r.routes(v)
	case *df.Table:
		r.mounts(v)
	case *services.Table:
		r.units(v)
	case *ifconfig.Interfaces:
		r.interfaces(v)
	case *lsblk.Tree:
		r.devices(v)
	case *iptables.Ruleset:
		r.services(v)
	case *kubeletconfig.Config:
		for _, dns := range v.ClusterDNS.Value {
			r.name(v.ClusterDNS.Line, "DNS server of the cluster", IP, dns)
		}
	case *kubeobjects.Objects:
		r.pods(v.Pods)
	case *cnienv.Containers:
		r.ofCNI(v)
	}
}

// tasks reads the processes of containers. The process of one that is gone has no
// PID.
func (r *reading) tasks(v *ctr.Tasks) {
	for _, t := range v.Tasks {
		verb := "task " + strings.ToLower(string(t.Status))
		if t.PID == 0 {
			r.name(t.Line, verb, either, t.ID)
			continue
		}
		r.say(t.Line, verb, never, func(o *Observation) {
			o.Now = true
			o.add(either, t.ID)
			o.add(PID, number(int(t.PID)))
		})
	}
}

// ofCNI reads the containers of the VPC CNI.
func (r *reading) ofCNI(v *cnienv.Containers) {
	for _, c := range v.Containers {
		r.say(c.Line, "container kept", never, func(o *Observation) {
			o.add(Container, c.ID)
			o.add(Name, c.Name)
			o.add(Image, c.Image)
			o.add(Sandbox, c.Sandbox)
			o.add(UID, c.UID)
			o.pod(cmp.Or(c.Namespace, "kube-system"), c.Pod)
		})
	}
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func address(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.String()
}

// enis reads the pool of the VPC CNI: which interface has an address, and which
// sandbox has or had it.
func (r *reading) enis(p *enis.Pool) {
	for _, card := range p.Cards {
		for _, eni := range card.ENIs {
			for _, cidr := range eni.Ranges {
				r.addresses(&eni, &cidr)
			}
		}
	}
}

func (r *reading) addresses(eni *enis.ENI, cidr *enis.Range) {
	if len(cidr.Addresses) == 0 && cidr.CIDR.IsSingleIP() {
		r.say(cidr.Line, "address of interface, unused", never, func(o *Observation) {
			o.add(ENI, eni.ID)
			o.add(IP, address(cidr.CIDR.Addr()))
		})
	}
	for _, a := range cidr.Addresses {
		verb, at := assigned, a.AssignedAt
		if !a.Assigned {
			verb, at = released, a.UnassignedAt
		}
		r.say(a.Line, verb, at, func(o *Observation) {
			o.Now = a.Assigned
			o.add(IP, address(a.IP))
			o.add(ENI, eni.ID)
			o.add(Sandbox, a.Container)
			o.pod(a.Namespace, a.Pod)
		})
	}
}

// checkpoint reads what ipamd keeps over its restarts.
func (r *reading) checkpoint(c *ipam.Checkpoint) {
	for _, a := range c.Allocations {
		r.say(a.Line, assigned, a.At, func(o *Observation) {
			o.Now = path.Base(r.file) == "ipam.json" // not what was left of earlier ones
			o.add(IP, address(a.IPv4))
			o.add(IP, address(a.IPv6))
			if !a.Migrated() {
				o.add(Sandbox, a.Container)
			}
			o.add(UID, a.UID)
			o.pod(a.Namespace, a.Pod)
		})
	}
}

// pause are the images of sandboxes: localhost/kubernetes/pause:latest,
// 602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause:3.5.
var pause = regexp.MustCompile(`(?:^|/)pause(?:-[a-z0-9]+)?(?:[:@]|$)`)

// containers reads what containerd knows. A container of a pause image is the
// sandbox of a pod.
func (r *reading) containers(t *ctr.Containers) {
	for _, c := range t.Containers {
		r.say(c.Line, "container kept", never, func(o *Observation) {
			kind := otherImage
			if pause.MatchString(c.Image) {
				kind = pauseImage
			}
			o.add(kind, c.ID)
			o.add(Image, c.Image)
		})
	}
}

// pods reads what the API server said of pods.
func (r *reading) pods(all []kubeobjects.Pod) {
	for _, p := range all {
		r.say(p.Line, "pod "+strings.ToLower(p.Phase), p.Started, func(o *Observation) {
			o.Now = p.Phase == "Running"
			o.pod(p.Namespace, p.Name)
			o.add(UID, p.UID)
			if !p.HostNetwork { // else they are those of the node
				for _, ip := range p.IPs {
					o.add(IP, ip)
				}
			}
		})
		for _, c := range p.Containers {
			r.say(c.Line, "container of pod", never, func(o *Observation) {
				o.add(UID, p.UID)
				o.add(Name, c.Name)
				o.add(Container, c.ID)
				o.add(Image, c.Image)
			})
		}
	}
}

// A shim is the parent of the processes of a pod, or of those of one container.
//
//	/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id c77389e7… -address /run/containerd/containerd.sock
var shim = regexp.MustCompile(`^\S*containerd-shim\S* .*-id ([0-9a-f]{64})\b`)

func (r *reading) processes(t *ps.Table) {
	of := map[int]string{} // the ID of the shim above, by PID
	for _, p := range t.Processes {
		verb, kind, id := "process runs", either, of[p.PPID]
		if m := shim.FindStringSubmatch(p.Command); m != nil {
			verb, id = "shim runs", m[1]
		} else if id != "" {
			verb = "process of pod runs"
			if p.Command == "/pause" {
				kind = pauseProcess
			}
		}
		of[p.PID] = id
		r.say(p.Line, verb, never, func(o *Observation) {
			o.Now = true
			o.add(kind, id)
			o.add(PID, number(p.PID))
			o.add(Command, program(p.Command))
		})
	}
}

// program is what a process runs: the first word, or the name of a thread of the
// kernel.
func program(command string) string {
	if strings.HasPrefix(command, "[") {
		return command
	}
	name, _, _ := strings.Cut(command, " ")
	return strings.TrimSuffix(name, ":")
}

// Units of systemd that are the cgroups of pods and of their containers.
//
//	cri-containerd-2ecd62901f33fb9bd1e6abd232ad69c83ed3fbe23e9422ce7a6b80a8cebbf0a5.scope
//	kubepods-burstable-pod7d20a266_2502_4fd0_99fd_bc641f3c3c53.slice
var (
	podSlice = regexp.MustCompile(`^kubepods(?:-[a-z]+)?-pod([0-9a-f]{8}(?:_[0-9a-f]{4}){3}_[0-9a-f]{12})\.slice$`)
	scope    = regexp.MustCompile(`^(?:cri-containerd|crio|docker)-([0-9a-f]{64})\.scope$`)
)

func (r *reading) units(t *services.Table) {
	for _, u := range t.Units {
		r.say(u.Line, "cgroup "+u.Active, never, func(o *Observation) {
			o.add(Cgroup, u.Name)
			if m := podSlice.FindStringSubmatch(u.Name); m != nil {
				o.add(UID, strings.ReplaceAll(m[1], "_", "-"))
			}
			if m := scope.FindStringSubmatch(u.Name); m != nil {
				o.add(either, m[1])
			}
		})
	}
}

// routes reads the addresses of pods: the VPC CNI makes a route to the
// interface of each. Those of the node are local.
func (r *reading) routes(t *iproute2.Routes) {
	for _, x := range t.Routes {
		if x.Via.IsValid() && x.Dev != "" {
			r.say(x.Line, "gateway", never, func(o *Observation) {
				o.add(IP, address(x.Via))
				o.add(Interface, x.Dev)
			})
		}
		if !x.Dst.IsValid() || !x.Dst.IsSingleIP() || x.Dev == "" {
			continue
		}
		switch {
		case x.Type == "local":
			r.say(x.Line, "address of the node", never, func(o *Observation) {
				o.add(IP, address(x.Dst.Addr()))
				o.add(Interface, x.Dev)
			})
		case x.Type == "unicast" && !x.Via.IsValid() && !x.Src.IsValid():
			r.say(x.Line, "route", never, func(o *Observation) {
				o.Now = true
				o.add(IP, address(x.Dst.Addr()))
				o.add(Interface, x.Dev)
			})
		default:
			r.say(x.Line, strings.TrimPrefix(x.Type+" route of the node", "unicast "), never, func(o *Observation) {
				o.add(IP, address(x.Dst.Addr()))
				o.add(Interface, x.Dev)
			})
		}
	}
}

func (r *reading) interfaces(t *ifconfig.Interfaces) {
	for _, i := range t.Interfaces {
		r.name(i.Line, "interface of the node", Interface, i.Name)
		for _, a := range i.Addrs {
			r.say(a.Line, "address of the node", never, func(o *Observation) {
				o.add(IP, address(a.Prefix.Addr()))
				o.add(Interface, i.Name)
			})
		}
	}
}

// devices reads the disks, their parts, and where these are mounted.
func (r *reading) devices(t *lsblk.Tree) {
	for _, d := range t.Devices {
		if d.Parent == "" && len(d.Mounts) == 0 {
			r.name(d.Line, d.Type, Device, "/dev/"+d.Name)
			continue
		}
		r.say(d.Line, d.Type, never, func(o *Observation) {
			o.add(Device, "/dev/"+d.Name)
			if d.Parent != "" {
				o.add(Device, "/dev/"+d.Parent)
			}
			for _, m := range d.Mounts {
				o.add(Mount, m)
			}
		})
	}
}

// services reads the rules of kube-proxy, which say in comments what they are
// for: the address of a service, and those of the pods behind it.
//
//	-A KUBE-SERVICES -d 172.20.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU
//	-A KUBE-SEP-6DX5VLRLXC3NGJJW -p udp -m comment --comment "kube-system/kube-dns:dns" -m udp -j DNAT --to-destination 10.0.34.7:53
func (r *reading) services(t *iptables.Ruleset) {
	if t.Listing {
		return // iptables-save says it too
	}
	for i := range t.Rules {
		x := &t.Rules[i]
		if service, ok := strings.CutSuffix(x.Comment, " cluster IP"); ok && x.Chain == "KUBE-SERVICES" && x.Dst.From == x.Dst.To {
			r.say(x.Line, "address of service", never, func(o *Observation) {
				o.add(IP, address(x.Dst.From))
				o.add(Service, service)
			})
		}
		if to, err := netip.ParseAddrPort(strings.TrimPrefix(x.TargetArgs, "--to-destination ")); err == nil && strings.HasPrefix(x.Chain, "KUBE-SEP-") {
			r.say(x.Line, "endpoint of service", never, func(o *Observation) {
				o.Now = true
				o.add(IP, address(to.Addr()))
				o.add(Service, x.Comment)
			})
		}
	}
}

// Where the kubelet mounts the volumes of a pod, and containerd the root of a
// container, the memory that the containers of a pod share, and its network.
var (
	podUID    = regexp.MustCompile(`^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	podVolume = regexp.MustCompile(`/pods/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/volumes?(?:-subpaths)?/([^/]+)(?:/([^/]+))?`)
	shm       = regexp.MustCompile(`/io\.containerd\.grpc\.v1\.cri/sandboxes/([0-9a-f]{64})/shm$`)
	netns     = regexp.MustCompile(`^(?:/var)?/run/netns/[^/]+$`)
	rootfs    = regexp.MustCompile(`/io\.containerd\.runtime\.v2\.task/k8s\.io/([0-9a-f]{64})/rootfs$`)
)

func (r *reading) mounts(t *df.Table) {
	for _, m := range t.Mounts {
		r.say(m.Line, "mounted", never, func(o *Observation) {
			o.add(Mount, m.Target)
			if strings.HasPrefix(m.Source, "/dev/") {
				o.add(Device, m.Source)
			}
			if v := podVolume.FindStringSubmatch(m.Target); v != nil {
				o.add(UID, v[1])
				o.add(Volume, v[3])
			}
			if c := rootfs.FindStringSubmatch(m.Target); c != nil {
				o.add(either, c[1])
			}
			if s := shm.FindStringSubmatch(m.Target); s != nil {
				o.add(Sandbox, s[1])
			}
			if netns.MatchString(m.Target) {
				o.add(Netns, m.Target)
			}
		})
	}
}

// The copies of the logs of pods have the names of their things in their own.
//
//	var_log/aws-node-gtzv6_kube-system_aws-node-7e28….log
//	var_log/kube-system_aws-node-gtzv6_c00817cb-22e2-4a19-88fc-65980d213742/aws-node/0.log
var (
	containerLog = regexp.MustCompile(`^var_log/([^/_]+)_([^/_]+)_([^/]+)-([0-9a-f]{64})\.log`)
	podLog       = regexp.MustCompile(`^var_log/([^/_]+)_([^/_]+)_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([^/]+)/`)
)

func (r *reading) fileName(at string) {
	if m := containerLog.FindStringSubmatch(at); m != nil {
		r.say(0, "log kept", never, func(o *Observation) {
			o.pod(m[2], m[1])
			o.add(Name, m[3])
			o.add(Container, m[4])
		})
	}
	if m := podLog.FindStringSubmatch(at); m != nil {
		r.say(0, "log kept", never, func(o *Observation) {
			o.pod(m[1], m[2])
			o.add(UID, m[3])
			o.add(Name, m[4])
		})
	}
}
