package factor

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/redact"
)

const (
	// form begins a sealed text: form, the secret's version, a dot, the box.
	form = "v1."
	// overhead is the length of nonce and tag in bytes.
	overhead = 12 + 16
	// maxVersion bounds a version's ID in bytes:
	// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
	maxVersion = 64
	// minSecret is the shortest secret in bytes: as long as the key made of it,
	// for it is used as it is, without any stretching.
	minSecret = 32
	// keyDomain keeps the key apart from any other made of the same secret.
	keyDomain = "deskpro-login authenticator keys v1"
)

// ErrSealed: no secret that there is opens a sealed key. The text around it says
// why, and what to do.
var ErrSealed = errors.New("authenticator key cannot be opened")

// Vault seals Keys with AES-256-GCM under a secret's current version, and opens
// what that or the previous one has sealed. It is safe for concurrent use.
type Vault struct {
	versions keyring.Versions
}

// NewVault makes no call. The secret is text of at least 32 bytes, generated,
// and taken as it is; shorter, it is keyring.ErrUnusable to Seal and Open.
func NewVault(versions keyring.Versions) (*Vault, error) {
	if versions == nil {
		return nil, errors.New("factor: Versions is required")
	}
	return &Vault{versions}, nil
}

// Seal returns k as it is stored with the account: printable ASCII of at most
// 191 bytes, which opens for this account's ID alone. The ID must never change.
// Errors are those of keyring.Versions.
func (v *Vault) Seal(ctx context.Context, accountID string, k Key) (string, error) {
	if accountID == "" || k.bytes.Len() == 0 {
		return "", errors.New("sealing an authenticator key: the account's ID or the key is missing")
	}
	version, err := v.current(ctx)
	if err != nil {
		return "", err
	}
	aead, err := cipherOf(version)
	if err != nil {
		return "", err
	}
	box := aead.Seal(nil, nil, []byte(k.bytes.Reveal()), bound(version.ID, accountID)) // #nosec G407 -- NewGCMWithRandomNonce makes it
	return form + version.ID + "." + base64.RawURLEncoding.EncodeToString(box), nil
}

// Open returns the key that was sealed for the account. It is stale when the
// secret's previous version sealed it: seal it again, for after the secret's
// next change nothing opens it. Errors are ErrSealed and those of
// keyring.Versions.
func (v *Vault) Open(ctx context.Context, accountID, sealed string) (k Key, stale bool, err error) {
	id, box, ok := parse(sealed)
	if !ok {
		return Key{}, false, fmt.Errorf("%w: what is stored was not sealed by this project; see whether something else writes to it, then `loginctl account mfa reset`", ErrSealed)
	}
	version, stale, err := v.find(ctx, id)
	if err != nil {
		return Key{}, false, err
	}
	aead, err := cipherOf(version)
	if err != nil {
		return Key{}, false, err
	}
	plain, err := aead.Open(nil, nil, box, bound(id, accountID))
	if err != nil {
		return Key{}, false, fmt.Errorf("%w: it was changed, or sealed for another account or by another secret; see who did that, then `loginctl account mfa reset`", ErrSealed)
	}
	return Key{redact.New(string(plain))}, stale, nil
}

// find returns the version called id, and whether it is the previous one.
func (v *Vault) find(ctx context.Context, id string) (version keyring.Version, stale bool, err error) {
	current, err := v.current(ctx)
	if err != nil {
		return keyring.Version{}, false, err
	}
	if current.ID == id {
		return current, false, nil
	}
	previous, absent := v.versions.Previous(ctx)
	if absent != nil && !errors.Is(absent, keyring.ErrAbsent) {
		return keyring.Version{}, false, fmt.Errorf("fetching the previous version of the secret that seals authenticator keys: %w", absent)
	}
	if absent == nil && previous.ID == id {
		return previous, true, nil
	}
	// Another instance may know a newer version than the one remembered here,
	// and asking for the previous one may have shown that there is one.
	if current, err = v.current(ctx); err != nil || current.ID == id {
		return current, false, err
	}
	why := "the secret was changed twice since"
	if absent != nil {
		why = "no previous one was to be had: " + absent.Error()
	}
	return keyring.Version{}, false, fmt.Errorf("%w: version %s of the secret sealed it, which is neither the current nor the previous one (%s); make it the previous one again while the store still has it, or have the account's owner set up the app anew: `loginctl account mfa reset`", ErrSealed, id, why)
}

func (v *Vault) current(ctx context.Context) (keyring.Version, error) {
	version, err := v.versions.Current(ctx)
	if err != nil {
		return keyring.Version{}, fmt.Errorf("fetching the secret that seals authenticator keys: %w", err)
	}
	return version, nil
}

func parse(sealed string) (id string, box []byte, ok bool) {
	rest, ours := strings.CutPrefix(sealed, form)
	dot := strings.LastIndexByte(rest, '.')
	if !ours || dot < 0 || !isVersion(rest[:dot]) || len(rest)-dot-1 > base64.RawURLEncoding.EncodedLen(overhead+maxKey) {
		return "", nil, false
	}
	box, err := base64.RawURLEncoding.DecodeString(rest[dot+1:])
	// The decoder skips newlines, and takes stray bits at the end.
	whole := err == nil && base64.RawURLEncoding.EncodeToString(box) == rest[dot+1:]
	return rest[:dot], box, whole && len(box) >= overhead+minKey
}

// isVersion reports whether id can stand in a sealed text.
func isVersion(id string) bool {
	return id != "" && len(id) <= maxVersion && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

// bound is what is authenticated besides the key. An ID of a version holds no
// NUL.
func bound(id, accountID string) []byte { return []byte(form + id + "\x00" + accountID) }

func cipherOf(version keyring.Version) (cipher.AEAD, error) {
	text := version.Text.Reveal()
	if size := len(strings.TrimSpace(text)); size < minSecret {
		return nil, fmt.Errorf("%w: the secret that seals authenticator keys has %d bytes and needs at least %d; store a generated one, for example of `openssl rand -base64 48`", keyring.ErrUnusable, size, minSecret)
	}
	if !isVersion(version.ID) {
		return nil, fmt.Errorf("%w: the version of the secret that seals authenticator keys has an ID that is not 1 to %d printable ASCII characters; store it again", keyring.ErrUnusable, maxVersion)
	}
	key, err := hkdf.Key(sha256.New, []byte(text), nil, keyDomain, 32)
	if err != nil {
		return nil, fmt.Errorf("deriving the key that seals authenticator keys: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("keying the cipher of authenticator keys: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("keying the cipher of authenticator keys: %w", err)
	}
	return aead, nil
}
