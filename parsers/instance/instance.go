// Package instance reads the three files in which the collector writes what
// the instance metadata service told it: instance ID, region and zone. A file
// that is absent means that the service did not answer.
package instance

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is system/instance-id.txt, region.txt and availability-zone.txt.
var Format = &parsers.Format{
	Name:   "instance",
	Doc:    "Instance ID, region or availability zone, as the metadata service told it.",
	Files:  []string{"system/instance-id.txt", "system/region.txt", "system/availability-zone.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

// A Kind is which of the three a file is.
type Kind string

// The kinds of identity.
const (
	ID     Kind = "instance-id"
	Region Kind = "region"
	Zone   Kind = "availability-zone"
)

// An Identity is the content of one file.
type Identity struct {
	Kind  Kind
	Value string
	Line  int
	Notes rows.Notes // what stands below
}

// forms are what the values look like. A managed node of Systems Manager, as a
// hybrid node is one, has an ID that starts with "mi-".
var forms = map[Kind]*regexp.Regexp{
	ID:     regexp.MustCompile(`^m?i-[0-9a-f]{8,32}$`),
	Region: regexp.MustCompile(`^[a-z]{2,4}(?:-[a-z]+){1,3}-[0-9]{1,2}$`),
	Zone:   regexp.MustCompile(`^[a-z]{2,4}(?:-[a-z]+){1,3}-[0-9]{1,2}(?:-[a-z0-9]+)*[a-z]$`),
}

// Parse reads the first line that is not empty. An answer that is no identity,
// such as an error page of a proxy, is an error.
func Parse(file string, text []byte) (*Identity, error) {
	id := &Identity{Kind: Kind(strings.TrimSuffix(path.Base(file), ".txt"))}
	for num, line := range rows.Filled(text) {
		if id.Line != 0 {
			id.Notes.Add(num, line)
			continue
		}
		id.Value, id.Line = strings.TrimSpace(line), num
		if form := forms[id.Kind]; form == nil || !form.MatchString(id.Value) {
			return nil, fail(file, num, fmt.Errorf("no %s: %.60q", id.Kind, id.Value))
		}
	}
	if id.Line == 0 {
		return nil, fail(file, 0, fmt.Errorf("no %s: empty file", id.Kind))
	}
	return id, nil
}

func fail(file string, line int, err error) error {
	return &parsers.ParseError{Pos: parsers.Pos{File: file, Line: line}, Format: "instance", Err: err}
}
