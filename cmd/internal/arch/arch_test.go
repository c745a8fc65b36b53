// Package arch holds tests of the structure of the repository.
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/eksleuth/eksleuth/"

// layers are the top folders, lowest first. A layer imports itself and lower ones.
var layers = []string{"parsers", "index", "analyze", "cmd"}

// doors says which one folder may import a module of others.
var doors = map[string]string{
	"github.com/urfave/cli":         "cmd/internal/cli",
	"github.com/schollz/":           "cmd/internal/term",
	"github.com/blevesearch/":       "index/internal/full",
	"github.com/dlclark/regexp2":    "index/rx",
	"github.com/pelletier/go-toml":  "parsers/containerdconfig",
	"github.com/ulikunitz/xz":       "parsers/bundle",
	"github.com/prometheus/":        "parsers/metrics",
	"go.yaml.in/yaml":               "", // rules, reports and YAML inputs
	"github.com/klauspost/compress": "", // archives and the line store
}

// goFile is one source file with its imports.
type goFile struct {
	name    string // relative to the repository, with slashes
	imports []string
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	root := filepath.Join("..", "..", "..")
	var files []goFile
	for _, layer := range layers {
		err := fs.WalkDir(os.DirFS(root), layer, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || path.Ext(name) != ".go" {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			file := goFile{name: name}
			for _, spec := range f.Imports {
				p, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					return err
				}
				file.imports = append(file.imports, p)
			}
			files = append(files, file)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func layerOf(name string) int {
	for i, l := range layers {
		if strings.HasPrefix(name, l+"/") {
			return i
		}
	}
	return -1
}

func TestImport_direction(t *testing.T) {
	files := goFiles(t)
	if len(files) < 50 {
		t.Fatalf("only %d files were read: the test looks at the wrong folder", len(files))
	}
	for _, f := range files {
		for _, imp := range f.imports {
			if rest, ok := strings.CutPrefix(imp, module); ok && layerOf(rest+"/") > layerOf(f.name) {
				t.Errorf("%s imports %s: the direction is parsers <- index <- analyze <- cmd", f.name, imp)
			}
		}
	}
}

func TestDoors(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, imp := range f.imports {
			for prefix, door := range doors {
				if door != "" && strings.HasPrefix(imp, prefix) && path.Dir(f.name) != door {
					t.Errorf("%s imports %s: only %s may", f.name, imp, door)
				}
			}
		}
	}
}

// TestFolders keeps the top of the repository as it is described.
func TestFolders(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"cmd": true, "index": true, "parsers": true, "analyze": true, "testdata": true, "bin": true, "dist": true}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !known[e.Name()] {
			t.Errorf("folder %s is not part of the layout", e.Name())
		}
	}
}
