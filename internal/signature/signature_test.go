package signature_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"

	"github.com/agencyctl/agencyctl/internal/signature"
)

const namespace = signature.PlanNamespace

// pair is a key in the two forms that people keep: the private file and the line of authorized_keys.
type pair struct{ private, public []byte }

func newPair(t *testing.T, key crypto.Signer, passphrase string) pair {
	t.Helper()
	var block *pem.Block
	var err error
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(key, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	require.NoError(t, err)
	public, err := ssh.NewPublicKey(key.Public())
	require.NoError(t, err)
	return pair{pem.EncodeToMemory(block), ssh.MarshalAuthorizedKey(public)}
}

func newEd25519(t *testing.T, passphrase string) pair {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return newPair(t, key, passphrase)
}

func newRSA(t *testing.T, bits int) pair {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, bits)
	require.NoError(t, err)
	return newPair(t, key, "")
}

// pairs are keys of every kind that we sign with.
func pairs(t *testing.T) map[string]pair {
	t.Helper()
	all := map[string]pair{"ed25519": newEd25519(t, ""), "rsa": newRSA(t, 2048)}
	for name, curve := range map[string]elliptic.Curve{"ecdsa-256": elliptic.P256(), "ecdsa-384": elliptic.P384(), "ecdsa-521": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		require.NoError(t, err)
		all[name] = newPair(t, key, "")
	}
	return all
}

func parse(t *testing.T, text ...[]byte) []signature.Key {
	t.Helper()
	keys, err := signature.ParseKeys(bytes.Join(text, []byte("\n")))
	require.NoError(t, err)
	return keys
}

func TestWhatWasSignedVerifies(t *testing.T) {
	stranger := newEd25519(t, "")
	for name, p := range pairs(t) {
		t.Run(name, func(t *testing.T) {
			message := []byte("the plan\n")
			armored, err := signature.Sign(message, p.private, nil, namespace)
			require.NoError(t, err)
			allowed := parse(t, stranger.public, []byte("# ours"), p.public)
			key, err := signature.Verify(message, armored, allowed, namespace)
			require.NoError(t, err)
			require.Equal(t, allowed[1].Fingerprint(), key.Fingerprint())

			_, err = signature.Verify([]byte("the plan"), armored, allowed, namespace)
			require.ErrorIs(t, err, signature.ErrBadSignature)
			require.ErrorContains(t, err, "does not fit the content")
			_, err = signature.Verify(message, armored, allowed, "file")
			require.ErrorIs(t, err, signature.ErrBadSignature)
			require.ErrorContains(t, err, `it was made for "agencyctl-plan", not for "file"`)
			_, err = signature.Verify(message, armored, parse(t, stranger.public), namespace)
			require.ErrorIs(t, err, signature.ErrBadSignature)
			require.ErrorIs(t, err, signature.ErrUntrusted)
			require.ErrorContains(t, err, key.Fingerprint())
			_, err = signature.Verify(message, armored, nil, namespace)
			require.ErrorIs(t, err, signature.ErrUntrusted)
		})
	}
}

func TestAnyFlippedBitOfTheMessageIsNoticed(t *testing.T) {
	p := newEd25519(t, "")
	message := []byte(`{"account":{"id":"1"}}`)
	armored, err := signature.Sign(message, p.private, nil, namespace)
	require.NoError(t, err)
	allowed := parse(t, p.public)
	for i := range 8 * len(message) {
		flipped := bytes.Clone(message)
		flipped[i/8] ^= 1 << (i % 8)
		_, err := signature.Verify(flipped, armored, allowed, namespace)
		require.ErrorIs(t, err, signature.ErrBadSignature)
	}
	block, _ := pem.Decode(armored)
	for i := range 8 * len(block.Bytes) {
		flipped := bytes.Clone(block.Bytes)
		flipped[i/8] ^= 1 << (i % 8)
		_, err := signature.Verify(message, pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: flipped}), allowed, namespace)
		require.ErrorIs(t, err, signature.ErrBadSignature, "bit %d", i)
	}
}

func TestAnEncryptedKeyNeedsItsPassphrase(t *testing.T) {
	p := newEd25519(t, "open sesame")
	_, err := signature.Sign(nil, p.private, nil, namespace)
	require.ErrorIs(t, err, signature.ErrPassphrase)
	_, err = signature.Sign(nil, p.private, []byte("open barley"), namespace)
	require.ErrorIs(t, err, signature.ErrPassphrase)
	require.NotContains(t, err.Error(), "barley")
	armored, err := signature.Sign(nil, p.private, []byte("open sesame"), namespace)
	require.NoError(t, err)
	_, err = signature.Verify(nil, armored, parse(t, p.public), namespace)
	require.NoError(t, err)
}

func TestBadKeysAreRefused(t *testing.T) {
	short := newRSA(t, 1024)
	good := newEd25519(t, "")
	_, err := signature.Sign(nil, short.private, nil, namespace)
	require.ErrorIs(t, err, signature.ErrBadKey)
	require.ErrorContains(t, err, "1024 bits")
	for name, text := range map[string][]byte{
		"nothing": nil, "a public key": good.public, "too much": bytes.Repeat([]byte("x"), signature.MaxBytes+1),
		"half a key": good.private[:len(good.private)/2],
	} {
		_, err := signature.Sign(nil, text, nil, namespace)
		require.ErrorIs(t, err, signature.ErrBadKey, name)
	}
	for name, text := range map[string][]byte{
		"nothing": []byte("\n# no key\n"), "a private key": good.private, "no key": []byte("ssh-ed25519 AAAA"),
		"an option": append([]byte(`from="10.0.0.1" `), good.public...), "a short key": short.public,
		"a bad line behind a good one": append(bytes.Clone(good.public), "ssh-rsa x\n"...), "too much": bytes.Repeat([]byte("\n"), signature.MaxKeysBytes+1),
	} {
		keys, err := signature.ParseKeys(text)
		require.Empty(t, keys, name)
		require.ErrorIs(t, err, signature.ErrBadKey, name)
	}
}

func FuzzVerify(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) // every process that fuzzes has the same
	block, err := ssh.MarshalPrivateKey(key, "")
	require.NoError(f, err)
	public, err := ssh.NewPublicKey(key.Public())
	require.NoError(f, err)
	keys, err := signature.ParseKeys(ssh.MarshalAuthorizedKey(public))
	require.NoError(f, err)
	armored, err := signature.Sign([]byte("m"), pem.EncodeToMemory(block), nil, namespace)
	require.NoError(f, err)
	wire, _ := pem.Decode(armored)
	f.Add([]byte("m"), wire.Bytes)
	f.Add([]byte(""), []byte("SSHSIG"))
	f.Fuzz(func(t *testing.T, message, wire []byte) {
		_, err := signature.Verify(message, pem.EncodeToMemory(&pem.Block{Type: "SSH SIGNATURE", Bytes: wire}), keys, namespace)
		if err != nil {
			require.ErrorIs(t, err, signature.ErrBadSignature)
			return
		}
		require.Equal(t, "m", string(message), "nothing else was ever signed")
	})
}
