package entity

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksleuth/eksleuth/index"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/enis"
	"github.com/eksleuth/eksleuth/parsers/ipam"
	"github.com/eksleuth/eksleuth/parsers/ps"
)

func TestGaps(t *testing.T) {
	file := func(path, format string, bytes int64) *index.File {
		return &index.File{Path: path, Format: format, Bytes: bytes}
	}
	whole := file("ipamd/ipam.json", "ipam", 10)
	damaged := file("ipamd/ipam.json.tmp", "ipam", 10)
	broken := file("system/ps.txt", "ps", 10)
	other := file("system/top.txt", "top", 10)
	refused := file("storage/mounts.txt", "df", 10)
	refused.Refusal = &parsers.Refusal{}
	files := []*index.File{whole, damaged, broken, other, refused, file("ipamd/enis.json", enis.Format.Name, 50<<20), file("storage/lsblk.txt", "lsblk", 0)}
	facts := []index.Fact{
		{File: whole, Value: &ipam.Checkpoint{}},
		{File: damaged, Value: &ipam.Checkpoint{Damaged: true}},
		{File: broken, Value: (*ps.Table)(nil), Err: errors.New("no head")},
		{File: other, Err: errors.New("no head")},
	}
	want := []string{
		"ipamd/ipam.json.tmp was read in part, it is too long or damaged: the answer lacks what only the rest says",
		"system/ps.txt could not be read for things: the answer lacks what only it says",
		"ipamd/enis.json is too large to be read for things (50 MB): the answer lacks what only it says",
	}
	if diff := cmp.Diff(want, Gaps(facts, files)); diff != "" {
		t.Error(diff)
	}
}
