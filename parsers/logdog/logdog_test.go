package logdog_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/logdog"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, logdog.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, logdog.Format) }

func TestMutations(t *testing.T) {
	const output, failed = "bottlerocket/logdog/command-output.log", "bottlerocket-logs/logdog.errors"
	parserstest.Mutate(t, logdog.Format,
		parserstest.Mutation{File: output, Old: "exec df-inodes df -hi", New: "exec df-inodes df -i", Want: []string{"Requests[3].Command: df -hi -> df -i"}},
		parserstest.Mutation{File: output, Old: "logs are at: /var", New: "logs are at: /x", Want: []string{"Output: /var/log/support/bottlerocket-logs.tar.gz -> /x/log/support/bottlerocket-logs.tar.gz"}},
		parserstest.Mutation{File: failed, Old: "'exec wicked wicked", New: "'exec net wicked", Want: []string{"Failures[0].File: wicked -> net"}},
		parserstest.Mutation{File: failed, Old: "(os error 2)", New: "(os error 13)", Want: []string{
			"Failures[0].Error: Error starting command 'exec wicked wicked show all': No such file or directory (os error 2) -> Error starting command 'exec wicked wicked show all': No such file or directory (os error 13)"}},
	)
}
