//go:build !race

package ops

// raceEnabled means that memory and time are those of the race detector.
const raceEnabled = false
