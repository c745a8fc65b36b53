package term

import (
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress shows how much of something was read, as a bar on w. It returns the
// function to report with, which any goroutine may call, and the one that
// takes the bar away; total is -1 when nobody knows it.
func Progress(w io.Writer, label string) (report func(done, total int64), done func()) {
	p := &progress{w: w, label: label, bytes: true}
	return p.report, p.done
}

// Count is Progress for things that are no bytes.
func Count(w io.Writer, label string) (report func(done, total int64), done func()) {
	p := &progress{w: w, label: label}
	return p.report, p.done
}

type progress struct {
	w     io.Writer
	label string
	bytes bool

	mu  sync.Mutex
	bar *progressbar.ProgressBar // nil until the first report, which knows the total
	end bool
}

func (p *progress) report(done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.end {
		return
	}
	if p.bar == nil {
		p.bar = p.open(total)
	}
	if total > 0 {
		done = min(done, total-1) // a full bar would end itself, before the work has
	}
	p.bar.Set64(max(done, 0)) // an error means that the bar cannot be drawn, which is no loss
}

func (p *progress) open(total int64) *progressbar.ProgressBar {
	if total <= 0 {
		total = -1
	}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(p.w),
		progressbar.OptionSetDescription(p.label),
		progressbar.OptionSetWidth(20),
		progressbar.OptionShowBytes(p.bytes),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine of its own
		progressbar.OptionClearOnFinish(),
	}
	if !p.bytes {
		options = append(options, progressbar.OptionShowCount())
	}
	return progressbar.NewOptions64(total, options...)
}

func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Clear()
	}
	p.end = true
}
