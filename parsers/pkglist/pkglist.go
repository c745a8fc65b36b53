// Package pkglist reads which packages are installed on a node.
package pkglist

import (
	"regexp"
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is the output of rpm -qa or of dpkg --list.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Installed packages, rpm -qa or dpkg --list.",
	Files:  []string{"system/pkglist.txt"},
	Rows:   true,
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "pkglist"

// maxPackages bounds what is kept.
const maxPackages = 50_000

// A List is the file.
type List struct {
	Kind     Kind
	Packages []Package // in the order of the file: rpm has none
	Notes    rows.Notes
}

// A Kind is which program made the list.
type Kind string

// The kinds of lists.
const (
	RPM  Kind = "rpm"
	Dpkg Kind = "dpkg"
)

// A Package is a row.
type Package struct {
	Name    string // of dpkg without the ":amd64" that some have
	Version string // of rpm with the release: "1.7.27-1.eks.amzn2023.0.1"
	Arch    string // "x86_64", "noarch", "amd64", "all"; "" where it is not said
	// State is what dpkg says: "ii" is installed, "rc" removed. "" of rpm.
	State string
	Line  int
}

// Find returns the first package of a name that is installed.
func (l *List) Find(name string) (Package, bool) {
	for _, p := range l.Packages {
		if p.Name == name && (p.State == "" || strings.HasPrefix(p.State, "ii") || strings.HasPrefix(p.State, "hi")) {
			return p, true
		}
	}
	return Package{}, false
}

// Parse reads either list. Old versions of dpkg cut columns to 80 characters
// in all.
//
//	containerd-1.7.27-1.eks.amzn2023.0.1.x86_64
//	gpg-pubkey-c87f5b1a-593863f8
//
//	Desired=Unknown/Install/Remove/Purge/Hold
//	||/ Name                             Version                        Architecture Description
//	+++-================================-==============================-============-==============
//	ii  zlib1g:amd64                     1:1.2.13.dfsg-1                amd64        compression library - runtime
func Parse(file string, text []byte) (*List, error) {
	p := parser{list: &List{Kind: RPM}}
	for num, line := range rows.Filled(text) {
		p.line(num, line)
	}
	if len(p.list.Packages) == 0 {
		return nil, p.list.Notes.Fail(name, file, "no packages")
	}
	return p.list, nil
}

type parser struct {
	list *List
	rows bool // the head of dpkg was seen
	arch bool // it has a column for architectures
}

func (p *parser) line(num int, s string) {
	switch {
	case strings.HasPrefix(s, "Desired=") || strings.HasPrefix(s, "| Status=") || strings.HasPrefix(s, "|/ Err?="):
		p.list.Kind = Dpkg
	case strings.HasPrefix(s, "||/ Name"):
		p.arch = strings.Contains(s, " Arch")
	case strings.HasPrefix(s, "+++-="):
		p.list.Kind, p.rows = Dpkg, true
	default:
		p.add(num, s)
	}
}

func (p *parser) add(num int, s string) {
	read := rpm
	if p.rows {
		read = p.dpkg
	}
	pkg, ok := read(s)
	if !ok {
		p.list.Notes.Add(num, s)
		return
	}
	if len(p.list.Packages) < maxPackages {
		pkg.Line = num
		p.list.Packages = append(p.list.Packages, pkg)
	}
}

// rpmForm is name, version, release, and the architecture that keys have not.
var rpmForm = regexp.MustCompile(`^([^\s/:]+)-([^\s/-]+-[^\s/-]+?)(?:\.([a-z][a-z0-9_]*|\(none\)))?$`)

func rpm(s string) (pkg Package, ok bool) {
	m := rpmForm.FindStringSubmatch(s)
	if m == nil {
		return pkg, false
	}
	return Package{Name: m[1], Version: m[2], Arch: m[3]}, true
}

// dpkg reads a row, whose description may be cut off or not there.
func (p *parser) dpkg(s string) (pkg Package, ok bool) {
	f := strings.Fields(s)
	if len(f) < 3 || len(f[0]) < 2 || len(f[0]) > 3 || s[0] == ' ' {
		return pkg, false
	}
	pkg = Package{Version: f[2], State: f[0]}
	pkg.Name, pkg.Arch, _ = strings.Cut(f[1], ":")
	if p.arch && len(f) > 3 {
		pkg.Arch = f[3]
	}
	return pkg, true
}
