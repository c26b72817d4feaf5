package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// cost is what a process has cost.
type cost struct {
	Wall, CPU time.Duration
	// Memory is the most that it had resident, in bytes; 0 where the system does not tell.
	Memory int64
}

// execute runs the program with nothing but env in its environment. It has another process do that, see launch.
func execute(ctx context.Context, program string, env []string, args ...string) (c cost, err error) {
	self, err := os.Executable()
	if err != nil {
		return cost{}, err
	}
	command := exec.CommandContext(ctx, self, append([]string{"-launch", program}, args...)...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // which ends the program too
	command.WaitDelay = 10 * time.Second
	command.Env = append([]string{}, env...) // without any, it would have that of this process
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return cost{}, fmt.Errorf("%v: %w\n%s", args, err, stderr.Bytes())
	}
	return c, json.Unmarshal(stdout.Bytes(), &c)
}

// launch runs a program and prints its cost. On Linux, the most that a process had resident begins with what the process had that started
// it. So it must not be started by one that simulates clouds.
func launch(ctx context.Context, program string, args []string) error {
	command := exec.CommandContext(ctx, program, args...)
	command.Stderr = os.Stderr
	started := time.Now()
	if err := command.Run(); err != nil {
		return err
	}
	state := command.ProcessState
	return json.NewEncoder(os.Stdout).Encode(cost{time.Since(started), state.UserTime() + state.SystemTime(), mostResident(state)})
}
