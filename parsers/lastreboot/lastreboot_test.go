package lastreboot_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/lastreboot"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, lastreboot.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, lastreboot.Format) }

func TestMutations(t *testing.T) {
	parserstest.Mutate(t, lastreboot.Format,
		parserstest.Mutation{File: "system/last_reboot.txt", Old: "Tue Jan 27 12:46", New: "Tue Jan 27 12:47", Want: []string{"Boots[1].Start: 2026-01-27T12:46:00Z -> 2026-01-27T12:47:00Z", "Boots[1].Text: Tue Jan 27 12:46 -> Tue Jan 27 12:47"}},
		parserstest.Mutation{File: "system/last_reboot.txt", Old: "13:31 (7+00:45)", New: "13:31 (6+00:00)", Want: []string{"Boots[1].Lasted: 607500000000000 -> 518400000000000", "Boots[1].Down: false -> true"}},
	)
}
