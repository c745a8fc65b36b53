// Package scriptparams reads with which parameters the collector was run.
package scriptparams

import (
	"strings"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/rows"
)

// Format is what the collector writes of its command line.
var Format = &parsers.Format{
	Name:   name,
	Doc:    "Parameters of the collector.",
	Files:  []string{"system/script-params.txt"},
	Decode: func(file string, text []byte) (any, error) { return Parse(file, text) },
}

const name = "scriptparams"

// maxParams bounds what is kept.
const maxParams = 1000

// Params is the file. It has a parameter twice when an earlier run was stopped
// before it had cleaned up.
type Params struct {
	All   []Param
	Notes rows.Notes
}

// A Param is a line.
type Param struct {
	Name, Value string
	Line        int
}

// Get returns a parameter of the last run.
func (p *Params) Get(name string) (Param, bool) {
	for i := len(p.All) - 1; i >= 0; i-- {
		if p.All[i].Name == name {
			return p.All[i], true
		}
	}
	return Param{}, false
}

// Parse reads the file.
//
//	ignore_introspection: false
//	ignore_metrics: false
//
// Written by log_parameters of eks-log-collector.sh.
func Parse(file string, text []byte) (*Params, error) {
	p := &Params{}
	for num, line := range rows.Filled(text) {
		key, value, ok := strings.Cut(line, ":")
		if !ok || key == "" || strings.ContainsAny(key, " \t") {
			p.Notes.Add(num, line)
			continue
		}
		if len(p.All) < maxParams {
			p.All = append(p.All, Param{key, strings.TrimSpace(value), num})
		}
	}
	if len(p.All) == 0 {
		return nil, p.Notes.Fail(name, file, "no parameters")
	}
	return p, nil
}
