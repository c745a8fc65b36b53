package ledger

import (
	"strconv"
	"strings"

	"github.com/eksleuth/eksleuth/analyze/node"
	"github.com/eksleuth/eksleuth/parsers"
	"github.com/eksleuth/eksleuth/parsers/kubeletconfig"
)

// A Threshold is from where on kubelet acts on a resource that runs out, as the
// node's own settings say it.
type Threshold struct {
	Used float64 // the share in use, in percent; 100 when kubelet was told not to act
	At   parsers.Pos
}

// Off reports a threshold that is never reached.
func (t Threshold) Off() bool { return t.Used >= 100 }

// Eviction is from where on kubelet evicts pods for a signal, of a resource of a
// size. Without settings of the node it is false, and kubelet has its defaults.
//
//	"evictionHard": {"memory.available": "100Mi", "nodefs.available": "20Gi"}
func Eviction(b *Bundle, signal string, size uint64) (Threshold, bool) {
	free, said := b.free(signal, size)
	switch {
	case !said:
		return Threshold{}, false
	case free < 0:
		return Threshold{Used: 100, At: b.evictionPlace(signal)}, true
	}
	return Threshold{Used: 100 - free, At: b.evictionPlace(signal)}, true
}

// ImageRemoval is from where on kubelet removes images that are not used; false
// when the node does not say it.
func ImageRemoval(b *Bundle) (Threshold, bool) {
	at := b.attribute("kubelet.image_gc_high")
	n, err := strconv.Atoi(at.Value)
	if err != nil || n <= 0 || n > 100 {
		return Threshold{}, false
	}
	return Threshold{Used: float64(n), At: parsers.Pos{File: at.File, Line: at.Line}}, true
}

// evictionPlace is the line of a signal, or that of the first of them.
func (b *Bundle) evictionPlace(signal string) parsers.Pos {
	at := b.attribute("kubelet.eviction_hard")
	for _, e := range b.kubelet().EvictionHard {
		if e.Key == signal && e.File == at.File {
			return parsers.Pos{File: e.File, Line: e.Line}
		}
	}
	return parsers.Pos{File: at.File, Line: at.Line}
}

// free is the share that a setting of kubelet wants free, in percent; -1 when
// it wants none. Its defaults hold only when nothing is set at all.
//
//	memory.available<100Mi, nodefs.available<10%, nodefs.inodesFree<5%
func (b *Bundle) free(signal string, size uint64) (free float64, said bool) {
	all := b.attribute("kubelet.eviction_hard").Value
	for pair := range strings.SplitSeq(all, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(pair), "<")
		if !ok || name != signal {
			continue
		}
		number, relative := strings.CutSuffix(value, "%")
		n, err := strconv.ParseFloat(number, 64)
		switch {
		case relative && err == nil && n > 0 && n < 100:
			return n, true
		case relative && err == nil:
			return -1, true
		case !relative:
			return shareOf(value, size)
		}
	}
	return -1, all != "" && b.kubelet().Get("mergeDefaultEvictionSettings").Text != "true"
}

// shareOf is an amount, as "5Gi", as a share of a size.
func shareOf(text string, size uint64) (percent float64, ok bool) {
	n, ok := kubeletconfig.Quantity(text)
	if !ok {
		return 0, false
	}
	if share := n / float64(max(size, 1)) * 100; n > 0 && share < 100 {
		return share, true
	}
	return -1, n <= 0
}

// kubelet is its configuration, read once.
func (b *Bundle) kubelet() *kubeletconfig.Config {
	if b.config == nil {
		b.config = node.Kubelet(b.Facts)
	}
	return b.config
}
