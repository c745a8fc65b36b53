package full

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
)

// sumsFile lists the other files of an index, by path. bleve trusts what it
// reads: of a file that was cut or has a wrong byte it may make an answer
// without some of the documents, or a panic in a goroutine of its own. So all
// files are compared with the list before they are used, which takes 10 ms for
// 100 MB.
//
//	{"0/000000000001.zap":{"size":53211,"crc":2880314},"counts.json":{...}}
const sumsFile = "sums.json"

// A sum is what a file must be like.
type sum struct {
	Size int64  `json:"size"`
	CRC  uint32 `json:"crc"` // Castagnoli
}

func writeSums(dir string) error {
	sums := map[string]sum{}
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			sums[name], err = sumOf(root, name)
		}
		return err
	})
	if err != nil {
		return err
	}
	data, err := json.Marshal(sums)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, sumsFile), data, 0o644)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sumOf(root fs.FS, name string) (sum, error) {
	f, err := root.Open(name)
	if err != nil {
		return sum{}, err
	}
	defer f.Close()
	h := crc32.New(castagnoli)
	// Only the Reader of the file is used, so that the buffer is.
	n, err := io.CopyBuffer(h, struct{ io.Reader }{f}, make([]byte, 256<<10))
	return sum{n, h.Sum32()}, err
}

// checkSums compares the files of an index with the list, and returns how many
// folders there are.
func checkSums(dir string) (folders int, err error) {
	data, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil {
		return 0, err
	}
	var sums map[string]sum
	if err := json.Unmarshal(data, &sums); err != nil {
		return 0, fmt.Errorf("read %s: %w", sumsFile, err)
	}
	names := slices.Sorted(maps.Keys(sums))
	errs := make([]error, len(names))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(names)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(names); i = int(next.Add(1)) - 1 {
				errs[i] = check(os.DirFS(dir), names[i], sums[names[i]])
			}
		})
	}
	wg.Wait()
	for _, name := range names {
		if n, err := strconv.Atoi(path.Dir(name)); err == nil {
			folders = max(folders, n+1)
		}
	}
	return folders, cmp.Or(errs...)
}

func check(root fs.FS, name string, want sum) error {
	got, err := sumOf(root, name)
	if err == nil && got != want {
		err = fmt.Errorf("%s is not as it was written", name)
	}
	return err
}
