package nvidia

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// A GPU is what nvidia-smi --query says of one. Its serial number is not kept.
// Values are as written: "Enabled", "Yes", "N/A".
type GPU struct {
	Bus  string // "00000000:00:1E.0"
	Line int

	Name, UUID  Text
	Persistence Text
	MIG         Text // mode
	ECC         Text // mode

	Volatile  ECC // since the driver was loaded
	Aggregate ECC // ever
	// SRAMThreshold is "Yes" when the GPU is to be replaced.
	SRAMThreshold Text

	RetiredSingle, RetiredDouble Count // pages, before Ampere
	RetiredPending               Text  // "Yes": a reset is needed

	RemappedCorrectable, RemappedUncorrectable Count // rows, since Ampere
	RemapPending                               Text  // "Yes": a reset is needed
	RemapFailed                                Text  // "Yes": the GPU is to be replaced

	ResetRequired             Text
	Recovery                  Text // what is to be done, "None"
	HWSlowdown                Text // "Active"
	ThermalSlowdown           Text // "Active": slowed down by heat
	FabricState, FabricStatus Text // of the switches: "Completed", "Success"

	LinkMax, LinkNow Text  // "16x"
	Replays          Count // of PCIe
	Temperature      Text  // "33 C"

	Errors     int  // values that the GPU did not give
	FirstError Text // "ERR!", "Unknown Error"
}

// ECC are counts of errors in memory. They are sums over its parts.
type ECC struct {
	Correctable       Count
	SRAMUncorrectable Count
	DRAMUncorrectable Count
	Double            Count // uncorrectable, before Ampere
}

// texts are the values that are kept as text, by their place.
var texts = map[string]func(*GPU) *Text{
	"Product Name":     func(g *GPU) *Text { return &g.Name },
	"GPU UUID":         func(g *GPU) *Text { return &g.UUID },
	"Persistence Mode": func(g *GPU) *Text { return &g.Persistence },
	"MIG Mode/Current": func(g *GPU) *Text { return &g.MIG },
	"ECC Mode/Current": func(g *GPU) *Text { return &g.ECC },
	"Ecc Mode/Current": func(g *GPU) *Text { return &g.ECC },

	"ECC Errors/Aggregate/SRAM Threshold Exceeded": func(g *GPU) *Text { return &g.SRAMThreshold },
	"Retired Pages/Pending Page Blacklist":         func(g *GPU) *Text { return &g.RetiredPending },
	"Retired Pages/Pending":                        func(g *GPU) *Text { return &g.RetiredPending },
	"Remapped Rows/Pending":                        func(g *GPU) *Text { return &g.RemapPending },
	"Remapped Rows/Remapping Failure Occurred":     func(g *GPU) *Text { return &g.RemapFailed },

	"GPU Reset Status/Reset Required":                         func(g *GPU) *Text { return &g.ResetRequired },
	"GPU Recovery Action":                                     func(g *GPU) *Text { return &g.Recovery },
	"Clocks Throttle Reasons/HW Slowdown":                     func(g *GPU) *Text { return &g.HWSlowdown },
	"Clocks Event Reasons/HW Slowdown":                        func(g *GPU) *Text { return &g.HWSlowdown },
	"Clocks Throttle Reasons/HW Slowdown/HW Thermal Slowdown": func(g *GPU) *Text { return &g.ThermalSlowdown },
	"Clocks Event Reasons/HW Slowdown/HW Thermal Slowdown":    func(g *GPU) *Text { return &g.ThermalSlowdown },
	"Fabric/State":                         func(g *GPU) *Text { return &g.FabricState },
	"Fabric/Status":                        func(g *GPU) *Text { return &g.FabricStatus },
	"PCI/GPU Link Info/Link Width/Max":     func(g *GPU) *Text { return &g.LinkMax },
	"PCI/GPU Link Info/Link Width/Current": func(g *GPU) *Text { return &g.LinkNow },
	"Temperature/GPU Current Temp":         func(g *GPU) *Text { return &g.Temperature },
}

// numbers are the values that are counts. Those at the same place are added.
var numbers = map[string]func(*GPU) *Count{
	"Retired Pages/Single Bit ECC":      func(g *GPU) *Count { return &g.RetiredSingle },
	"Retired Pages/Double Bit ECC":      func(g *GPU) *Count { return &g.RetiredDouble },
	"Remapped Rows/Correctable Error":   func(g *GPU) *Count { return &g.RemappedCorrectable },
	"Remapped Rows/Uncorrectable Error": func(g *GPU) *Count { return &g.RemappedUncorrectable },
	"PCI/Replays Since Reset":           func(g *GPU) *Count { return &g.Replays },
}

// errorCounts are the same for both spans of time.
var errorCounts = map[string]func(*ECC) *Count{
	"SRAM Correctable":           func(e *ECC) *Count { return &e.Correctable },
	"DRAM Correctable":           func(e *ECC) *Count { return &e.Correctable },
	"Single Bit/Total":           func(e *ECC) *Count { return &e.Correctable },
	"SRAM Uncorrectable":         func(e *ECC) *Count { return &e.SRAMUncorrectable },
	"SRAM Uncorrectable Parity":  func(e *ECC) *Count { return &e.SRAMUncorrectable },
	"SRAM Uncorrectable SEC-DED": func(e *ECC) *Count { return &e.SRAMUncorrectable },
	"DRAM Uncorrectable":         func(e *ECC) *Count { return &e.DRAMUncorrectable },
	"Double Bit/Total":           func(e *ECC) *Count { return &e.Double },
}

// smi is the state within the output of nvidia-smi --query.
type smi struct {
	on  bool // behind its head
	gpu *GPU
	// keys are the heads that the line at hand is below, one for each four
	// blanks before it.
	keys [maxKeys]string
}

const maxKeys = 6

var (
	smiHead    = []byte("NVSMI LOG====")
	smiTrouble = regexp.MustCompile(`^(NVIDIA-SMI has failed|Failed to initialize NVML|No devices were found|Unable to determine the device handle|Unable to query|Driver/library version mismatch|GPU is lost|WARNING: infoROM)`)
	gpuHead    = regexp.MustCompile(`^GPU ([0-9A-Fa-f]+:[0-9A-Fa-f]+:[0-9A-Fa-f]+\.[0-9A-Fa-f]+)$`)
)

// query reads a line of nvidia-smi.
//
//	==============NVSMI LOG==============
//	Driver Version                            : 550.90.07
//	Attached GPUs                             : 1
//	GPU 00000000:01:00.0
//	    Product Name                          : NVIDIA L4
//	    Remapped Rows
//	        Uncorrectable Error               : 0
func (r *reader) query(line []byte) {
	line = line[:min(len(line), maxText)]
	if bytes.Contains(line, smiHead) {
		r.smi = smi{on: true}
		return
	}
	if smiTrouble.Match(line) {
		r.event(&r.report.SMIErrors, line)
		return
	}
	if !r.smi.on {
		return
	}
	if m := gpuHead.FindSubmatch(line); m != nil {
		r.addGPU(string(m[1]))
		return
	}
	text := strings.TrimLeft(string(line), " ")
	depth := (len(line)-len(text))/4 - 1
	key, value, ok := strings.Cut(text, " : ")
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	if depth < 0 {
		r.general(key, value)
		return
	}
	r.value(depth, key, value, ok)
}

// general reads what stands before the GPUs. The script runs nvidia-smi more
// than once: the first answer counts.
func (r *reader) general(key, value string) {
	switch {
	case key == "Driver Version" && r.report.Driver.Line == 0:
		r.report.Driver = r.text(value)
	case key == "CUDA Version" && r.report.CUDA.Line == 0:
		r.report.CUDA = r.text(value)
	case key == "Attached GPUs" && r.report.Attached.Line == 0:
		r.report.Attached = number(value, r.num)
	}
}

func (r *reader) addGPU(bus string) {
	r.smi.keys = [maxKeys]string{}
	if len(r.report.GPUs) == maxGPUs {
		r.report.Cut, r.smi.gpu = true, nil
		return
	}
	r.report.GPUs = append(r.report.GPUs, GPU{Bus: bus, Line: r.num})
	r.smi.gpu = &r.report.GPUs[len(r.report.GPUs)-1]
}

// value keeps a value of a GPU by the heads that it stands below.
func (r *reader) value(depth int, key, value string, ok bool) {
	g := r.smi.gpu
	if g == nil || depth >= maxKeys {
		return
	}
	r.smi.keys[depth] = key
	if !ok {
		return
	}
	place := strings.Join(r.smi.keys[:depth+1], "/")
	if to := texts[place]; to != nil {
		*to(g) = r.text(value)
	}
	if to := numbers[place]; to != nil {
		to(g).add(number(value, r.num))
	}
	if rest, ok := strings.CutPrefix(place, "ECC Errors/Volatile/"); ok && errorCounts[rest] != nil {
		errorCounts[rest](&g.Volatile).add(number(value, r.num))
	}
	if rest, ok := strings.CutPrefix(place, "ECC Errors/Aggregate/"); ok && errorCounts[rest] != nil {
		errorCounts[rest](&g.Aggregate).add(number(value, r.num))
	}
	if gpuError(value) {
		if g.Errors++; g.Errors == 1 {
			g.FirstError = r.text(value)
		}
	}
}

// gpuError reports whether a value is what stands for one that could not be had.
func gpuError(value string) bool {
	switch strings.Trim(value, "[]") {
	case "ERR!", "Unknown Error", "GPU is lost", "GPU requires reset", "GPU access blocked by the operating system":
		return true
	}
	return false
}

// number reads a count.
func number(s string, line int) Count {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		n = -1
	}
	return Count{n, line}
}

// add adds another part. The line is that of the first part with errors, or of
// the first part.
func (c *Count) add(o Count) {
	switch {
	case c.Line == 0 || c.Value <= 0 && o.Value > 0:
		*c = o
	case o.Value > 0:
		if c.Value += o.Value; c.Value < 0 {
			c.Value = 1<<63 - 1
		}
	case c.Value < 0 && o.Value == 0:
		c.Value = 0
	}
}
