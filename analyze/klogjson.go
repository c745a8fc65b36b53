package analyze

import (
	"bytes"
	"strconv"
	"time"
)

// Components of Kubernetes that run with --logging-format=json write the same
// events in another form (k8s.io/component-base/logs/json, over zapr). Rules
// are written for klog's text, so a line of that form is rewritten as klog would
// have written it, and that text is what rules are tried on:
//
//	{"ts":1763686800000.1,"caller":"prober/prober.go:107","msg":"Probe failed","v":1,"probeType":"Liveness","pod":{"name":"web-1","namespace":"default"}}
//	I1121 01:00:00.000100       0 prober.go:107] "Probe failed" probeType="Liveness" pod="default/web-1"
//
// Other programs that log JSON begin with the level, or write the time as text.
const klogObject = `{"ts":1`

// klogText appends the text form of a line to dst: what stands before the
// object stays as it is. It returns nil for other lines.
func klogText(dst, line []byte) []byte {
	at := bytes.IndexByte(line, '{')
	if at < 0 || !bytes.HasPrefix(line[at:], []byte(klogObject)) {
		return nil
	}
	k := klogLine{text: append(dst, line[:at]...), rest: line[at+1:]}
	for k.pair() {
	}
	if !k.closed || k.behind == 0 {
		return nil
	}
	return k.text
}

// asText is the text form of a line, or the line itself.
func asText(line []byte) []byte {
	if text := klogText(nil, line); text != nil {
		return text
	}
	return line
}

// A klogLine is an object that is being rewritten.
type klogLine struct {
	text []byte
	rest []byte // what is not read yet

	ts, caller []byte
	level      int  // where the letter of the level stands in text
	behind     int  // where what follows the message begins; 0 while there is no message
	failed     bool // there was an error
	closed     bool // the object ended, and the line with it
}

// pair reads a key with its value, and what separates it from the next. It
// returns false at the end.
func (k *klogLine) pair() bool {
	key, rest := jsonValue(k.rest)
	if len(key) < 2 || key[0] != '"' || len(rest) == 0 || rest[0] != ':' {
		return false
	}
	value, rest := jsonValue(rest[1:])
	if len(value) == 0 || len(rest) == 0 {
		return false
	}
	k.take(key[1:len(key)-1], value)
	k.rest = rest[1:]
	k.closed = rest[0] == '}' && len(bytes.TrimSpace(k.rest)) == 0
	return rest[0] == ','
}

func (k *klogLine) take(key, value []byte) {
	switch {
	case k.behind == 0 && string(key) == "ts":
		k.ts = value
	case k.behind == 0 && string(key) == "caller":
		k.caller = bytes.Trim(value, `"`)
	case k.behind == 0 && string(key) == "msg":
		k.head()
		k.message(value)
		k.behind = len(k.text)
	case k.behind == 0: // the name of a logger
	case string(key) == "v":
		k.text[k.level] = 'I' // errors have no verbosity
	case string(key) == "err" && !k.failed: // klog writes it first, zapr last
		k.failed = true
		field := appendField(nil, key, value)
		k.text = append(k.text, field...)
		copy(k.text[k.behind+len(field):], k.text[k.behind:])
		copy(k.text[k.behind:], field)
	default:
		k.text = appendField(k.text, key, value)
	}
}

// head writes the header.
func (k *klogLine) head() {
	k.level = len(k.text)
	millis, _ := strconv.ParseFloat(string(k.ts), 64)
	k.text = append(k.text, 'E')
	k.text = time.UnixMicro(int64(millis*1000)).UTC().AppendFormat(k.text, "0102 15:04:05.000000")
	k.text = append(k.text, "       0 "...)
	k.text = append(k.text, k.caller[bytes.LastIndexByte(k.caller, '/')+1:]...)
	k.text = append(k.text, "] "...)
}

// message writes the message: in quotes, which is how klog writes those of
// structured calls. Those of others still end with their line feed.
func (k *klogLine) message(value []byte) {
	plain, ok := bytes.CutSuffix(value, []byte(`\n"`))
	if !ok || len(plain) == 0 {
		k.text = append(k.text, value...)
		return
	}
	for plain = plain[1:]; len(plain) > 0; plain = plain[1:] {
		if plain[0] == '\\' && len(plain) > 1 && (plain[1] == '"' || plain[1] == '\\') {
			plain = plain[1:]
		}
		k.text = append(k.text, plain[0])
	}
}

// appendField writes key="value". The escapes of JSON are those of Go.
func appendField(dst, key, value []byte) []byte {
	dst = append(append(append(dst, ' '), key...), '=')
	switch value[0] {
	case '{':
		return appendObject(dst, value)
	case '[':
		return appendObjects(dst, value)
	}
	return append(dst, value...)
}

// appendObject writes the reference to an object as "namespace/name".
func appendObject(dst, value []byte) []byte {
	key, rest := jsonValue(value[1:])
	if string(key) != `"name"` || len(rest) == 0 {
		return append(dst, value...)
	}
	name, rest := jsonValue(rest[1:])
	if len(name) < 2 || name[0] != '"' {
		return append(dst, value...)
	}
	if string(rest) == "}" {
		return append(dst, name...)
	}
	namespace, ok := bytes.CutPrefix(rest, []byte(`,"namespace":`))
	if namespace, rest = jsonValue(namespace); !ok || string(rest) != "}" || len(namespace) < 2 || namespace[0] != '"' {
		return append(dst, value...)
	}
	dst = append(dst, namespace[:len(namespace)-1]...)
	return append(append(dst, '/'), name[1:]...)
}

// appendObjects writes a list of references, as in pods=["kube-system/coredns-x"].
func appendObjects(dst, value []byte) []byte {
	begin := len(dst)
	dst = append(dst, '[')
	for rest := value[1:]; len(rest) > 0; {
		var v []byte
		if v, rest = jsonValue(rest); len(v) == 0 || v[0] != '{' || len(rest) == 0 {
			return append(dst[:begin], value...)
		}
		dst = append(appendObject(dst, v), rest[0])
		rest = rest[1:]
	}
	return dst
}

// jsonValue splits the value off that text begins with. It is empty if there
// is none.
func jsonValue(text []byte) (value, rest []byte) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			n := closingQuote(text[i+1:])
			if n < 0 {
				return nil, nil
			}
			i += n + 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		case ',', ':':
			if depth == 0 {
				return text[:i], text[i:]
			}
			continue
		default:
			continue
		}
		if depth < 0 { // it is what ends the object around the value
			return text[:i], text[i:]
		}
		if depth == 0 && (text[i] != '"' || text[0] == '"') {
			return text[:i+1], text[i+1:]
		}
	}
	return nil, nil
}

// closingQuote is where a string ends that begins before text; -1 for nowhere.
func closingQuote(text []byte) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}
