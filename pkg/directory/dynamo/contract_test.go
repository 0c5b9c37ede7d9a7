package dynamo_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/account/accounttest"
	"deskpro-login/pkg/directory/directorytest"
	"deskpro-login/pkg/directory/dynamo"
	"deskpro-login/pkg/directory/fields"
	"deskpro-login/pkg/password"
	"deskpro-login/pkg/redact"
)

func newHasher(t *testing.T) *password.Hasher {
	t.Helper()
	hasher, err := password.New(password.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return hasher
}

// A directory over a table is one as pools are.
func TestADirectoryOverATableKeepsTheContract(t *testing.T) {
	onEach(t, func(t *testing.T, p part) {
		directorytest.Run(t, func(t *testing.T, seeds []directorytest.Account) directorytest.Directory {
			table, hasher := p.create(t, "login"), newHasher(t)
			store := func(t *testing.T, seed directorytest.Account) {
				t.Helper()
				hash, err := hasher.Hash(t.Context(), redact.New(seed.Password))
				if err != nil {
					t.Fatal(err)
				}
				put(t, p.client, table, itemOf(fields.Fields{}, &account.Account{
					Login: seed.Login, ID: seed.ID, Email: seed.Email, EmailVerified: seed.EmailVerified, Name: seed.Name, FirstName: seed.FirstName,
					LastName: seed.LastName, Groups: seed.Groups, Attributes: seed.Attributes, Disabled: seed.Disabled,
					Credentials: account.Credentials{PasswordHash: hash},
				}))
			}
			byLogin := map[string]directorytest.Account{}
			for _, seed := range seeds {
				byLogin[seed.Login] = seed
				store(t, seed)
			}
			checker, err := account.New(account.Config{
				Store: newTable(t, dynamo.Config{Client: p.client, Table: table, ReadOnly: true}), Passwords: hasher, ReadOnly: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			return directorytest.Directory{Authenticator: checker, ChangeEmail: func(t *testing.T, login, email string) {
				changed := byLogin[login]
				changed.Email, changed.EmailVerified = email, true
				store(t, changed)
			}}
		})
	})
}

// Codes, recovery codes, new passwords and apps, over a table of ours and over
// another's.
func TestFlows(t *testing.T) {
	onEach(t, func(t *testing.T, p part) {
		t.Run("our own", func(t *testing.T) { runFlows(t, p, fields.Fields{}) })
		t.Run("another's", func(t *testing.T) { runFlows(t, p, theirs(t)) })
	})
}

func runFlows(t *testing.T, p part, f fields.Fields) {
	accounttest.RunFlows(t, func(t *testing.T, accounts []account.Account) accounttest.Opened {
		table := p.create(t, f.Attribute(fields.Login))
		store := func(t *testing.T, a account.Account) {
			t.Helper()
			put(t, p.client, table, itemOf(f, &a))
			if a.Alias != "" {
				put(t, p.client, table, attributes{"login": text(a.Alias), "alias_of": text(a.Login)})
			}
		}
		for _, a := range accounts {
			store(t, a)
		}
		return accounttest.Opened{
			Store: newTable(t, dynamo.Config{Client: p.client, Table: table, Fields: f}),
			Put:   store, NoAliases: !f.IsZero(),
			Remove: func(t *testing.T, login string) {
				t.Helper()
				if _, err := p.client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &table, Key: attributes{f.Attribute(fields.Login): text(login)}}); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}
