// Package factor owns the second factor that this project's own directories
// keep: an authenticator app (Key: RFC 6238 with its defaults of SHA-1, six
// digits and 30 seconds, which is all that most apps can do), the recovery
// codes that stand in for it (NewCodes, HashCode), and the Vault that seals a
// Key before it is stored. Which step was used last, and which recovery codes
// are left, is the caller's to store; that each is used once, the caller's
// store to settle.
//
// # What the Vault holds against
//
// Who reads the stored accounts, or a backup of them, learns no Key. Who writes
// them can give no account the Key of another, though take a Key away or put
// the account's own older one back: that is for the table's policy to prevent.
// Who has the secret as well can make everybody's codes from any copy of the
// accounts, and a changed secret does not help the copies, only new Keys do. No
// password comes of it: the first factor stands.
//
// The secret is kept in Secrets Manager, where the function fetches its other
// keys, and the sealing is done here. With KMS doing it, the key could not be
// taken away and each use would be a line in CloudTrail; but that is a further
// SDK client in every cold start and a call in every sign-in, and who takes over
// the function could have KMS open every Key all the same.
package factor
