package containerdstate

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/eksleuth/eksleuth/analyze"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/network"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/runc"
	"github.com/eksleuth/eksleuth/analyze/checks/internal/whole"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/containerdconfig"
	"github.com/eksleuth/eksleuth/parsers/cversion"
)

// configVersion looks for settings that containerd does not take because they
// are of the other generation.
func configVersion(_ context.Context, p *analyze.Pass) (analyze.Verdict, error) {
	all := runc.Configs(p)
	if len(all) == 0 {
		return network.NoData(whole.Absent(p, runc.Place)), nil
	}
	f := all[0]
	version := f.Value.Version
	if !version.Set() {
		return network.NoData(f.Path + " has no version"), nil
	}
	if m := newerConfig(p, f.Path, version); m != nil {
		return network.Found(*m), nil
	}
	lines, err := misplaced(p, f.Path, f.Value)
	switch {
	case err != nil:
		return analyze.Verdict{}, err
	case len(lines) > 0:
		return network.Found(analyze.Match{
			Summary: fmt.Sprintf("containerd does not use settings that are not of version %d of its configuration", version.Value),
			At:      append(lines, parsers.Pos{File: f.Path, Line: version.Line}),
		}), nil
	case f.Value.Cut || whole.Cut(p, f.Path) != "":
		return network.NoData(f.Path + " is not whole"), nil
	}
	return network.Clear(fmt.Sprintf("the configuration is one of version %d", version.Value)), nil
}

// newerConfig is the finding about a file that the containerd of the node cannot
// read; nil when it can, or is not known.
func newerConfig(p *analyze.Pass, path string, version containerdconfig.Setting[int64]) *analyze.Match {
	for _, f := range analyze.Facts[cversion.Versions](p) {
		v := f.Value.Server
		if v.Version == "" {
			v = f.Value.Client
		}
		if version.Value >= 3 && strings.HasPrefix(strings.TrimPrefix(v.Version, "v"), "1.") {
			return &analyze.Match{
				Summary: fmt.Sprintf("the configuration is one of version %d, which containerd %s does not know", version.Value, v.Version),
				At:      []parsers.Pos{{File: path, Line: version.Line}, {File: f.Path, Line: v.Line}},
			}
		}
	}
	return nil
}

// In version 3 the plugin grpc.v1.cri keeps its own settings, those of its
// server; runtimes, registries and images have plugins of their own.
//
//	[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
//	time="2026-11-21T00:21:40Z" level=warning msg="Ignoring unknown key in TOML for plugin" error="..." key=containerd plugin=io.containerd.grpc.v1.cri
var (
	oldTable = regexp.MustCompile(`^\s*\[plugins\.["']io\.containerd\.grpc\.v1\.cri["']\.(?:containerd|registry|cni|image_decryption)\b`)
	oldKey   = regexp.MustCompile(`Ignoring unknown key.* key="?(?:containerd|registry|cni|sandbox_image|image_decryption)\b.* plugin="?io\.containerd\.grpc\.v1\.cri\b`)
	newTable = regexp.MustCompile(`^\s*\[plugins\.["']io\.containerd\.cri\.v1\.(?:images|runtime)["']`)
)

// misplaced are the first lines of the other generation.
func misplaced(p *analyze.Pass, path string, c *containerdconfig.Config) (at []parsers.Pos, err error) {
	const some = 3
	for _, f := range p.Files {
		if f.Path != path {
			continue
		}
		err = p.Lines(f, 1, func(n int, line []byte) bool {
			if c.Version.Value >= 3 && (oldTable.Match(line) || oldKey.Match(line)) || c.Version.Value == 2 && newTable.Match(line) {
				at = append(at, parsers.Pos{File: path, Line: n})
			}
			return len(at) < some
		})
	}
	return at, err
}

// root is the folder of containerd.
func root(p *analyze.Pass) string {
	for _, f := range runc.Configs(p) {
		return cmp.Or(f.Value.Root.Value, "/var/lib/containerd")
	}
	return "/var/lib/containerd"
}
