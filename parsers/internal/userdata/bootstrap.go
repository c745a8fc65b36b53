package userdata

import (
	"slices"
	"strings"
)

// keptArgs are the flags of bootstrap.sh whose values are kept.
var keptArgs = []string{
	"use-max-pods", "apiserver-endpoint", "enable-docker-bridge", "aws-api-retry-attempts", "containerd-config-file",
	"container-runtime", "dns-cluster-ip", "pause-container-account", "pause-container-version", "ip-family",
	"service-ipv6-cidr", "enable-local-outpost", "cluster-id", "local-disks", "mount-bpf-fs",
}

// bootstrap finds the call of bootstrap.sh in a script, or in the commands of a
// cloud-config.
//
//	/etc/eks/bootstrap.sh my-cluster --kubelet-extra-args '--node-labels=a=b' \
//	  --use-max-pods false
//	runcmd:
//	  - "/etc/eks/bootstrap.sh default_my-cluster --container-runtime containerd"
func (d *Data) bootstrap(text string) {
	text = strings.NewReplacer("\\\r\n", " ", "\\\n", " ").Replace(text)
	for l := range strings.Lines(text) {
		before, call, ok := strings.Cut(strings.TrimRight(l, "\r\n"), "/bootstrap.sh")
		if !ok || strings.HasPrefix(strings.TrimSpace(before), "#") || call != "" && call[0] != ' ' && call[0] != '\t' {
			continue
		}
		if strings.Count(before, `"`)%2 == 1 {
			call = strings.TrimSuffix(strings.TrimSpace(call), `"`)
		}
		d.Bootstrap = bootstrapCall(words(call))
		return
	}
}

func bootstrapCall(args []string) *Bootstrap {
	b := &Bootstrap{}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		name, ok := strings.CutPrefix(arg, "--")
		if !ok {
			if b.Cluster == "" {
				b.Cluster = Setting{Value: arg}.short().Value
			}
			continue
		}
		name, value, has := strings.Cut(name, "=")
		if !has && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		b.arg(name, value)
	}
	return b
}

func (b *Bootstrap) arg(name, value string) {
	if len(b.Args) >= maxSettings || !flagName.MatchString(name) {
		return
	}
	if name == "kubelet-extra-args" {
		for _, f := range kubeletFlags(words(value)) {
			if len(b.Args) < maxSettings {
				b.Args = append(b.Args, flag("kubelet-extra-args.", f).short())
			}
		}
		return
	}
	if !slices.Contains(keptArgs, name) {
		value = ""
	}
	b.Args = append(b.Args, Setting{name, value}.short())
}

// kubeletFlags puts the value of "--max-pods 17" behind its name.
func kubeletFlags(words []string) (flags []string) {
	for _, w := range words {
		n := len(flags)
		if !strings.HasPrefix(w, "-") && n > 0 && !strings.Contains(flags[n-1], "=") {
			flags[n-1] += "=" + w
			continue
		}
		if strings.HasPrefix(w, "-") {
			flags = append(flags, w)
		}
	}
	return flags
}

// words splits a command as a shell does, up to its end. Variables stay as they
// are written.
func words(s string) (out []string) {
	var word strings.Builder
	in, quote := false, byte(0)
	flush := func() {
		if in {
			out = append(out, word.String())
		}
		word.Reset()
		in = false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, in = c, true
		case c == '\\' && quote != '\'' && i+1 < len(s):
			i++
			word.WriteByte(s[i])
			in = true
		case quote == 0 && (c == ' ' || c == '\t'):
			flush()
		case quote == 0 && (c == ';' || c == '|' || c == '&' || c == '>' || c == '#' && !in):
			flush()
			return out
		default:
			word.WriteByte(c)
			in = true
		}
	}
	flush()
	return out
}
