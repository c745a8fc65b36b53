package analyze

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A frontMatter is the part of a runbook's front matter that makes it a rule.
// Runbooks have more keys than these; they are for people.
type frontMatter struct {
	Title    string   `yaml:"title"`
	Status   string   `yaml:"status"`
	Severity string   `yaml:"severity"`
	Triggers []string `yaml:"triggers"`
}

// LoadRunbooks reads every *.md and *.txt of a folder that has front matter
// with triggers, and makes a rule of each: "runbook.NAME" matches any line of
// any file that one of the triggers matches. Files without triggers are left
// out. Errors name the file and the line.
func LoadRunbooks(fsys fs.FS) ([]*Rule, error) {
	var names []string
	for _, pattern := range []string{"*.md", "*.markdown", "*.txt"} {
		found, err := fs.Glob(fsys, pattern)
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	sort.Strings(names)
	var rules []*Rule
	var errs []error
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		r, err := runbookRule(name, data)
		if err != nil {
			errs = append(errs, err)
		} else if r != nil {
			rules = append(rules, r)
		}
	}
	return rules, errors.Join(errs...)
}

// runbookRule makes a rule of one runbook; nil if it has no triggers.
func runbookRule(file string, data []byte) (*Rule, error) {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	rest, ok := bytes.CutPrefix(data, []byte("---\n"))
	if !ok {
		return nil, nil
	}
	head, _, ok := bytes.Cut(rest, []byte("\n---"))
	if !ok {
		return nil, fmt.Errorf("%s:1: the front matter has no end", file)
	}
	var fm frontMatter
	if err := yaml.Unmarshal(head, &fm); err != nil {
		return nil, fmt.Errorf("%s: front matter: %w", file, err)
	}
	if len(fm.Triggers) == 0 {
		return nil, nil
	}
	r := &Rule{
		ID: "runbook." + slug(file), Title: fm.Title, Component: "node", Source: []string{anySource},
		Slow:    true, // a runbook of somebody else works as it stands
		Summary: "A trigger of this runbook matched. What to look at next is in " + file + ".",
		Runbook: runbookID(fm.Title, file), Confidence: 0.5, at: file + ":1",
	}
	r.Severity = Severity(strings.ToLower(fm.Severity))
	if r.Severity == "" {
		r.Severity = Medium
	}
	var branches []string
	for _, t := range fm.Triggers {
		if strings.TrimSpace(t) == "" {
			return nil, fmt.Errorf("%s: an empty trigger matches every line", file)
		}
		if _, err := regexp.Compile(t); err != nil {
			return nil, fmt.Errorf("%s: trigger %q: %w", file, t, err)
		}
		branches = append(branches, "(?:"+t+")")
	}
	r.Match = strings.Join(branches, "|")
	var errs []error
	for _, p := range r.check() {
		errs = append(errs, fmt.Errorf("%s: %s", r.at, p.text))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return r, nil
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes an id of a file name: "H3-imds.md" is "h3_imds".
func slug(file string) string {
	base := strings.ToLower(strings.TrimSuffix(path.Base(file), path.Ext(file)))
	return strings.Trim(notSlug.ReplaceAllString(base, "_"), "_")
}

var runbookTitle = regexp.MustCompile(`^([A-Z]\d+)\b`)

// runbookID is the short id that titles begin with ("H3 — IMDS ..."), or the
// name of the file.
func runbookID(title, file string) string {
	if m := runbookTitle.FindStringSubmatch(title); m != nil {
		return m[1]
	}
	return file
}
