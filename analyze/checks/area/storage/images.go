package storage

import (
	"cmp"
	"slices"

	"github.com/eksleuth/eksleuth/analyze"
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
	all := distinct(f.Value.Images)
	if len(all) == 0 {
		r.NotJudged("images", whole.Absent(r.Pass, "containerd/containerd-images.txt"))
	} else {
		totals(r, f, all)
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

// distinct are the images, each under its first name.
func distinct(names []ctr.Image) (all []ctr.Image) {
	seen := map[string]bool{}
	for _, i := range names {
		if !seen[i.Digest] {
			seen[i.Digest] = true
			all = append(all, i)
		}
	}
	return all
}

// totals tells how many images there are, and how much they take.
func totals(r *area.Reader, f *analyze.FileFact[ctr.Images], all []ctr.Image) {
	sum, pinned := int64(0), 0
	for _, i := range all {
		sum += min(max(i.Size, 0), 1<<50) // a made-up size must not overflow
		if i.Pinned {
			pinned++
		}
	}
	r.Count("images", int64(len(all)), "images", at(f.Path, all[0].Line)).With("names: %d, pinned: %d", len(f.Value.Images), pinned)
	r.Count("size of all", sum, area.Bytes, at(f.Path, 0)).Note = "packed, with what they share counted for each"
}
