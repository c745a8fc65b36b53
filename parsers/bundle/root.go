package bundle

import (
	"path"
	"strings"
)

// folders are the first path components that the two producers of bundles
// write: eks-log-collector.sh and the log collector of the node monitoring
// agent (automode, bottlerocket; bottlerocket-logs is the top of a logdog
// archive that somebody handed in without its bundle).
var folders = map[string]bool{
	"kernel": true, "modinfo": true, "system": true, "docker": true,
	"containerd": true, "storage": true, "var_log": true, "networking": true,
	"sandbox-image": true, "ipamd": true, "sysctls": true, "kubelet": true,
	"nodeadm": true, "cni": true, "gpu": true, "automode": true,
	"bottlerocket": true, "bottlerocket-logs": true,
}

// maxAbove is how many folders may stand above a bundle in one archive.
const maxAbove = 4

// roots knows where in the input the bundle stands. The first root that is met
// is the bundle's; all others belong to other bundles.
type roots struct {
	known  bool
	prefix string // "" or "eks_i-0abc_2026-11-21_0020-UTC_0.7.9"
}

// place returns p below the bundle's root. p is the path in the input, through
// all archives: the members of a nested archive stand below the archive's own
// path, so the first known folder from the left decides, and an archive inside
// a bundle is part of it. ok is false if p belongs to another bundle, and then
// rel is that bundle's root.
func (r *roots) place(p string, dir bool, level int) (rel string, ok bool) {
	prefix, found := rootOf(p, dir, level)
	if found && !r.known {
		r.known, r.prefix = true, prefix
	}
	if found && prefix != r.prefix {
		return prefix, false
	}
	return r.rel(p), true
}

// rel is p below the root, or p itself if it stands elsewhere.
func (r *roots) rel(p string) string {
	if r.prefix == "" {
		return p
	}
	if rest, under := strings.CutPrefix(p, r.prefix+"/"); under {
		return rest
	}
	return p
}

// foreign reports whether the archive at p is a bundle beside the one that is
// being read.
func (r *roots) foreign(p string, level int) bool {
	if _, inside := rootOf(p, false, level); inside || !r.known {
		return false
	}
	return p != r.prefix && !strings.HasPrefix(r.prefix, p+"/") && isBundleName(path.Base(p))
}

// bundleName is the innermost part of the root that is named like a bundle.
func (r *roots) bundleName() string {
	parts := strings.Split(r.prefix, "/")
	for i := len(parts) - 1; i >= 0; i-- {
		if isBundleName(parts[i]) {
			return parts[i]
		}
	}
	return ""
}

// rootOf returns what stands before the first known folder of p. level is the
// number of archives that p leads through.
func rootOf(p string, dir bool, level int) (prefix string, ok bool) {
	start := 0
	for depth := 0; depth <= maxAbove+level*(maxAbove+1); depth++ {
		n := strings.IndexByte(p[start:], '/')
		if n < 0 {
			if dir && folders[p[start:]] {
				return strings.TrimSuffix(p[:start], "/"), true
			}
			return "", false
		}
		if folders[p[start:start+n]] {
			return strings.TrimSuffix(p[:start], "/"), true
		}
		start += n + 1
	}
	return "", false
}
