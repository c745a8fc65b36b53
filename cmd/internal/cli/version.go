package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/eksleuth/eksleuth/analyze/report"
	"github.com/eksleuth/eksleuth/cmd/internal/ops"
)

// release is set by the build: -ldflags "-X .../cmd/internal/cli.release=v1.2.3".
var release string

// version is the release, or what the Go tool wrote into the binary.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return cmp.Or(release, "unknown")
	}
	return cmp.Or(release, info.Main.Version, "unknown")
}

// A versionDocument is what version prints as JSON and YAML.
type versionDocument struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Date     string `json:"date"` // of the commit
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Rules    string `json:"rules"` // hash of the rules and checks in force
	Pack     string `json:"pack"`  // folder with rules of the user that are among them; "" for none
}

func (p *program) versionCommand() *cli.Command {
	return &cli.Command{
		Name:        "version",
		Usage:       "print the version of the program and of its rules",
		Description: "Examples:\n  eksleuth version\n  eksleuth version --format json",
		Flags:       outputFlags(),
		Action:      p.version,
	}
}

func (p *program) version(c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	hash, err := rulesHash()
	if err != nil {
		return err
	}
	doc := build()
	doc.Rules, doc.Pack = hash, ops.HomePack("")
	out, err := p.open(c)
	if err != nil {
		return err
	}
	if out.format != "table" {
		return out.close(out.document(doc))
	}
	_, err = fmt.Fprintf(out.w, "eksleuth %s\ncommit   %s %s\ngo       %s %s\nrules    %s\n",
		doc.Version, cmp.Or(doc.Commit, "unknown"), doc.Date, doc.Go, doc.Platform, doc.Rules)
	if err == nil && doc.Pack != "" {
		_, err = fmt.Fprintf(out.w, "pack     %s\n", report.Visible(doc.Pack))
	}
	return out.close(err)
}

// build reads what the Go tool wrote into the binary.
func build() versionDocument {
	doc := versionDocument{Version: version(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return doc
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			doc.Commit = s.Value
		case "vcs.time":
			doc.Date = s.Value
		case "vcs.modified":
			doc.Modified = s.Value == "true"
		}
	}
	return doc
}
