// Package selinux reads in which mode SELinux is on a node.
package selinux

import (
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is what collectors write of getenforce.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "The mode of SELinux, getenforce.",
	Files:  []string{"system/selinux.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "selinux"

// A State is the file.
type State struct {
	Mode Mode
	// Text is the mode as written. The node monitoring agent looks in the
	// wrong place and mostly writes "Disabled (no mountpoint)", which says
	// nothing of the node.
	Text  string
	Line  int
	Notes rows.Notes // lines around it
}

// A Mode is what SELinux does.
type Mode string

// The modes. Unknown is for a text that tells none.
const (
	Enforcing    Mode = "enforcing"
	Permissive   Mode = "permissive"
	Disabled     Mode = "disabled"
	NotInstalled Mode = "not-installed"
	Unknown      Mode = "unknown"
)

// modes are the words of getenforce and of the collectors.
var modes = map[string]Mode{
	"Enforcing": Enforcing, "Permissive": Permissive, "Disabled": Disabled, "Not installed": NotInstalled,
}

// Parse reads the file. The mode stands below a head, behind a tab.
//
//	SELinux mode:
//		 Permissive
func Parse(file string, text []byte) (*State, error) {
	s := &State{}
	head := false
	for num, line := range rows.Filled(text) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "SELinux mode:"); ok && !head {
			head, line = true, strings.TrimSpace(rest)
		}
		if head && line != "" && s.Line == 0 {
			s.Mode, s.Text, s.Line = mode(line), rows.Clip(line, 200), num
			continue
		}
		s.Notes.Add(num, line)
	}
	if s.Line == 0 {
		return nil, s.Notes.Fail(name, file, "no mode of SELinux")
	}
	return s, nil
}

func mode(text string) Mode {
	if m, ok := modes[text]; ok {
		return m
	}
	return Unknown
}
