package signature

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// PlanNamespace is the namespace of signatures of saved plans, the -n of ssh-keygen.
const PlanNamespace = "agencyctl-plan"

// The limits of what is read. A signature, a key and a list of keys are short.
const (
	// MaxBytes bounds an armored signature and a private key.
	MaxBytes = 64 << 10
	// MaxKeysBytes bounds a list of public keys.
	MaxKeysBytes = 1 << 20
	// minRSABits is the shortest RSA key that is let through.
	minRSABits = 2048
)

var (
	// ErrBadKey is wrapped by the errors of keys that cannot be read or are not good enough.
	ErrBadKey = errors.New("bad key")
	// ErrPassphrase is wrapped as well where a private key is encrypted and its passphrase is missing or wrong.
	ErrPassphrase = errors.New("the private key needs its passphrase")
	// ErrBadSignature is wrapped by every error of [Verify]: the message is not to be trusted.
	ErrBadSignature = errors.New("bad signature")
	// ErrUntrusted is wrapped as well where the signature may be right, but none of the allowed keys made it.
	ErrUntrusted = errors.New("none of the allowed keys made it")
)

// Sign returns the armored signature of message by a private key in OpenSSH or PEM format: Ed25519, ECDSA, or RSA of at
// least 2048 bits. Passphrase opens an encrypted key and is ignored for any other. The errors wrap [ErrBadKey], and
// [ErrPassphrase] where that is what is missing; none of them holds a part of the key.
func Sign(message, privateKey, passphrase []byte, namespace string) ([]byte, error) {
	signer, err := parsePrivate(privateKey, passphrase)
	if err != nil {
		return nil, err
	}
	if err := acceptable(signer.PublicKey()); err != nil {
		return nil, err
	}
	made, err := sshsig.Sign(bytes.NewReader(message), signer, sshsig.HashSHA512, namespace)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return sshsig.Armor(made), nil
}

func parsePrivate(text, passphrase []byte) (ssh.Signer, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("%w: a private key of more than %d KiB", ErrBadKey, MaxBytes>>10)
	}
	signer, err := ssh.ParsePrivateKey(text)
	var encrypted *ssh.PassphraseMissingError
	if !errors.As(err, &encrypted) {
		if err != nil {
			return nil, fmt.Errorf("%w: no private key in OpenSSH or PEM format", ErrBadKey) // the cause may quote the text
		}
		return signer, nil
	}
	if len(passphrase) == 0 {
		return nil, fmt.Errorf("%w: %w", ErrBadKey, ErrPassphrase)
	}
	if signer, err = ssh.ParsePrivateKeyWithPassphrase(text, passphrase); err != nil {
		return nil, fmt.Errorf("%w: %w: this one does not open it", ErrBadKey, ErrPassphrase)
	}
	return signer, nil
}

// acceptable refuses kinds of keys that we do not sign with, nor trust.
func acceptable(key ssh.PublicKey) error {
	switch key.Type() {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256:
		return nil
	case ssh.KeyAlgoRSA:
		wrapped, ok := key.(ssh.CryptoPublicKey)
		if !ok {
			break
		}
		public, ok := wrapped.CryptoPublicKey().(*rsa.PublicKey)
		if !ok {
			break
		}
		if bits := public.N.BitLen(); bits < minRSABits {
			return fmt.Errorf("%w: an RSA key of %d bits; use Ed25519, or RSA of at least %d", ErrBadKey, bits, minRSABits)
		}
		return nil
	}
	return fmt.Errorf("%w: keys of type %.40q are not used; use Ed25519, ECDSA or RSA", ErrBadKey, key.Type())
}

// Key is a public key that signatures may be made by.
type Key struct {
	public ssh.PublicKey
	// Comment is what stands behind the key in its line; may be empty.
	Comment string
}

// Fingerprint returns the key's fingerprint as OpenSSH shows it: "SHA256:...".
func (k Key) Fingerprint() string { return ssh.FingerprintSHA256(k.public) }

// ParseKeys reads public keys, one a line as in a file NAME.pub or authorized_keys. Empty lines and those that begin with
// "#" are passed over. Keys with options are refused, as the options would not be kept. A text without a key is an error;
// all errors wrap [ErrBadKey].
func ParseKeys(text []byte) ([]Key, error) {
	if len(text) > MaxKeysBytes {
		return nil, fmt.Errorf("%w: a list of public keys of more than %d KiB", ErrBadKey, MaxKeysBytes>>10)
	}
	var keys []Key
	number := 0
	for line := range bytes.Lines(text) {
		number++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		public, comment, options, _, err := ssh.ParseAuthorizedKey(line)
		if err != nil {
			return nil, fmt.Errorf("%w: line %d is no public key in the form of authorized_keys", ErrBadKey, number)
		}
		if len(options) > 0 {
			return nil, fmt.Errorf("%w: line %d has options before the key, which have no meaning here; remove them", ErrBadKey, number)
		}
		if err := acceptable(public); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		keys = append(keys, Key{public: public, Comment: comment})
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: the text holds no public key", ErrBadKey)
	}
	return keys, nil
}

// Verify checks that one of the allowed keys made the armored signature of exactly this message for the namespace, and
// returns that key. The error wraps [ErrBadSignature], and [ErrUntrusted] where another key made it.
func Verify(message, armored []byte, allowed []Key, namespace string) (Key, error) {
	if len(armored) > MaxBytes {
		return Key{}, fmt.Errorf("%w: more than %d KiB", ErrBadSignature, MaxBytes>>10)
	}
	made, err := sshsig.Unarmor(armored)
	if err != nil {
		return Key{}, fmt.Errorf("%w: no signature in the format of ssh-keygen -Y sign: %w", ErrBadSignature, err)
	}
	for _, key := range allowed {
		if !bytes.Equal(key.public.Marshal(), made.PublicKey.Marshal()) {
			continue
		}
		if made.Namespace != namespace {
			return Key{}, fmt.Errorf("%w: it was made for %.40q, not for %q", ErrBadSignature, made.Namespace, namespace)
		}
		if err := sshsig.Verify(bytes.NewReader(message), made, key.public, made.HashAlgorithm, namespace); err != nil {
			return Key{}, fmt.Errorf("%w: it does not fit the content: %w", ErrBadSignature, err)
		}
		return key, nil
	}
	return Key{}, fmt.Errorf("%w: %w; it was made by %s", ErrBadSignature, ErrUntrusted, ssh.FingerprintSHA256(made.PublicKey))
}
