package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/redact"
)

// data keeps the practice tables and secrets in a file, so that they survive a
// restart. A nil one keeps nothing.
type data struct{ db *bolt.DB }

var (
	// secretsBucket has what else must not change from run to run.
	secretsBucket = []byte("practice secrets")
	// filledBucket is there once the practice accounts are.
	filledBucket = []byte("filled")
)

func openData(dir string) (*data, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("-data: %w; give a folder that you may write to", err)
	}
	name := filepath.Join(dir, "practice.db")
	db, err := bolt.Open(name, 0o600, &bolt.Options{Timeout: time.Second})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("-data: %s is in use: end the other server, or give another folder", name)
	case err != nil:
		return nil, fmt.Errorf("-data: opening %s: %w; if it is damaged, remove it and start with new practice accounts", name, err)
	}
	return &data{db}, nil
}

// load gives server's tables what was kept of them, and keeps what they are
// given from then on. fresh: filled was not called yet.
func (d *data) load(server *awstest.Server, tables ...string) (fresh bool, err error) {
	err = d.db.Update(func(tx *bolt.Tx) error {
		fresh = tx.Bucket(filledBucket) == nil
		for _, table := range tables {
			bucket, err := tx.CreateBucketIfNotExists([]byte(table))
			if err != nil {
				return err
			}
			if err := bucket.ForEach(func(_, item []byte) error {
				server.PutItem(table, string(item))
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("-data: reading what was kept: %w", err)
	}
	server.Journal(func(table, key, item string) {
		err := d.db.Update(func(tx *bolt.Tx) error {
			if item == "" {
				return tx.Bucket([]byte(table)).Delete([]byte(key))
			}
			return tx.Bucket([]byte(table)).Put([]byte(key), []byte(item))
		})
		if err != nil {
			slog.Error("a change is not kept: it is lost at the next start", "table", table, "error", err)
		}
	})
	return fresh, nil
}

// filled notes that the practice accounts are there.
func (d *data) filled() error {
	if d == nil {
		return nil
	}
	return d.db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(filledBucket)
		return err
	})
}

// secret returns the secret of that name, made when it is asked for first.
func (d *data) secret(name string) (redact.Secret, error) {
	// Two draws of 26 characters each, as a careful admin would paste.
	text := rand.Text() + rand.Text()
	if d == nil {
		return redact.New(text), nil
	}
	err := d.db.Update(func(tx *bolt.Tx) error {
		bucket, err := tx.CreateBucketIfNotExists(secretsBucket)
		if err != nil {
			return err
		}
		if kept := bucket.Get([]byte(name)); len(kept) > 0 {
			text = string(kept)
			return nil
		}
		return bucket.Put([]byte(name), []byte(text))
	})
	if err != nil {
		return redact.Secret{}, fmt.Errorf("-data: keeping a secret: %w", err)
	}
	return redact.New(text), nil
}

// keep has secret return text from now on.
func (d *data) keep(name string, text redact.Secret) {
	err := d.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(secretsBucket).Put([]byte(name), []byte(text.Reveal())) })
	if err != nil {
		slog.Error("a change is not kept: it is lost at the next start", "secret", name, "error", err)
	}
}

func (d *data) close() {
	if d == nil {
		return
	}
	if err := d.db.Close(); err != nil {
		slog.Error("closing what -data keeps", "error", err)
	}
}
