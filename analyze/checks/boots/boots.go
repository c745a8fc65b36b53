// Package boots judges the boots of a node: how often it was started again, and
// how long its last start took.
package boots

import (
	_ "embed"

	"github.com/eksleuth/eksleuth/analyze"
)

//go:embed check.yaml
var doc []byte

// Checks are those of the boots.
var Checks = analyze.Family(doc, map[string]analyze.Run{
	"state.reboots":   reboots,
	"state.boot.slow": slow,
})
