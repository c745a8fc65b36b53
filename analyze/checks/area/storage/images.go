package storage

import (
	"cmp"
	"slices"

	"github.com/eksleuth/eksleuth/analyze/checks/area"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers/ctr"
)

// imagesState tells how many images there are, and which are large. An image has
// up to three names, with one digest.
func imagesState(r *area.Reader) {
	r.FromCard("sandbox image", "runtime.sandbox_image")
	r.FromCard("snapshotter", "runtime.snapshotter")
	f := area.First[ctr.Images](r, nil)
	if f == nil {
		r.NotJudged("images", whole.Absent(r.Pass, "containerd/containerd-images.txt"))
		return
	}
	var all []ctr.Image
	seen := map[string]bool{}
	sum, pinned := int64(0), 0
	for _, i := range f.Value.Images {
		if seen[i.Digest] {
			continue
		}
		seen[i.Digest] = true
		all = append(all, i)
		if sum += max(i.Size, 0); sum < 0 {
			sum = 0 // more than can be: sizes are made up
		}
		if i.Pinned {
			pinned++
		}
	}
	if len(all) == 0 {
		r.NotJudged("images", whole.Absent(r.Pass, "containerd/containerd-images.txt"))
	} else {
		r.Count("images", int64(len(all)), "images", at(f.Path, all[0].Line)).With("names: %d, pinned: %d", len(f.Value.Images), pinned)
		r.Count("size of all", sum, area.Bytes, at(f.Path, 0)).Note = "packed, with what they share counted for each"
	}
	slices.SortStableFunc(all, func(a, b ctr.Image) int { return cmp.Compare(b.Size, a.Size) })
	t := r.Table("largest images", area.Text("image"), area.In("size", area.Bytes), area.Text("pinned"))
	for _, i := range all[:min(len(all), 10)] {
		pin := "-"
		if i.Pinned {
			pin = "yes"
		}
		t.Row(at(f.Path, i.Line), i.Ref, max(i.Size, 0), pin)
	}
	t.More = len(all) - len(t.Rows)
	for _, n := range f.Value.Notes {
		r.NotJudged("an image", n.Text)
	}
	if f.Value.Cut > 0 {
		r.NotJudged("the last images", f.Path+" has more than are kept")
	}
}
