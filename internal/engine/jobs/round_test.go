package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"einklang/internal/engine/jobs"
)

// What comes round is also done when it is asked for, goes on after a failure,
// and ends with its context.
func TestARoundIsDoneSoon(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	soon, done, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	round := jobs.Round{Name: "example", Every: time.Hour, Soon: soon, Do: func(context.Context) error {
		done <- struct{}{}
		return errors.New("example")
	}}
	go func() {
		round.Run(ctx, slog.New(slog.DiscardHandler))
		close(ended)
	}()
	for range 2 {
		soon <- struct{}{}
		<-done
	}
	cancel()
	<-ended
}
