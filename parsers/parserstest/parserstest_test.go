package parserstest

import (
	"errors"
	"strings"
	"testing"

	"github.com/eksleuth/eksleuth/parsers"
)

// What the checks are for is found by them.
func TestCheckLine(t *testing.T) {
	f := func(header func([]byte) parsers.Header, want string) {
		t.Helper()
		err := checkLine(&parsers.Format{Header: header}, []byte("some line"))
		if got := message(err); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("checkLine = %q, want %q in it", got, want)
		}
	}
	f(func(l []byte) parsers.Header { return parsers.Header{} }, "")
	f(func(l []byte) parsers.Header { return parsers.Header{OK: true, Ident: l[:4], Body: 5} }, "")
	f(func(l []byte) parsers.Header { return parsers.Header{OK: true, Body: 10} }, "Body = 10")
	f(func(l []byte) parsers.Header { return parsers.Header{OK: true, Body: -1} }, "Body = -1")
	f(func(l []byte) parsers.Header { return parsers.Header{OK: true, Ident: []byte("x")} }, "not a part")
	f(func(l []byte) parsers.Header { return parsers.Header{Body: 1} }, "has nothing")
	f(func(l []byte) parsers.Header { l[0] = 'x'; return parsers.Header{} }, "changed")
	f(func(l []byte) parsers.Header { return parsers.Header{OK: true, Stamp: parsers.Stamp{Nano: 1}} }, "without a kind")
}

func TestCheckText(t *testing.T) {
	type fact struct{ N int }
	f := func(v any, err error, want string) {
		t.Helper()
		d := func(string, []byte) (any, error) { return v, err }
		got := message(checkText(&parsers.Format{Decode: d}, "a/b", []byte("one\ntwo\n")))
		if !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("checkText = %q, want %q in it", got, want)
		}
	}
	at := func(file string, line int) error {
		return &parsers.ParseError{Pos: parsers.Pos{File: file, Line: line}, Err: errors.New("odd")}
	}
	f(&fact{}, nil, "")
	f(fact{}, nil, "want a pointer")
	f(nil, nil, "want a pointer")
	f((*fact)(nil), nil, "want a pointer")
	f(nil, errors.New("odd"), "")
	f(nil, at("a/b", 2), "")
	f(nil, at("a/c", 2), "error of Decode is at a/c:2")
	f(nil, at("a/b", 9), "error of Decode is at a/b:9")
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestUnescape(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := string(unescape([]byte(in))); got != want {
			t.Errorf("unescape(%q) = %q, want %q", in, got, want)
		}
	}
	f("\\-- No entries --\n", "-- No entries --\n")
	f("(hex)\nd4c3 b2a1 # a magic number\n\n00\n", "\xd4\xc3\xb2\xa1\x00")
	f("a\n\\-- Reboot --\n\\-- Boot 1 --\nb \\-- c\n", "a\n-- Reboot --\n-- Boot 1 --\nb \\-- c\n")
}
