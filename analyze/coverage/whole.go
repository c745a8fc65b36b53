package coverage

import (
	"fmt"

	"github.com/eksleuth/eksleuth/index"
)

// CutAt says that the end of the file at a path is missing; "" when it is there.
func CutAt(files []*index.File, skips []index.Skip, path string) string {
	for _, f := range files {
		if f.Path != path {
			continue
		}
		if state, why := StateOf(f, skipOf(skips, f)); state == Cut {
			return fmt.Sprintf("%s is cut: %s", path, why)
		}
	}
	return ""
}

// Absent says why there is nothing to read at a place of a bundle: the file is
// missing, empty, or holds something else.
func Absent(files []*index.File, skips []index.Skip, place string) string {
	for _, f := range files {
		if f.At() == place {
			return unsaid(f, skips)
		}
	}
	return "no " + place + " in the bundle"
}

func unsaid(f *index.File, skips []index.Skip) string {
	state, why := StateOf(f, skipOf(skips, f))
	switch {
	case state == Empty:
		return f.Path + " is empty"
	case state == Present:
		return f.Path + " does not say it"
	case why == "":
		return fmt.Sprintf("%s is %s", f.Path, state)
	}
	return fmt.Sprintf("%s is %s: %s", f.Path, state, why)
}

// skipOf says that the rest of a file was not read; nil when it was.
func skipOf(skips []index.Skip, f *index.File) *index.Skip {
	for i := range skips {
		if skips[i].Path == f.Path {
			return &skips[i]
		}
	}
	return nil
}
