package parserstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eksleuth/eksleuth/parsers"
)

// golden compares what f makes of each example with its want section. Logs must
// have one; a snapshot format may test its facts in another way.
func golden(t *testing.T, f *parsers.Format) {
	for _, name := range cases(t, "testdata") {
		a := read(t, name)
		i := wantIndex(a)
		if i < 0 && !f.Log() {
			continue
		}
		got := render(f, a)
		if update() {
			rewrite(t, name, a, got)
			continue
		}
		if i < 0 {
			t.Errorf("%s has no want section", name)
			continue
		}
		if diff := cmp.Diff(string(a.Files[i].Data), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func wantIndex(a *txtar.Archive) int {
	for i, f := range a.Files {
		if f.Name == Want {
			return i
		}
	}
	return -1
}

func rewrite(t *testing.T, name string, a *txtar.Archive, got string) {
	i := wantIndex(a)
	if i < 0 {
		a.Files = append(a.Files, txtar.File{Name: Want})
		i = len(a.Files) - 1
	}
	a.Files[i].Data = []byte(got)
	if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}

// render writes the result for each file of an example below its path.
func render(f *parsers.Format, a *txtar.Archive) string {
	var b bytes.Buffer
	for _, file := range a.Files {
		if file.Name == Want {
			continue
		}
		fmt.Fprintf(&b, "# %s\n", file.Name)
		if f.Log() {
			renderLines(&b, f, unescape(file.Data))
		} else {
			renderFact(&b, f, file.Name, unescape(file.Data))
		}
	}
	return b.String()
}

// renderLines writes a record a line: number, time, level, program, and how the
// body starts. A plus sign marks a line that goes on in the next one.
func renderLines(b *bytes.Buffer, f *parsers.Format, text []byte) {
	for i, line := range split(text) {
		h := f.Header(line)
		if !h.OK {
			fmt.Fprintf(b, "%d unparsed\n", i+1)
			continue
		}
		more := ""
		if f.Continues != nil && f.Continues(line) {
			more = "+"
		}
		fmt.Fprintf(b, "%d%s %s | %s | %s | %s\n", i+1, more, stamp(h.Stamp), h.Level, h.Ident, start(line[h.Body:]))
	}
}

func renderFact(b *bytes.Buffer, f *parsers.Format, path string, text []byte) {
	v, err := f.Decode(path, text)
	if err != nil {
		fmt.Fprintf(b, "error: %v\n", err)
		return
	}
	enc := json.NewEncoder(b)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		fmt.Fprintf(b, "error: %v\n", err)
	}
}

// start is the first bytes of a body, quoted.
func start(body []byte) string { return fmt.Sprintf("%.48q", body) }

// stamp writes a time so that what it lacks is seen: a zoned one ends in Z, one
// without a year starts with the month, a count from the boot with a plus sign.
func stamp(s parsers.Stamp) string {
	t := time.Unix(0, s.Nano).UTC()
	switch s.Kind {
	case parsers.Zoned:
		return t.Format("2006-01-02T15:04:05.999999999Z")
	case parsers.Local:
		return t.Format("2006-01-02T15:04:05.999999999")
	case parsers.NoYear:
		return t.Format("01-02T15:04:05.999999999")
	case parsers.UTCNoYear:
		return t.Format("01-02T15:04:05.999999999Z")
	case parsers.SinceBoot:
		return fmt.Sprintf("+%d.%09d", s.Nano/1e9, s.Nano%1e9)
	}
	return "-"
}
