package cversion_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/parsers/cversion"
	"github.com/eksleuth/eksleuth/parsers/parserstest"
)

func Test(t *testing.T)       { parserstest.Run(t, cversion.Format) }
func FuzzFormat(f *testing.F) { parserstest.Fuzz(f, cversion.Format) }

func TestMutations(t *testing.T) {
	m := func(from, to string, want ...string) parserstest.Mutation {
		return parserstest.Mutation{File: "containerd/containerd-version.txt", Old: from, New: to, Want: want}
	}
	parserstest.Mutate(t, cversion.Format,
		m("  Version:  v1.7.28", "  Version:  v1.7.27", "Client.Version: v1.7.28 -> v1.7.27"),
		m("Go version: go1.26.8", "Go version: go1.26.9", "Client.GoVersion: go1.26.8 -> go1.26.9"),
		m("Server:\n  Version:  v1.7.28", "Server:\n  Version:  v2.0.1", "Server.Version: v1.7.28 -> v2.0.1"),
		m("Revision: 05044ec0", "Revision: 15044ec0", "Server.Revision: 05044ec0a9a75232cad458027ca83437aae3f4da -> 15044ec0a9a75232cad458027ca83437aae3f4da"),
		m("UUID: 27b07cde", "UUID: 37b07cde", "Server.UUID: 27b07cde-2323-4f15-b2d4-6e8065fc7f36 -> 37b07cde-2323-4f15-b2d4-6e8065fc7f36"),
		m("context deadline exceeded: connection error", "connection error", `Error: failed to dial "/run/containerd/containerd.sock": context deadline exceeded: connection error: desc = "transport: error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused" -> failed to dial "/run/containerd/containerd.sock": connection error: desc = "transport: error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"`),
		m("WARNING: revision mismatch", "WARNING: other mismatch", "Notes[2].Text: WARNING: revision mismatch -> WARNING: other mismatch"),
	)
}
