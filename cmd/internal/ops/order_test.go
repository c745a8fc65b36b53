package ops

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

func newGunzip(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }

// TestAnalyze_order packs the files of each scenario in other orders: a report
// says the same for all.
func TestAnalyze_order(t *testing.T) {
	for _, name := range scenarioNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := plainTar(t, name)
			analyze := func(text []byte) string {
				return indented(t, analyzed(t, AnalyzeRequest{Input: "-", Stdin: bytes.NewReader(text), Home: t.TempDir(), Workers: 1}))
			}
			want := analyze(text)
			for seed := range 3 {
				if got := analyze(shuffled(t, text, uint64(seed))); got != want {
					t.Errorf("order %d of the files makes another report: %s", seed, firstDiff(want, got))
				}
			}
		})
	}
}

// firstDiff shows where two texts part.
func firstDiff(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	from := max(0, i-300)
	return fmt.Sprintf("%s\n<<< %.300s\n>>> %.300s", a[from:i], a[i:], b[i:])
}

// shuffled has the entries of a tar archive in another order.
func shuffled(t *testing.T, text []byte, seed uint64) []byte {
	t.Helper()
	type entry struct {
		h    *tar.Header
		text []byte
	}
	var all []entry
	for tr := tar.NewReader(bytes.NewReader(text)); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry{h, body})
	}
	rnd := rand.New(rand.NewPCG(3, seed))
	rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, e := range all {
		if err := tw.WriteHeader(e.h); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write(e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAnalyze_sameBytes runs one analysis often, with other numbers of workers.
func TestAnalyze_sameBytes(t *testing.T) {
	text := plainTar(t, "crashloop-oom")
	want := ""
	for i := range 20 {
		r := analyzed(t, AnalyzeRequest{Input: "-", Stdin: bytes.NewReader(text), Home: t.TempDir(), Workers: 1 + i%8})
		got := jsonOf(t, r)
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("run %d with %d workers: %s", i, 1+i%8, firstDiff(want, got))
		}
	}
}

// TestAnalyze_cancelled stops the analysis at several places of its input:
// nothing is left, neither a draft nor a goroutine.
func TestAnalyze_cancelled(t *testing.T) {
	text := plainTar(t, "imds-blocked")
	s := newSandbox(t)
	before := runtime.NumGoroutine()
	for i := range 10 {
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := fmt.Errorf("stopped by the test at %d", i)
		in := io.MultiReader(bytes.NewReader(text[:len(text)*i/10]), &trigger{func() { cancel(stop) }}, bytes.NewReader(text[len(text)*i/10:]))
		r, err := Analyze(ctx, AnalyzeRequest{Input: "-", Stdin: in, Home: s.home})
		if r != nil || !errors.Is(err, stop) {
			t.Errorf("cancelled at %d/10: %v, want the cause", i, err)
		}
		s.checkHome(t, &outcome{})
		cancel(nil)
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
}

// A trigger is an empty reader that does something when it is read.
type trigger struct{ do func() }

func (t *trigger) Read([]byte) (int, error) { t.do(); return 0, io.EOF }
