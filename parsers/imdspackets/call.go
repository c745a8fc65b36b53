package imdspackets

import (
	"bytes"
	"strconv"
	"strings"
)

// maxChain is how many processes a line names: the caller and three above it.
// maxArgs is how much is kept of the arguments of each.
const (
	maxChain = 4
	maxArgs  = 4096
)

// A Call is what a line says of a request. Since 1.4 of the tool all of it is
// in lower case. Tokens are not in it.
type Call struct {
	Version int // 1 or 2 of the service's protocol

	// Unknown means that the tool could not see the request (kernels before
	// 5.0 on ARM): the Version is then a guess.
	Unknown bool

	// Chain is the process that called, its parent, and so on; at most four.
	Chain []Process

	// The request: "get", "/latest/meta-data/", "curl/8.14.1". Empty before
	// 1.1 of the tool.
	Method, Path, Agent string
}

// A Process is one of a chain. Command is cut to 15 bytes, as the kernel keeps
// it. Command and Args are empty when the process was gone.
type Process struct {
	PID     int
	Command string
	Args    string
}

// Sandbox is the ID of the pod sandbox that the caller ran in, taken from the
// arguments of containerd's shim; "" when no shim is in the chain, as for
// processes of the host and those deep below a container's first one.
func (c *Call) Sandbox() string {
	for _, p := range c.Chain {
		f := strings.Fields(p.Args)
		if len(f) == 0 || !strings.Contains(f[0], "containerd-shim") {
			continue
		}
		for i, arg := range f[:len(f)-1] {
			if arg == "-id" {
				return f[i+1]
			}
		}
	}
	return ""
}

// Read reads a line of the log; ok is false for one that is no call.
func Read(line []byte) (c Call, ok bool) {
	h := header(line)
	if !h.OK {
		return Call{}, false
	}
	var rest []byte
	c.Version, c.Unknown, rest = version(line[h.Body:])
	if len(rest) == 0 {
		return Call{}, false
	}
	chain, request := cutFold(string(rest), " req details: ")
	c.Chain = readChain(chain)
	c.request(request)
	return c, len(c.Chain) > 0
}

// version reads how the text of a call starts, up to its first process.
//
//	imdsv1(!) (pid:
//	{MISSING PAYLOAD} IMDSv2 (pid:
func version(text []byte) (v int, unknown bool, rest []byte) {
	const missing = "{missing payload} "
	if len(text) > len(missing) && strings.EqualFold(string(text[:len(missing)]), missing) {
		text, unknown = text[len(missing):], true
	}
	const prefix = "imdsv"
	if len(text) <= len(prefix) || !strings.EqualFold(string(text[:len(prefix)]), prefix) {
		return 0, false, nil
	}
	v = int(text[len(prefix)]) - '0'
	rest = bytes.TrimPrefix(text[len(prefix)+1:], []byte("(!)"))
	if v != 1 && v != 2 || !bytes.HasPrefix(rest, []byte(" (pid:")) {
		return 0, false, nil
	}
	return v, unknown, rest[1:]
}

// readChain reads "(pid:6028:curl argv:curl x) called by -> (pid:1:sh argv:sh)".
// The arguments may hold anything; nothing protects the separators in them.
func readChain(s string) []Process {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "(pid:"), ")")
	s = strings.Replace(s, ") called by -> (pid:", ") -> (pid:", 1)
	var out []Process
	for _, part := range strings.SplitN(s, ") -> (pid:", maxChain) {
		if p, ok := process(part); ok {
			out = append(out, p)
		}
	}
	return out
}

// process reads "6028:curl argv:curl x", or "6028 Unable to get argv information".
func process(s string) (Process, bool) {
	n := len(s) - len(strings.TrimLeft(s, "0123456789"))
	pid, err := strconv.ParseUint(s[:n], 10, 32)
	if err != nil {
		return Process{}, false
	}
	p := Process{PID: int(pid)}
	if rest, named := strings.CutPrefix(s[n:], ":"); named {
		p.Command, p.Args, _ = strings.Cut(rest, " argv:")
		p.Args = withoutToken(p.Args[:min(len(p.Args), maxArgs)])
	}
	return p, true
}

// request reads "get /latest/meta-data/ http/1.1, host: 169.254.169.254, user-agent: curl/8.14.1, accept: */*,".
func (c *Call) request(s string) {
	line, heads, _ := strings.Cut(s, ", ")
	if f := strings.Fields(line); len(f) == 3 {
		c.Method, c.Path = f[0], f[1]
	}
	_, agent := cutFold(", "+heads, ", user-agent: ")
	c.Agent, _, _ = strings.Cut(agent, ", ")
}

const tokenHead = "x-aws-ec2-metadata-token:"

// withoutToken takes tokens out of arguments; versions before 1.4 wrote them.
func withoutToken(args string) string {
	before, after := cutFold(args, tokenHead)
	if len(before) == len(args) {
		return args
	}
	after = strings.TrimLeft(after, " ")
	return before + "(token)" + withoutToken(strings.TrimLeft(after, tokenBytes))
}

// tokenBytes are those of a token: base64 of either alphabet, and the text that
// the tool writes instead.
const tokenBytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-*"

// cutFold cuts s around the first sep, without regard to the case of ASCII
// letters. sep is in lower case.
func cutFold(s, sep string) (before, after string) {
	low := []byte(s)
	for i, c := range low {
		if 'A' <= c && c <= 'Z' {
			low[i] = c | 0x20
		}
	}
	i := bytes.Index(low, []byte(sep))
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+len(sep):]
}
