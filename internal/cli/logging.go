package cli

import "log/slog"

// logger returns the log on stderr as --log-level says; checkCloud has seen that it is a level.
func (a *app) logger() *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(a.level))
	return slog.New(slog.NewTextHandler(a.env.Stderr, &slog.HandlerOptions{Level: level}))
}
