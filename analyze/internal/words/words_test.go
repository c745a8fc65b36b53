package words_test

import (
	"testing"

	"github.com/eksleuth/eksleuth/analyze/internal/words"
)

func TestCount(t *testing.T) {
	f := func(n int, want string) {
		t.Helper()
		if got := words.Count(n, "address is kept", "addresses are kept"); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
	f(0, "0 addresses are kept")
	f(1, "1 address is kept")
	f(2, "2 addresses are kept")
}
