package containerdstate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/runc"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/ctr"
	"github.com/eksleuth/eksleuth/parsers/df"
)

const imageList = "containerd/containerd-images.txt"

// images are the rows of a list that can be read to its end; else the note says
// why there are none.
func images(p *analyze.Pass) (rows []ctr.Image, path, note string) {
	lists := analyze.Facts[ctr.Images](p)
	if len(lists) == 0 {
		return nil, "", whole.Absent(p, imageList)
	}
	f := lists[0]
	if why := partial(p, f.Path, &f.Value.Rest); why != "" {
		return nil, f.Path, why
	}
	return f.Value.Images, f.Path, ""
}

// sandboxImage looks for a pause image that is gone, or that image garbage
// collection may take away. The containerd of a node has no credentials of its
// own to pull it again from ECR.
func sandboxImage(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	configs := runc.Configs(p)
	if len(configs) == 0 {
		return network.NoData(whole.Absent(p, runc.Place)), nil
	}
	set := configs[0].Value.SandboxImage
	if set.Value == "" {
		return network.NoData(configs[0].Path + " names no sandbox image"), nil
	}
	at := parsers.Pos{File: configs[0].Path, Line: set.Line}
	rows, list, note := images(p)
	switch {
	case note != "":
		return network.NoData(note), nil
	case len(rows) == 0:
		return network.NoData(list + " lists no image"), nil
	}
	want := reference(set.Value)
	i := slices.IndexFunc(rows, func(r ctr.Image) bool { return r.Ref == want })
	m := analyze.Match{Entity: want, Entities: map[string][]string{"image": {want}}, At: []parsers.Pos{at}}
	switch {
	case i < 0:
		m.Summary = fmt.Sprintf("the pause image %s is not on the node", want)
		m.At = append(m.At, parsers.Pos{File: list})
		m.Explains = []string{"containerd.sandbox.image_missing"}
	case rows[i].Pinned:
		return network.Clear(want + " is there and pinned"), nil
	case keptByKubelet(p):
		return network.Clear("kubelet of this version keeps the pause image by itself"), nil
	default:
		m.Severity = analyze.Medium
		m.Summary = fmt.Sprintf("the pause image %s is not pinned: when the disk fills, it is removed", want)
		m.At = append(m.At, parsers.Pos{File: list, Line: rows[i].Line})
	}
	if !private(want) {
		m.Severity = analyze.Low // it is pulled again
		m.Explains = nil
	}
	return network.Found(m), nil
}

// private reports an image that containerd cannot pull by itself: from ECR, or
// one that was only imported.
func private(ref string) bool {
	registry, _, _ := strings.Cut(ref, "/")
	return registry == "localhost" || strings.Contains(registry, ".dkr.ecr")
}

// keptByKubelet reports a kubelet that does not collect its
// --pod-infra-container-image. From 1.29 on it goes by the pins of containerd.
func keptByKubelet(p *analyze.Pass) bool {
	hits := p.Hits("mark.node.kubelet_version")
	if len(hits) == 0 {
		return false
	}
	_, rest, _ := strings.Cut(hits[len(hits)-1].Entities["version"], ".")
	text, _, _ := strings.Cut(rest, ".")
	minor, err := strconv.Atoi(text)
	return err == nil && minor < 29
}

// reference is the full name of an image, as containerd stores it: "pause" is
// "docker.io/library/pause:latest".
func reference(name string) string {
	registry, _, more := strings.Cut(name, "/")
	switch {
	case !more:
		name = "docker.io/library/" + name
	case registry != "localhost" && !strings.ContainsAny(registry, ".:"):
		name = "docker.io/" + name
	}
	if last := name[strings.LastIndexByte(name, '/')+1:]; !strings.ContainsAny(last, ":@") {
		name += ":latest"
	}
	return name
}

// imagesBig looks for images that take most of the disk.
func imagesBig(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	rows, list, note := images(p)
	if note != "" {
		return network.NoData(note), nil
	}
	unique := byDigest(rows)
	var sum int64
	var at []parsers.Pos
	for _, r := range unique {
		sum += max(r.Size, 0)
	}
	for _, r := range unique[:min(len(unique), 3)] {
		at = append(at, parsers.Pos{File: list, Line: r.Line})
	}
	if float64(len(unique)) > p.Limit("images") {
		return network.Found(analyze.Match{
			Summary: fmt.Sprintf("the node has %d images of %.1f GiB together, packed", len(unique), float64(sum)/gibi),
			Count:   len(unique),
			At:      at,
		}), nil
	}
	disk, file := imageDisk(p)
	switch {
	case disk == nil:
		return network.NoData("nothing tells the size of the disk with the images"), nil
	case float64(sum)*100 <= p.Limit("share")*float64(disk.Size):
		return network.Clear(fmt.Sprintf("%d images", len(unique))), nil
	}
	return network.Found(analyze.Match{
		Summary: fmt.Sprintf("%d images of %.1f GiB together, packed, are on a disk of %.1f GiB", len(unique), float64(sum)/gibi, float64(disk.Size)/gibi),
		Count:   len(unique),
		At:      append(at, parsers.Pos{File: file, Line: disk.Line}),
	}), nil
}

const gibi = 1 << 30

// byDigest are the images, the largest first. Each has up to three names.
func byDigest(rows []ctr.Image) []ctr.Image {
	seen := map[string]bool{}
	var unique []ctr.Image
	for _, r := range rows {
		if !seen[r.Digest] || r.Digest == "" {
			seen[r.Digest] = true
			unique = append(unique, r)
		}
	}
	slices.SortStableFunc(unique, func(a, b ctr.Image) int { return cmp.Compare(b.Size, a.Size) })
	return unique
}

// imageDisk is the filesystem that holds the folder of containerd; nil when
// nothing tells.
func imageDisk(p *analyze.Pass) (disk *df.Usage, file string) {
	folder := root(p)
	for _, f := range analyze.Facts[df.Table](p) {
		for i := range f.Value.Space {
			u := &f.Value.Space[i]
			under := u.Target == "/" || folder == u.Target || strings.HasPrefix(folder, u.Target+"/")
			if under && u.Size > 0 && (disk == nil || len(u.Target) > len(disk.Target)) {
				disk, file = u, f.Path
			}
		}
	}
	if disk != nil && (disk.Source == "/dev/root" || disk.Source == "overlay") {
		return nil, "" // the image that Bottlerocket boots from
	}
	return disk, file
}
