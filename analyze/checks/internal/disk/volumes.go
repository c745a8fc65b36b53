package disk

import (
	"cmp"
	"regexp"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/parsers/ipam"
	"github.com/eksleuth/eksleuth/parsers/kubeobjects"
)

// podVolume is where kubelet mounts the volumes of pods.
//
//	/var/lib/kubelet/pods/7d20a266-2502-4fd0-99fd-bc641f3c3c53/volumes/kubernetes.io~csi/pvc-2c1f/mount
var podVolume = regexp.MustCompile(`/pods/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/volumes?(?:-subpaths)?/([^/]+)(?:/([^/]+))?`)

// A Volume is one of a pod, as its mount point tells it.
type Volume struct {
	Pod    string // its UID
	Plugin string // "kubernetes.io~csi"
	Name   string // "pvc-2c1f"; "" when the path ends before it
}

// VolumeAt reads a mount point; false for one that is no volume of a pod.
func VolumeAt(target string) (Volume, bool) {
	v := podVolume.FindStringSubmatch(target)
	if v == nil {
		return Volume{}, false
	}
	return Volume{v[1], v[2], v[3]}, true
}

// Title is the name of the volume, or else what makes it.
func (v Volume) Title() string { return cmp.Or(v.Name, v.Plugin) }

// podDir is how kubelet names the folder of a pod's logs:
// kube-system_aws-node-xglhr_7d20a266-2502-4fd0-99fd-bc641f3c3c53.
var podDir = regexp.MustCompile(`^var_log/([^/_]+)_([^/_]+)_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/`)

// PodNames are the names of the pods by their UIDs, as far as the bundle says them.
func PodNames(p *analyze.Pass) map[string]string {
	names := map[string]string{}
	for _, f := range p.Files {
		if m := podDir.FindStringSubmatch(f.At()); m != nil {
			names[m[3]] = m[1] + "/" + m[2]
		}
	}
	for _, f := range analyze.Facts[ipam.Checkpoint](p) {
		for _, a := range f.Value.Allocations {
			if a.UID != "" && a.Pod != "" {
				names[a.UID] = a.Namespace + "/" + a.Pod
			}
		}
	}
	for _, f := range analyze.Facts[kubeobjects.Objects](p) {
		for _, x := range f.Value.Pods {
			names[x.UID] = x.Namespace + "/" + x.Name
		}
	}
	return names
}
