package event

import (
	"bytes"

	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/internal/when"
)

// JSON reads a line of zap, logrus or klog. Keys below the top level do not
// count; of a key that is given twice the first one does. A line that was cut
// short is read as far as it goes. Two processes that write to one file may glue
// their objects together on a line: the first one tells the time, and the worst
// of them the level, so that no error hides behind another's message.
//
//	{"level":"info","ts":"2026-11-21T00:19:47.781Z","caller":"routed-eni-cni-plugin/cni.go:131","msg":"..."}
//	{"level":"info","ts":1758103558.3896208,"caller":"init/init.go:157","msg":"Fetching instance details.."}
//	{"bind-addr":"localhost:2703","level":"info","msg":"Starting server...","time":"2024-10-07T12:13:53Z"}
//	{"ts":1727300113642.7864,"caller":"...","msg":"...","v":0}
func JSON(b []byte) Head {
	h := object(b)
	if !h.Known() {
		return h
	}
	for range maxGlued {
		at := bytes.Index(b, glue)
		if at < 0 {
			break
		}
		b = b[at+1:]
		h.Level = max(h.Level, object(b).Level)
	}
	return h
}

// glue is where an object ends and the next begins. Within a string it can only
// be followed by the end of the string, which begins no object.
var glue = []byte(`}{"`)

// maxGlued bounds the objects that are looked for behind the first one: each of
// them may be read to the end of the line.
const maxGlued = 16

// object reads the object that b starts with.
func object(b []byte) Head {
	var h Head
	if len(b) == 0 || b[0] != '{' {
		return h
	}
	var epoch, verbose bool
	for b = b[1:]; ; {
		key, value, rest := pair(b)
		if key == nil {
			break
		}
		switch string(key) {
		case "level":
			if h.Level == parsers.NoLevel {
				h.Level = Word(unquote(value))
			}
		case "ts", "timestamp", "time":
			if h.Stamp.Kind == parsers.NoStamp {
				h.Stamp, epoch = jsonTime(value)
			}
		case "v":
			verbose = true
		}
		if h.Level != parsers.NoLevel && h.Stamp.Kind != parsers.NoStamp {
			return h
		}
		b = rest
	}
	if epoch {
		h.Level = klogLevel(verbose)
	}
	return h
}

// klogLevel is the level of a klog JSON line, which names none: lines that are
// no errors carry their verbosity instead (k8s.io/component-base/logs/json).
func klogLevel(verbose bool) parsers.Level {
	if verbose {
		return parsers.Info
	}
	return parsers.Error
}

func jsonTime(v []byte) (s parsers.Stamp, epoch bool) {
	if len(v) > 0 && v[0] == '"' {
		s, _, _ = when.ISO(v[1:])
		return s, false
	}
	s, n := when.Epoch(v)
	return s, n > 0
}

// pair splits the next key and value off the inside of an object; key is nil at
// its end. value is raw: a string has its quotes.
func pair(b []byte) (key, value, rest []byte) {
	i := blanks(b, 0)
	if i >= len(b) || b[i] != '"' {
		return nil, nil, nil
	}
	end := str(b, i)
	key = unquote(b[i:end])
	i = blanks(b, end)
	if i >= len(b) || b[i] != ':' {
		return nil, nil, nil
	}
	i = blanks(b, i+1)
	end = val(b, i)
	value = b[i:end]
	i = blanks(b, end)
	if i < len(b) && b[i] == ',' {
		i++
	} else {
		i = len(b)
	}
	return key, value, b[i:]
}

func blanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return i
}

// val is the offset behind the value that starts at b[i].
func val(b []byte, i int) int {
	if i >= len(b) {
		return len(b)
	}
	switch b[i] {
	case '"':
		return str(b, i)
	case '{', '[':
		return nested(b, i)
	}
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] != ' ' {
		i++
	}
	return i
}

// nested is the offset behind the object or list that starts at b[i].
func nested(b []byte, i int) int {
	for depth := 0; i < len(b); {
		switch b[i] {
		case '"':
			i = str(b, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		i++
		if depth == 0 {
			return i
		}
	}
	return len(b)
}

// str is the offset behind the string whose opening quote is b[i].
func str(b []byte, i int) int {
	for i++; i < len(b); {
		q := bytes.IndexByte(b[i:], '"')
		if q < 0 {
			break
		}
		if even(b[i : i+q]) {
			return i + q + 1
		}
		i += q + 1
	}
	return len(b)
}

// even reports whether b ends with an even number of backslashes, so that a
// quote behind it is not escaped.
func even(b []byte) bool {
	n := len(b)
	for n > 0 && b[n-1] == '\\' {
		n--
	}
	return (len(b)-n)%2 == 0
}

// unquote drops the quotes; escapes stay as they are.
func unquote(b []byte) []byte {
	if len(b) < 2 || b[0] != '"' || b[len(b)-1] != '"' {
		return b
	}
	return b[1 : len(b)-1]
}
