package term

import (
	"os"

	"golang.org/x/sys/windows"
)

// escapes reports whether a console understands escape sequences, and has it
// do so: that is off until a program asks, and consoles before Windows 10 do
// not know them at all.
func escapes(f *os.File) bool {
	var mode uint32
	h := windows.Handle(f.Fd())
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
