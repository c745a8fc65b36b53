// Package all lists the formats, in the order in which they are asked.
package all

import "github.com/eksleuth/eksleuth/parsers"

// Formats returns every format. A test compares the list with the folders.
func Formats() []*parsers.Format {
	return []*parsers.Format{}
}
