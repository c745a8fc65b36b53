package bundle

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A kind is what the first bytes of a stream say it is.
type kind string

const (
	kindText  kind = "" // no container: the text of a file
	kindTar   kind = "tar"
	kindZip   kind = "zip"
	kindGzip  kind = "gzip"
	kindZstd  kind = "zstd"
	kindXz    kind = "xz"
	kindBzip2 kind = "bzip2"
)

// headLen is how much of a stream sniff wants to see: the block of a tar header.
const headLen = 512

// archive reports a kind that holds files, not one stream.
func (k kind) archive() bool { return k == kindTar || k == kindZip }

func sniff(head []byte) kind {
	has := func(magic string) bool { return len(head) >= len(magic) && string(head[:len(magic)]) == magic }
	switch {
	case has("\x1f\x8b\x08"):
		return kindGzip
	case has("\x28\xb5\x2f\xfd"), len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18":
		return kindZstd
	case has("\xfd7zXZ\x00"):
		return kindXz
	case has("BZh") && len(head) >= 10 && string(head[4:10]) == "\x31\x41\x59\x26\x53\x59":
		return kindBzip2
	case has("PK\x03\x04"), has("PK\x05\x06"):
		return kindZip
	case isTar(head):
		return kindTar
	}
	return kindText
}

// isTar reports whether head is a tar header. The checksum decides, as the
// oldest tars have no magic: bytes 148 to 155 are the sum of all bytes of the
// block in octal, taken with these eight as spaces.
func isTar(head []byte) bool {
	if len(head) < headLen || head[0] == 0 {
		return false
	}
	want, digits := 0, 0
	for _, c := range bytes.Trim(head[148:156], " \x00") {
		if c < '0' || c > '7' {
			return false
		}
		want, digits = want*8+int(c-'0'), digits+1
	}
	sum := 8 * int(' ')
	for i, c := range head[:headLen] {
		if i < 148 || i >= 156 {
			sum += int(c)
		}
	}
	return digits > 0 && sum == want
}

// promised says what the name of an input claims and its content is not: ""
// if it claims nothing. layers is the number of compressions found around it.
func promised(name string, layers int) string {
	name = strings.ToLower(name)
	ends := func(suffixes ...string) bool {
		for _, s := range suffixes {
			if strings.HasSuffix(name, s) {
				return true
			}
		}
		return false
	}
	switch {
	case ends(".tgz", ".tar", ".tar.gz", ".tar.zst", ".tar.xz", ".tar.bz2", ".tbz2", ".txz"):
		return "a tar archive"
	case ends(".zip"):
		return "a zip archive"
	case layers == 0 && ends(".zst"):
		return "zstd data"
	case layers == 0 && ends(".xz"):
		return "xz data"
	}
	return ""
}

// isUTF16 reports whether a single file is text as "command > file" of Windows
// PowerShell 5 writes it: with a mark of the byte order, and mostly ASCII.
func isUTF16(head []byte) bool {
	head = head[:len(head)&^1]
	if len(head) < 4 {
		return false
	}
	high := 1 // of a pair: the second byte
	switch {
	case head[0] == 0xff && head[1] == 0xfe:
	case head[0] == 0xfe && head[1] == 0xff:
		high = 0
	default:
		return false
	}
	ascii := 0
	for i := 2; i < len(head); i += 2 {
		if head[i+high] == 0 && head[i+1-high] != 0 {
			ascii++
		}
	}
	return 2*ascii >= len(head)/2-1
}

// isText reports whether a single file can be a log. It may start with NULs: a
// log that is truncated while its writer keeps the offset does.
func isText(head []byte) bool {
	head = bytes.TrimLeft(head, "\x00")
	odd := 0
	for rest := head; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 && utf8.FullRune(rest) {
			odd++
		} else if r < ' ' && !strings.ContainsRune("\t\n\v\f\r\b\x1b", r) || r == 0x7f {
			odd++
		}
		rest = rest[n:]
	}
	return len(head) > 0 && odd*10 <= len(head)
}
