// Command eksleuth reads the log bundle of an EKS node, offline, and says what
// is wrong, with proof. "eksleuth --help" is its manual.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/eksleuth/eksleuth/cmd/internal/cli"
)

// memory is what the garbage collector aims to stay below, in bytes. Mapped
// files of the search index come on top.
const memory = 200 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memory)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second ^C ends the program at once
	os.Exit(cli.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
