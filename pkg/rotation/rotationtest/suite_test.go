package rotationtest_test

import (
	"testing"

	"deskpro-login/pkg/rotation/rotationtest"
)

func TestAStoreInMemoryKeepsTheContract(t *testing.T) {
	rotationtest.Run(t, func(*testing.T) rotationtest.Fixture {
		store, first := &rotationtest.Store{}, rotationtest.NewVersion()
		store.Create("users", first, rotationtest.FirstValue)
		return rotationtest.Fixture{
			Store: store, SecretID: "users", First: first,
			Begin: func() string { return store.Begin("users", rotationtest.NewVersion()) },
		}
	})
}
