package containerdstate

import (
	"context"
	"regexp"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/runc"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/analyze/gates"
	"github.com/eksleuth/eksleuth/parsers"
)

// What containerd config dump prints when it cannot read the file; warnings may
// stand before it. The daemon says the same when it starts, behind the name of
// the node and the time: that is for the rule containerd.config.invalid.
//
//	time="2026-11-21T00:21:01.123456789Z" level=warning msg="deprecation"
//	containerd: failed to load TOML from /etc/containerd/config.toml: toml: table registry already exists
var refusedConfig = regexp.MustCompile(`^containerd: ((?:failed to load TOML|failed to unmarshal|expected containerd config version|invalid (?:disabled )?plugin|.{0,200}unsupported config (?:file )?version).*)`)

// configRefused looks for a configuration that containerd cannot read. One that
// runs has read another one, and does not start again.
func configRefused(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	at, text, err := refusedAt(p)
	switch {
	case err != nil:
		return analyze.Verdict{}, err
	case text != "":
		return network.Found(refused(p, at, text)), nil
	}
	all := runc.Configs(p)
	if len(all) == 0 {
		return network.NoData(whole.Absent(p, runc.Place)), nil
	}
	if f := all[0]; f.Value.Cut || whole.Cut(p, f.Path) != "" {
		return network.NoData(f.Path + " is not whole"), nil
	}
	return network.Clear("containerd reads its configuration"), nil
}

// refusedAt is the line that says what is wrong; no text without one.
func refusedAt(p *analyze.Pass) (at parsers.Pos, text string, err error) {
	f := p.File(runc.Place)
	if f == nil {
		return at, "", nil
	}
	err = p.Lines(f, 1, func(n int, line []byte) bool {
		if m := refusedConfig.FindSubmatch(line); m != nil {
			at, text = parsers.Pos{File: f.Path, Line: n}, strings.TrimSpace(string(m[1]))
		}
		return text == ""
	})
	return at, text, err
}

// refused is the finding, by whether containerd runs.
func refused(p *analyze.Pass, at parsers.Pos, text string) analyze.Match {
	g := gates.Of(p, gates.Containerd)
	m := analyze.Match{Severity: analyze.High, At: []parsers.Pos{at}}
	told := []gates.Says{gates.Up}
	switch g.State {
	case gates.Alive:
		m.Summary = "containerd runs with what it read at its start, and the next start fails: " + text
	case gates.Dead:
		m.Severity, told = analyze.Critical, []gates.Says{gates.Down, gates.Halfway}
		m.Summary = "containerd does not run, and cannot read its configuration: " + text
		m.Explains = []string{
			"containerd.config.invalid", "kubelet.start.cri_unavailable", "kubelet.runtime.down", "kubelet.cri.connection_lost",
			"systemd.kubelet.failed", "systemd.unit.restart_loop", "nodeadm.command.failed",
		}
	default:
		m.Summary = "containerd cannot start with its configuration: " + text
		return m
	}
	for _, proof := range g.Which(told...) {
		if proof.At.File != "" {
			m.At = append(m.At, proof.At)
		}
	}
	return m
}
