// Package appinventory reads the packages that a Bottlerocket image was made of.
package appinventory

import (
	"errors"
	"fmt"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/tree"
)

// Format owns the copy that the node monitoring agent takes of
// /usr/share/bottlerocket/application-inventory.json.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Packages of a Bottlerocket image: application-inventory.json.",
	Files:  []string{"bottlerocket/application-inventory.json"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "appinventory"

// maxPackages bounds what is kept of a file; an image has some hundreds.
const maxPackages = 20_000

// An Inventory is the file.
type Inventory struct {
	Packages []Package
	// Cut says how the text is damaged behind the last package; "" if not.
	Cut string
}

// A Package is one entry. Images from before October 2024 give all packages
// the version of the image and the build as release.
type Package struct {
	Name, Publisher       string
	Version, Release      string
	Epoch                 string
	Architecture, Summary string
	Installed             string // RFC 3339, UTC: when the image was made
	Line                  int
}

// Get returns a package by its name.
func (i *Inventory) Get(name string) (Package, bool) {
	for _, p := range i.Packages {
		if p.Name == name {
			return p, true
		}
	}
	return Package{}, false
}

// Parse reads the file.
//
//	{
//	  "Content": [
//	    {
//	      "Name": "acpid",
//	      "Publisher": "Bottlerocket",
//	      "Version": "2.4.1",
//
// Written by rpm2img of bottlerocket-os/twoliter.
func Parse(file string, text []byte) (*Inventory, error) {
	root, _, err := tree.JSON(text, 1)
	content := root.Get("Content")
	if content == nil || content.Kind != tree.List {
		if err == nil {
			err = errors.New("no list of packages")
		}
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file}, Format: name, Err: err}
	}
	out := &Inventory{}
	if err != nil {
		out.Cut = err.Error()
	}
	for _, v := range content.Items {
		if p := read(v); p.Name != "" && len(out.Packages) < maxPackages {
			out.Packages = append(out.Packages, p)
		}
	}
	if len(out.Packages) == 0 && len(content.Items) > 0 {
		return nil, &parsers.ParseError{Pos: parsers.Pos{File: file, Line: content.Line}, Format: name, Err: fmt.Errorf("none of %d entries has a name", len(content.Items))}
	}
	return out, nil
}

func read(v *tree.Value) Package {
	return Package{
		Name: v.String("Name"), Publisher: v.String("Publisher"),
		Version: v.String("Version"), Release: v.String("Release"), Epoch: v.String("Epoch"),
		Architecture: v.String("Architecture"), Summary: v.String("Summary"),
		Installed: v.String("InstalledTime"), Line: v.Line,
	}
}
