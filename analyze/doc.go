package analyze

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// MustDoc reads the check.yaml of a check. It panics when that is wrong: the
// file is a part of the binary, and a test of each check reads it.
func MustDoc(text []byte) *Doc {
	d, err := parseDoc(text)
	if err != nil {
		panic(fmt.Sprintf("check.yaml: %v", err))
	}
	return d
}

// parseDoc reads a Doc strictly: an unknown key is an error, and so is a
// missing text.
func parseDoc(text []byte) (*Doc, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	d := &Doc{}
	if err := dec.Decode(d); err != nil {
		return nil, err
	}
	for _, field := range []struct{ name, value string }{
		{"id", d.ID}, {"title", d.Title}, {"component", d.Component}, {"summary", d.Summary}, {"needs", d.Needs},
	} {
		if field.value == "" {
			return nil, fmt.Errorf("%s: no %s", d.ID, field.name)
		}
	}
	if d.Severity.Rank() == 0 {
		return nil, fmt.Errorf("%s: severity %q", d.ID, d.Severity)
	}
	if d.Confidence < 0 || d.Confidence > 1 {
		return nil, fmt.Errorf("%s: confidence %v", d.ID, d.Confidence)
	}
	for _, a := range d.Actions {
		if a.Text == "" || a.Safety != Green && a.Safety != Yellow && a.Safety != Red {
			return nil, fmt.Errorf("%s: action %q has safety %q", d.ID, a.Text, a.Safety)
		}
	}
	return d, nil
}
