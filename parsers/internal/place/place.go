// Package place knows where collectors that pack their files one into another
// leave them.
package place

// Logdog returns the patterns for files of Bottlerocket's logdog: its tarball
// as the bundle, inside the bundle of the node monitoring agent, and unpacked
// there by hand.
func Logdog(names ...string) []string {
	var out []string
	for _, name := range names {
		out = append(out,
			"bottlerocket-logs/"+name,
			"bottlerocket/logdog/*/bottlerocket-logs/"+name,
			"bottlerocket/logdog/bottlerocket-logs/"+name)
	}
	return out
}
