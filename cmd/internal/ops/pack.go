package ops

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks"
)

// HomePack is the folder with the rules of the user that are always in force:
// "rules" beside the cases. It is "" when there is none.
func HomePack(home string) string {
	dir, err := Home(home)
	if err != nil {
		return ""
	}
	dir = filepath.Join(dir, "rules")
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	return dir
}

// Packs are all folders with rules of the user: that of home, then those that
// were named.
func Packs(home string, named []string) []string {
	if dir := HomePack(home); dir != "" {
		return append([]string{dir}, named...)
	}
	return named
}

// Rules returns the rules in force and the checks, with what the user added and
// changed. Rules that only change a check are applied to it.
func Rules(home string, packs, runbooks []string) ([]*analyze.Rule, []*analyze.Check, error) {
	rules, err := analyze.Rules()
	if err != nil {
		return nil, nil, err
	}
	for _, dir := range Packs(home, packs) {
		user, err := load(dir, analyze.LoadRules)
		if err != nil {
			return nil, nil, err
		}
		rules = analyze.Override(rules, user)
	}
	for _, dir := range runbooks {
		user, err := load(dir, analyze.LoadRunbooks)
		if err != nil {
			return nil, nil, err
		}
		rules = analyze.Override(rules, user)
	}
	rules, all, err := analyze.Adjust(rules, checks.All())
	if err != nil {
		return nil, nil, &UserError{fmt.Errorf("rules: %w", err)}
	}
	return rules, all, nil
}
