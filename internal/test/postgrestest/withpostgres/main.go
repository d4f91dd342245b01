// Command withpostgres starts one PostgreSQL, runs a command with its URL in
// the environment, and ends the server again. `make test` uses it, so that all
// packages of one run share a server instead of starting one each.
//
//	go run ./internal/test/postgrestest/withpostgres go test ./...
//
// With -durable first, commits wait for the disk, as benchmarks need it.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"einklang/internal/test/postgrestest"
)

func main() {
	code, err := with(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpostgres:", err)
	}
	os.Exit(code)
}

// with returns the exit code of the command.
func with(command []string) (code int, err error) {
	durability := postgrestest.Fast
	if len(command) > 0 && command[0] == "-durable" {
		durability, command = postgrestest.Durable, command[1:]
	}
	if len(command) == 0 {
		return 2, errors.New("usage: withpostgres [-durable] COMMAND [ARGUMENT…]")
	}
	s, err := postgrestest.Launch(durability)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	//nolint:gosec // G204: running the given command is what this is for
	c := exec.Command(command[0], command[1:]...)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.Env = append(os.Environ(), postgrestest.Env+"="+s.URL())
	if err := c.Run(); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return max(exit.ExitCode(), 1), nil
		}
		return 1, fmt.Errorf("running %s: %w", command[0], err)
	}
	return 0, nil
}
