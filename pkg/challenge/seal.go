package challenge

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// record is a step as stored, inside the seal.
type record struct {
	Content []byte `json:"content"`
	// Expires is here too: the store's own is not sealed, and could be put off.
	Expires time.Time `json:"expires"`
	Claim   claim     `json:"claim,omitzero"`
	Settled bool      `json:"settled,omitempty"`
	Result  []byte    `json:"result,omitempty"`
}

// claim is the one answer that may reach the directory.
type claim struct {
	// Nonce is the attempt's own, by which it knows its claim again.
	Nonce string `json:"nonce"`
	// Answer is the MAC of what was answered and from where.
	Answer []byte    `json:"answer"`
	At     time.Time `json:"at"`
}

// box is where a step is kept, and what opens it.
type box struct {
	key  string
	aead cipher.AEAD
	// answers keys the MAC of answers. An answer may be a password: who had
	// both the ID and the store could try guesses against its MAC, for as long
	// as the step lives.
	answers []byte
}

// box derives from id, by HKDF (RFC 5869), what its step is sealed with. The
// store's key is a plain hash of it, which tells nothing of what HKDF makes.
func (s *Steps) box(id ID) (*box, error) {
	secret := []byte(id.Reveal())
	sealing, err := hkdf.Key(sha256.New, secret, nil, s.cfg.Prefix+"seal", 32)
	if err != nil {
		return nil, fmt.Errorf("deriving a step's key: %w", err)
	}
	answers, err := hkdf.Key(sha256.New, secret, nil, s.cfg.Prefix+"answer", 32)
	if err != nil {
		return nil, fmt.Errorf("deriving a step's key: %w", err)
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, fmt.Errorf("keying a step's cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("keying a step's cipher: %w", err)
	}
	sum := sha256.Sum256(secret)
	return &box{s.cfg.Prefix + hex.EncodeToString(sum[:]), aead, answers}, nil
}

func (b *box) seal(r record) ([]byte, error) {
	plain, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encoding a step: %w", err)
	}
	return b.aead.Seal(nil, nil, plain, []byte(b.key)), nil // #nosec G407 -- NewGCMWithRandomNonce makes it
}

// open returns ErrNone for what seal did not make for this box, and for a
// step that is over at now.
func (b *box) open(value []byte, now time.Time) (record, error) {
	plain, err := b.aead.Open(nil, nil, value, []byte(b.key))
	if err != nil {
		return record{}, ErrNone
	}
	var r record
	if err := json.Unmarshal(plain, &r); err != nil {
		return record{}, ErrNone // of another release: sign in again
	}
	if !now.Before(r.Expires) {
		return record{}, ErrNone
	}
	return r, nil
}

// mac returns the MAC of an answer from source. The length keeps the two
// apart.
func (b *box) mac(answer []byte, source string) []byte {
	h := hmac.New(sha256.New, b.answers)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(source))))
	h.Write([]byte(source))
	h.Write(answer)
	return h.Sum(nil)
}
