package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/dynamo"
	"deskpro-login/pkg/factor"
	"deskpro-login/pkg/keyring"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
	"deskpro-login/pkg/web"
)

// openTable gives pages the directory in the practice table, with the practice
// accounts in it if it is fresh.
func openTable(ctx context.Context, cfg config.Config, c *cloud, fresh bool, log *slog.Logger, pages *web.Config) error {
	aws, err := c.config()
	if err != nil {
		return err
	}
	d := cfg.Directory
	hasher, err := password.New(password.Config{Memory: d.Hash.Memory, Time: d.Hash.Time, Parallelism: d.Hash.Parallelism})
	if err != nil {
		return err
	}
	policy, err := password.NewPolicy(password.PolicyConfig{MinLength: d.MinLength, Words: append(d.Words, cfg.Looks.Brand), Log: log})
	if err != nil {
		return err
	}
	sealing, err := c.data.secret("factors")
	if err != nil {
		return err
	}
	vault, err := factor.NewVault(keyring.StaticVersion{Version: keyring.Version{ID: "practice", Text: sealing}})
	if err != nil {
		return err
	}
	table := dynamo.Config{Client: dynamodb.NewFromConfig(aws), Table: d.AccountsTable}
	store, err := dynamo.New(table)
	if err != nil {
		return err
	}
	if fresh {
		accounts, err := dynamo.NewAccounts(table)
		if err != nil {
			return err
		}
		if err := fill(ctx, accounts, hasher, vault); err != nil {
			return err
		}
		if err := c.data.filled(); err != nil {
			return err
		}
	}
	pages.Offers = web.Offers(cfg.Offers)
	pages.Directory, err = account.New(account.Config{
		Store: store, Passwords: hasher, Policy: policy, Factors: vault, FactorGroups: d.FactorGroups, KeepGroups: cfg.FactorDoors(), Log: log,
	})
	return err
}

// fill makes the practice accounts that a table can have.
func fill(ctx context.Context, accounts *dynamo.Accounts, hasher *password.Hasher, vault *factor.Vault) error {
	hash, err := hasher.Hash(ctx, redact.New(practicePassword))
	if err != nil {
		return err
	}
	for _, a := range practiceAccounts() {
		if a.row == nil {
			continue
		}
		stored := a.stored(hash)
		if err := a.row(ctx, stored, vault); err != nil {
			return fmt.Errorf("making %s: %w", a.email, err)
		}
		// It may be there from a start that was cut off.
		if err := accounts.Create(ctx, stored); err != nil && !errors.Is(err, account.ErrExists) {
			return fmt.Errorf("making %s: %w", a.email, err)
		}
	}
	return nil
}

// plain is the row of an account that is as its password alone makes it.
func plain(context.Context, *account.Account, *factor.Vault) error { return nil }

// withApp gives the account the practice authenticator app.
func withApp(ctx context.Context, a *account.Account, vault *factor.Vault) error {
	key, err := factor.ParseKey(practiceTOTPText)
	if err != nil {
		return err
	}
	a.Factor = &account.Factor{}
	a.Factor.Key, err = vault.Seal(ctx, a.ID, key)
	return err
}

// mustChange gives the account an initial password.
func mustChange(_ context.Context, a *account.Account, _ *factor.Vault) error {
	a.MustChange = true
	return nil
}

// imported gives the account the hash of another system: bcrypt's of the
// practice password.
func imported(_ context.Context, a *account.Account, _ *factor.Vault) error {
	a.PasswordHash = practiceBcrypt
	return nil
}
