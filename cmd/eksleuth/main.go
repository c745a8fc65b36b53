// Command eksleuth reads the log bundle of an EKS node, offline, and says what
// is wrong, with proof. "eksleuth --help" is its manual.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/eksleuth/eksleuth/cmd/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second ^C ends the program at once
	os.Exit(cli.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
