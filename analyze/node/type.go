package node

import (
	"regexp"
	"strconv"
	"strings"
)

// A Type is an instance type. The zero Type is not known.
type Type struct {
	Name       string // "m5d.large"
	Family     string // "m5d"
	Series     string // "m"
	Generation int    // 5
	Options    string // "d"
	Size       string // "large"
}

// family is "c7i-flex", "u-6tb1", "m5d", "p6-b200".
var family = regexp.MustCompile(`^([a-z]+)(?:-[0-9]+tb)?([0-9]+)([a-z0-9-]*)$`)

// ParseType takes a name apart; the zero Type when it is none.
func ParseType(name string) Type {
	of, size, ok := strings.Cut(name, ".")
	m := family.FindStringSubmatch(of)
	if !ok || m == nil || size == "" {
		return Type{}
	}
	n, err := strconv.Atoi(m[2])
	if err != nil {
		return Type{}
	}
	return Type{Name: name, Family: of, Series: m[1], Generation: n, Options: m[3], Size: size}
}

// Known reports whether the type is known.
func (t Type) Known() bool { return t.Name != "" }
