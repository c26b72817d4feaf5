package providers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"
	"syscall"
)

// Words returns the text of an error with the words of Go's own libraries replaced by plain ones: no user knows what a lookup on
// 127.0.0.53:53, an x509 or a ParseInt is. What our own errors say stays as it is. It is for texts only: decide by [errors.Is].
func Words(err error) string {
	text := err.Error()
	replaceWords(&text, err)
	return text
}

// Plain returns err with the text of [Words], nil for nil. It wraps err.
func Plain(err error) error {
	if err == nil {
		return nil
	}
	return plainError{err}
}

type plainError struct{ err error }

// Error returns the text in plain words.
func (p plainError) Error() string { return Words(p.err) }

// Unwrap returns the error itself.
func (p plainError) Unwrap() error { return p.err }

// replaceWords replaces what each error of the tree below err says in text, if it is one of a library.
func replaceWords(text *string, err error) {
	if plain, ok := wordsOf(err); ok {
		if own := err.Error(); own != "" {
			*text = strings.ReplaceAll(*text, own, plain)
		}
		return
	}
	switch tree := err.(type) {
	case interface{ Unwrap() error }:
		if inner := tree.Unwrap(); inner != nil {
			replaceWords(text, inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range tree.Unwrap() {
			replaceWords(text, inner)
		}
	}
}

// wordsOf returns the plain words for an error of a library as a whole; ok is false for any other error.
func wordsOf(err error) (words string, ok bool) {
	switch err := err.(type) {
	case *fs.PathError:
		return err.Path + ": " + Words(err.Err), true
	case *os.LinkError:
		return err.New + ": " + Words(err.Err), true
	case *os.SyscallError:
		return Words(err.Err), true
	case *url.Error:
		if err.Op == "parse" {
			return "it is not a URL", true // which may hold a password
		}
		return Words(err.Err), true
	case *strconv.NumError:
		if errors.Is(err, strconv.ErrRange) {
			return fmt.Sprintf("%q is too large or too small", err.Num), true
		}
		return fmt.Sprintf("%q is no number", err.Num), true
	case *json.SyntaxError:
		return fmt.Sprintf("it is not valid JSON from byte %d on", err.Offset), true
	case *json.UnmarshalTypeError:
		field := err.Field
		if field == "" {
			field = "it"
		}
		return fmt.Sprintf("%s is %s, and %s is expected", field, article(err.Value), TypeWords(err.Type)), true
	}
	if words := networkWords(err); words != "" {
		return words, true
	}
	words = systemWords(err)
	return words, words != ""
}

func article(word string) string {
	if strings.HasPrefix(word, "a") || strings.HasPrefix(word, "o") {
		return "an " + word
	}
	return "a " + word
}

// TypeWords returns what JSON a value of the type is written as, in words: "a text".
func TypeWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Pointer:
		return TypeWords(t.Elem())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number"
	}
	return "another value"
}

// networkWords returns the words for an error of the network or of TLS, "" for another one.
func networkWords(err error) string {
	switch err := err.(type) {
	case *net.DNSError:
		return fmt.Sprintf("the host %s cannot be looked up", err.Name)
	case *net.AddrError:
		if err.Err == "invalid port" {
			return fmt.Sprintf("%q is no port", err.Addr)
		}
		return fmt.Sprintf("%q is not of the form HOST:PORT", err.Addr)
	case *net.OpError:
		return connectionWords(err)
	case *tls.CertificateVerificationError:
		return Words(err.Err)
	case tls.RecordHeaderError, *tls.RecordHeaderError:
		return "the server does not answer by TLS (https)"
	case tls.AlertError:
		return "the server and this machine agree on no way to encrypt (TLS)"
	case x509.UnknownAuthorityError:
		return "the certificate is signed by an authority that this machine does not trust"
	case x509.HostnameError:
		return "the certificate is another host's than " + err.Host
	case x509.CertificateInvalidError:
		if err.Reason == x509.Expired {
			return "the certificate has expired or is not valid yet"
		}
		return "the certificate is not valid for this use"
	case x509.SystemRootsError:
		return "this machine has no list of authorities that it trusts"
	}
	timeout, ok := err.(net.Error)
	_, system := err.(syscall.Errno)
	switch {
	case err == http.ErrSchemeMismatch:
		return "the server does not answer by TLS (https)"
	case ok && timeout.Timeout() && err != context.DeadlineExceeded && !system:
		return "no answer came in time"
	}
	return ""
}

// connectionWords returns the words for an error of one connection.
func connectionWords(err *net.OpError) string {
	var host *net.DNSError
	var form *net.AddrError
	at := "the other side"
	if err.Addr != nil {
		at = err.Addr.String()
	}
	switch {
	case errors.As(err.Err, &host):
		return Words(host)
	case errors.As(err.Err, &form):
		return Words(form)
	case err.Op == "listen":
		return at + ": " + Words(err.Err)
	case errors.Is(err.Err, syscall.ECONNREFUSED):
		return at + " refuses the connection"
	case errors.Is(err.Err, syscall.ECONNRESET), errors.Is(err.Err, syscall.EPIPE):
		return "the connection was cut by " + at
	case errors.Is(err.Err, syscall.EHOSTUNREACH), errors.Is(err.Err, syscall.ENETUNREACH):
		return "there is no route to " + at
	case err.Timeout():
		return at + " does not answer in time"
	case err.Op == "remote error" || err.Op == "local error":
		return "the server and this machine agree on no way to encrypt (TLS)"
	case err.Op == "proxyconnect":
		return "the proxy: " + Words(err.Err)
	}
	return "the connection to " + at + " failed: " + Words(err.Err)
}

// systemWords returns the words for an error of the operating system, of a file's end or of a context, "" for another one.
func systemWords(err error) string {
	for _, known := range []struct {
		is    error
		words string
	}{
		{context.Canceled, "interrupted"},
		{context.DeadlineExceeded, "the time is over"},
		{io.EOF, "it ends too early"},
		{io.ErrUnexpectedEOF, "it ends too early"},
		{fs.ErrNotExist, "there is no such file or folder"},
		{fs.ErrPermission, "this user has no permission for it"},
		{syscall.EINVAL, "it is not a valid name"},
		{syscall.EISDIR, "it is a directory"},
		{syscall.ENOTDIR, "a part of its path is no directory"},
		{syscall.ENOSPC, "no space is left on the disk"},
		{syscall.EROFS, "the disk can only be read"},
		{syscall.ELOOP, "its links lead in a circle"},
		{syscall.ENAMETOOLONG, "its name is too long"},
		{syscall.EMFILE, "too many files are open"},
		{syscall.EADDRINUSE, "the address is in use already"},
		{syscall.EADDRNOTAVAIL, "this machine has no such address"},
	} {
		_, number := err.(syscall.Errno)
		if err == known.is || number && errors.Is(err, known.is) {
			return known.words
		}
	}
	return ""
}
