package ctr

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Images is the output of ctr images list. containerd's CRI stores an image
// under up to three names: tag, digest and ID of its configuration.
type Images struct {
	Images []Image
	Rest
}

// An Image is a name of an image.
type Image struct {
	Ref, Type string
	Digest    string   // "sha256:..."
	Size      int64    // of the blobs, in bytes, rounded to a tenth of the unit; -1 when not known
	Platforms []string // "linux/amd64", empty when there is no content for any
	Labels    string   // "k=v,k=v" as written, "" for none
	Managed   bool     // by the CRI plugin: kubelet sees it
	Pinned    bool     // kubelet does not remove it
	Line      int
}

func (t *Images) add(line int, c []string) bool {
	if !strings.Contains(c[2], ":") {
		return false
	}
	i := Image{Ref: c[0], Type: c[1], Digest: c[2], Size: size(c[3]), Platforms: list(c[4]), Labels: some(c[5]), Line: line}
	i.Managed = i.has("io.cri-containerd.image=managed")
	i.Pinned = i.has("io.cri-containerd.pinned=pinned")
	t.Images = append(t.Images, i)
	return true
}

func (i Image) has(label string) bool {
	for l := range strings.SplitSeq(i.Labels, ",") {
		if l == label {
			return true
		}
	}
	return false
}

// Containers is the output of ctr containers list. Stopped ones and the
// sandboxes of pods are among them.
type Containers struct {
	Containers []Container
	Rest
}

// A Container is a row.
type Container struct {
	ID      string
	Image   string // "" for none
	Runtime string // "io.containerd.runc.v2"
	Line    int
}

func (t *Containers) add(line int, c []string) bool {
	if strings.Contains(c[2], " ") || c[1] == "" {
		return false
	}
	t.Containers = append(t.Containers, Container{c[0], some(c[1]), c[2], line})
	return true
}

// Tasks is the output of ctr tasks list: the processes of containers.
type Tasks struct {
	Tasks []Task
	Rest
}

// A Task is a row.
type Task struct {
	ID     string // of the container
	PID    uint32 // 0 when the process is gone
	Status Status
	Line   int
}

// A Status is what a task does.
type Status string

// The states of tasks. Unknown is also what a shim that does not answer has.
const (
	Unknown Status = "UNKNOWN"
	Created Status = "CREATED"
	Running Status = "RUNNING"
	Stopped Status = "STOPPED"
	Paused  Status = "PAUSED"
	Pausing Status = "PAUSING"
)

func (t *Tasks) add(line int, c []string) bool {
	pid, err := strconv.ParseUint(c[1], 10, 32)
	if err != nil || c[2] == "" || strings.Contains(c[2], " ") {
		return false
	}
	t.Tasks = append(t.Tasks, Task{c[0], uint32(pid), Status(c[2]), line})
	return true
}

// Plugins is the output of ctr plugins list.
type Plugins struct {
	Plugins []Plugin
	Rest
}

// A Plugin is a part of containerd, "io.containerd.grpc.v1" with the ID "cri".
type Plugin struct {
	Type, ID  string
	Platforms []string
	// Status is "ok", "skip" or "error". Old clients do not know "skip":
	// they say "error" of plugins that the node has no use for.
	Status string
	Line   int
}

func (t *Plugins) add(line int, c []string) bool {
	if c[1] == "" || c[3] == "" || strings.Contains(c[3], " ") {
		return false
	}
	t.Plugins = append(t.Plugins, Plugin{c[0], c[1], list(c[2]), c[3], line})
	return true
}

// Namespaces is the output of ctr namespaces list. That of Kubernetes is
// "k8s.io", that of Docker "moby".
type Namespaces struct {
	Namespaces []Namespace
	Rest
}

// A Namespace is a row.
type Namespace struct {
	Name   string
	Labels string // "k=v,k=v" as written, "" for none
	Line   int
}

func (t *Namespaces) add(line int, c []string) bool {
	labels := some(c[1])
	if c[0] == "" || labels != "" && !strings.Contains(labels, "=") {
		return false
	}
	t.Namespaces = append(t.Namespaces, Namespace{c[0], labels, line})
	return true
}

// some is a cell; "-" stands for nothing.
func some(cell string) string {
	if cell == "-" {
		return ""
	}
	return cell
}

func list(cell string) []string {
	if cell = some(cell); cell == "" {
		return nil
	}
	return strings.Split(cell, ",")
}

var units = []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}

// size reads "16.7 MiB" and "0.0 B"; -1 for what is no size.
func size(cell string) int64 {
	num, unit, _ := strings.Cut(cell, " ")
	v, err := strconv.ParseFloat(num, 64)
	power := slices.Index(units, strings.TrimSpace(unit))
	if err != nil || power < 0 {
		return -1
	}
	v = math.Round(math.Ldexp(v, 10*power))
	if !(v >= 0) || v >= math.MaxInt64 {
		return -1
	}
	return int64(v)
}
