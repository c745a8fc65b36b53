package signpost_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/parserstest"
	"github.com/eksleuth/eksleuth/parsers/signpost"
)

func Test(t *testing.T)       { parserstest.Run(t, signpost.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, signpost.Format) }

func TestMutations(t *testing.T) {
	const file = "bottlerocket-logs/signpost"
	parserstest.Mutate(t, signpost.Format,
		parserstest.Mutation{File: file, Old: "priority=1", New: "priority=2", Want: []string{"A.Priority: 1 -> 2"}},
		parserstest.Mutation{File: file, Old: "successful=false", New: "successful=true", Want: []string{"B.Successful: false -> true"}},
		parserstest.Mutation{File: file, Old: "Next:    Set A", New: "Next:    None", Want: []string{"Next: A -> None"}},
		parserstest.Mutation{File: file, Old: "root=/dev/vda3", New: "root=/dev/vda9", Want: []string{"A.Root: /dev/vda3 -> /dev/vda9"}},
	)
}
