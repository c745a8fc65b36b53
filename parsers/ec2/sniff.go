package ec2

import (
	"bytes"
	"regexp"
	"strings"
)

// begins reports whether a text or yaml output starts here.
func begins(text []byte) bool {
	head := text[:min(len(text), 2000)]
	return isText(head) || yamlBegins.Match(head) || projected(yamlRecord(head))
}

var yamlBegins = regexp.MustCompile(`^(?:- )*(?:Reservations|Instances|MetadataOptions|InstanceId|Http\w+):`)

// A field is a value of the first row that a query gave, with its name if the
// query named it.
type field struct{ name, value string }

var (
	record    = regexp.MustCompile(`^[\[{]{1,4}((?:(?:"[^"]*":)?(?:"[^"]*"|-?\d+|null|true|false),?)+)`)
	item      = regexp.MustCompile(`(?:"([^"]*)":)?(?:"([^"]*)"|([\w-]+))`)
	yamlItem  = regexp.MustCompile(`^(?:- )*(?:([A-Za-z]\w*): )?['"]?([^'":]+)['"]?$`)
	ec2Name   = regexp.MustCompile(`^(?:ip-\d+-\d+-\d+-\d+|i-[0-9a-f]{8,17})\.(?:ec2|[a-z0-9-]+\.compute)\.internal$`)
	stateText = regexp.MustCompile(`^(?:required|optional|enabled|disabled)$`)
)

// jsonRecord are the fields of the first list or map of scalars.
//
//	[["i-07c3d9ab1e4f301ef", "required", 1],
//	[{"ID": "i-07c3d9ab1e4f301ef", "Tok": "required", "Hop": 1},
func jsonRecord(head []byte) (fields []field) {
	squeezed := bytes.Join(bytes.Fields(head[:min(len(head), 2000)]), nil)
	m := record.FindSubmatch(squeezed)
	if m == nil {
		return nil
	}
	for _, f := range item.FindAllSubmatch(m[1], -1) {
		fields = append(fields, field{string(f[1]), string(f[2]) + string(f[3])})
	}
	if rest := squeezed[len(m[0]):]; len(rest) > 0 && rest[0] == '{' && bytes.Contains(head, []byte("HttpTokens")) {
		fields = append(fields, field{"HttpTokens", "required"}) // the options as they are
	}
	return fields
}

// yamlRecord are those of YAML.
//
//   - - i-07c3d9ab1e4f301ef        - Hop: 1
//   - required                     ID: i-07c3d9ab1e4f301ef
//   - 1                            Tok: required
func yamlRecord(head []byte) (fields []field) {
	if !bytes.HasPrefix(head, []byte("- ")) {
		return nil
	}
	flat := !bytes.HasPrefix(head, []byte("- - ")) && !bytes.Contains(head[:min(len(head), 200)], []byte(": "))
	first := true
	for row := range bytes.Lines(head) {
		row = bytes.TrimRight(row, " \r\n")
		if len(fields) == 20 || !first && !flat && bytes.HasPrefix(row, []byte("- ")) {
			break
		}
		first = false
		m := yamlItem.FindSubmatch(bytes.TrimLeft(row, " "))
		if m == nil {
			break
		}
		fields = append(fields, field{string(m[1]), string(m[2])})
	}
	return fields
}

// projected reports whether fields are of an instance: one tells which, another
// something of its metadata options, or the query left out the names.
func projected(fields []field) bool {
	which, options, other := false, false, false
	for _, f := range fields {
		switch {
		case idText.MatchString(f.value) || ec2Name.MatchString(f.value):
			which = true
		case stateText.MatchString(f.value) || hopName.MatchString(f.name):
			options = true
		default:
			other = other || f.name == ""
		}
	}
	return which && (options || other && !strings.Contains(fields[0].value, " "))
}
