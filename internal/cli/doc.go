// Package cli is the command line: one file a command. A command parses its flags into a struct, calls the engine, hands
// the result to a view, and maps it to an exit code. Nothing else in the program prints, and only main exits.
//
// The services of a cloud come in through [Env]; this package does not know them by name. Start reading at [Run].
package cli
