package instance_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/instance"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, instance.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, instance.Format) }

func TestMutations(t *testing.T) {
	m := func(file, from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: file, Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, instance.Format,
		m("system/instance-id.txt", "i-07c3d9ab1e4f301ef", "i-07c3d9ab1e4f301ee", "Value: i-07c3d9ab1e4f301ef -> i-07c3d9ab1e4f301ee"),
		m("system/instance-id.txt", "mi-0123456789abcdef0", "mi-0123456789abcdef1", "Value: mi-0123456789abcdef0 -> mi-0123456789abcdef1"),
		m("system/region.txt", "us-west-2", "eu-west-1", "Value: us-west-2 -> eu-west-1"),
		m("system/availability-zone.txt", "us-west-2a", "us-west-2b", "Value: us-west-2a -> us-west-2b"),
		m("system/availability-zone.txt", "use1-az4", "use1-az5", "Notes[0].Text: use1-az4 -> use1-az5"),
		m("system/availability-zone.txt", "\nus-west-2a\n\n", "us-west-2a\n\n\n", "Line: 2 -> 1"),
	)
}
