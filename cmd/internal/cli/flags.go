package cli

import (
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/area/network"
	"github.com/eksleuth/eksleuth/analyze/checks/area/storage"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
	"github.com/eksleuth/eksleuth/cmd/internal/term"
)

var severities = []string{string(analyze.Critical), string(analyze.High), string(analyze.Medium), string(analyze.Low), string(analyze.Info)}

// values are the words that a flag may have: help lists them, completion
// offers them and choice checks them. The name of a command stands before that
// of a flag which differs there.
var values = map[string][]string{
	"format":         {"table", "json", "yaml"},
	"search format":  {"table", "json", "jsonl", "yaml"},
	"batch format":   {"table", "json", "jsonl", "yaml"},
	"regress format": {"table", "json", "yaml", "junit", "markdown"},
	"accept format":  {"table", "json", "yaml", "junit", "markdown"},
	"show format":    {"table", "json", "yaml", "md"},
	"sort":           {string(ops.ByFile), string(ops.ByTime)},
	"color":          {string(term.Auto), string(term.Always), string(term.Never)},
	"severity":       severities,
	"component":      analyze.Components,
	"outcome":        outcomes,

	"network sections": network.Area.Names(),
	"storage sections": storage.Area.Names(),
	"fail-on":          severities,
}

// valuesOf are the values of a flag of a command; nil means any.
func valuesOf(command *cli.Command, flag string) []string {
	if command != nil {
		if v, ok := values[command.Name+" "+flag]; ok {
			return v
		}
	}
	return values[flag]
}

// choice is the value of a flag that is one of values, "" when it is not set.
func choice(c *cli.Context, name string) (string, error) {
	v, known := c.String(name), valuesOf(c.Command, name)
	if v == "" && !c.IsSet(name) || slices.Contains(known, v) {
		return v, nil
	}
	return "", usagef("--%s %s: it must be one of %s%s", name, quoted(v), strings.Join(known, ", "), didYouMean(v, known, ""))
}

func quoted(s string) string { return strconv.Quote(s) }

// homeFlag says where the cases are.
func homeFlag() cli.Flag {
	return &cli.StringFlag{Name: "home", Usage: "keep cases below `DIR`, not in $EKSLEUTH_HOME or the data folder of the system"}
}

// fullName is the name of a command as users write it: rules show.
func fullName(c *cli.Context) string { return strings.TrimPrefix(c.Command.HelpName, c.App.Name+" ") }

// noArguments, oneArgument check the number of arguments.
func noArguments(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("%s takes no argument, but got %s", fullName(c), quoted(c.Args().First()))
	}
	return nil
}

func oneArgument(c *cli.Context, what string) (string, error) {
	switch c.NArg() {
	case 0:
		return "", usagef("%s needs %s", fullName(c), what)
	case 1:
		if c.Args().First() != "" {
			return c.Args().First(), nil
		}
		return "", usagef("%s needs %s, but got an empty word", fullName(c), what)
	}
	return "", usagef("%s takes one argument, but got %s as well", fullName(c), quoted(c.Args().Get(1)))
}

// positive is a number of at least 1; 0 when the flag is not set.
func positive(c *cli.Context, name string) (int, error) {
	if !c.IsSet(name) {
		return 0, nil
	}
	n, err := strconv.Atoi(c.String(name))
	if err != nil || n < 1 {
		return 0, usagef("--%s %s: it must be a whole number from 1 on", name, quoted(c.String(name)))
	}
	return n, nil
}

// whole is a number of at least 0; standard when the flag is not set.
func whole(c *cli.Context, name string, standard int) (int, error) {
	if !c.IsSet(name) {
		return standard, nil
	}
	n, err := strconv.Atoi(c.String(name))
	if err != nil || n < 0 || n > math.MaxInt32 {
		return 0, usagef("%s %s: it must be a whole number from 0 on", dashes(name), quoted(c.String(name)))
	}
	return n, nil
}

// dashes is the name of a flag as users write it.
func dashes(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// portion is a share from 0 to 1, also written as 97%; 0 when the flag is not set.
func portion(c *cli.Context, name string) (float64, error) {
	if !c.IsSet(name) {
		return 0, nil
	}
	digits, percent := strings.CutSuffix(c.String(name), "%")
	f, err := strconv.ParseFloat(digits, 64)
	if percent {
		f /= 100
	}
	if err != nil || !(f > 0 && f <= 1) {
		return 0, usagef("--%s %s: it must be a share such as 0.97 or 97%%", name, quoted(c.String(name)))
	}
	return f, nil
}

// size is a number of bytes; 0 when the flag is not set.
func size(c *cli.Context, name string) (int64, error) {
	if !c.IsSet(name) {
		return 0, nil
	}
	n, ok := parseSize(c.String(name))
	if !ok {
		return 0, usagef("--%s %s: it must be a size from 1 byte on, such as 500MB or 8GiB", name, quoted(c.String(name)))
	}
	return n, nil
}

// units of sizes. A bare letter counts in powers of 1024, as in df -h.
var units = map[string]float64{
	"": 1, "b": 1,
	"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
}

// parseSize reads "1024", "8GiB", "1.5 GB".
func parseSize(s string) (int64, bool) {
	digits := strings.TrimRight(strings.ToLower(s), "bgikmt ")
	unit, ok := units[strings.TrimSpace(strings.ToLower(s[len(digits):]))]
	n, err := strconv.ParseFloat(digits, 64)
	n *= unit
	if !ok || err != nil || !(n >= 1 && n < math.MaxInt64) {
		return 0, false
	}
	return int64(n), true
}

// moment reads a time or a day. A day stands for its start, or with end for
// its last instant. The zero time means that the flag is not set.
func moment(c *cli.Context, name string, end bool) (time.Time, error) {
	s := c.String(name)
	if !c.IsSet(name) {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, usagef("--%s %s: it must be a day (2026-11-21) or a time (2026-11-21T00:38:00Z)", name, quoted(s))
	}
	if end {
		t = t.AddDate(0, 0, 1).Add(-time.Nanosecond)
	}
	return t, nil
}

// glob is a pattern with * and ?; "" when the flag is not set.
func glob(c *cli.Context, name string) (string, error) {
	p := c.String(name)
	if !validGlob(p) {
		return "", usagef("--%s %s: the pattern has an open bracket or ends in a backslash", name, quoted(p))
	}
	return p, nil
}

func validGlob(pattern string) bool {
	_, err := path.Match(pattern, "")
	return err == nil
}
