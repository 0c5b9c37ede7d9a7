package password_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"deskpro-login/pkg/redact"
)

// What a scheme cannot tell apart must not open an account. The hashes were made
// by the tools named, of the versions that testdata names.
func TestWhatASchemeCannotTellApartNeverMatches(t *testing.T) {
	hasher := newHasher(t)
	const sha512Salt, sha256Salt = "$6$rounds=1000$saltsaltsaltsalt$", "$5$rounds=1000$saltsaltsaltsalt$"
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, row := range []struct {
		name, hash, typed string
		want              bool
	}{
		{"72 bytes, of which PHP made bcrypt", "$2y$04$ZHQyDkwWsBODhaDQeuOsLebYO3UXstlZ6JSgetizuah6Qm8ycwAfa", strings.Repeat("é", 36), true},
		{"72 bytes and one more", "$2y$04$ZHQyDkwWsBODhaDQeuOsLebYO3UXstlZ6JSgetizuah6Qm8ycwAfa", strings.Repeat("é", 36) + "x", false},
		{"72 bytes but one", "$2y$04$ZHQyDkwWsBODhaDQeuOsLebYO3UXstlZ6JSgetizuah6Qm8ycwAfa", strings.Repeat("é", 36)[:71], false},
		{"73 bytes, of which PHP made bcrypt and cut a letter in two", "$2y$04$vTEYRuvqf.PxLakrQz7BJOJV6BK7TvE25tZFnU8umIavQitFKrlLS", x(71) + "é", false},
		{"what PHP left of them", "$2y$04$vTEYRuvqf.PxLakrQz7BJOJV6BK7TvE25tZFnU8umIavQitFKrlLS", x(71) + "é"[:1], true},
		{"74 bytes, of which Node made bcrypt", "$2b$04$QeolS.TTlU77vuzYbXDRJebzJtMnCzYbTlAgJBzcU1XNPx9g7CbOm", x(72) + "é", false},
		{"what Node left of them", "$2b$04$QeolS.TTlU77vuzYbXDRJebzJtMnCzYbTlAgJBzcU1XNPx9g7CbOm", x(72), true},
		{"1024 bytes, of which Node made bcrypt", "$2b$04$2eQt.dS9ZgUUd/Sbzdken.hl1X3ufYm1.KAtspkiZ/BKeVbwIV3zm", strings.Repeat("é", 512), false},
		{"511 bytes, of which libxcrypt made SHA512-crypt", sha512Salt + "r7rFkFcbKvhYXe1H6dYjxwxvNHIogDbMdrvvvuVyyTys6Y.Mx6YFpKJ.aMTkKvIgKO6VYDTVhhiJ.enuXbJST.", x(511), true},
		{"512 bytes, of SHA512-crypt", sha512Salt + "MtIXTjg5ZuxG/zTNuCMs6ko8MoVSjV8BUy9HvvqMUYzkJtoLsSDn52rKOkAQ.26CRwgUFJg/YiKpY3rMofo7Q/", x(512), true},
		{"512 bytes and one more", sha512Salt + "MtIXTjg5ZuxG/zTNuCMs6ko8MoVSjV8BUy9HvvqMUYzkJtoLsSDn52rKOkAQ.26CRwgUFJg/YiKpY3rMofo7Q/", x(513), false},
		{"513 bytes, of SHA512-crypt", sha512Salt + "lJA9iiTJxUioCkHC90UxP/6QdanVD89z44C8wmZyDi6PJpMXlgfc3551.vW7j/W/5jQeDdPtseJxzUIOvToq5.", x(513), false},
		{"511 bytes, of which libxcrypt made SHA256-crypt", sha256Salt + "xjkj6QFksR0uuFDplQI4Kcy3BKq..HQsvzVnCwdsut/", x(511), true},
		{"512 bytes, of SHA256-crypt", sha256Salt + "lSr8iCD9wPS.a4MHUD/g/RGipEZvFDpyu5l9RsAwmK5", x(512), true},
		{"512 bytes and one more", sha256Salt + "lSr8iCD9wPS.a4MHUD/g/RGipEZvFDpyu5l9RsAwmK5", x(513), false},
		{"513 bytes, of SHA256-crypt", sha256Salt + "kReKTiGYlXMU5LPZaddpLlmHli1wlzPG8P7TOA36pf2", x(513), false},
		{"73 bytes, of which Django made bcrypt_sha256", "bcrypt_sha256$$2b$04$/l9WN42YHqnN71ACydaXN./SOd7f5.pH4syKy/g55NfC9rfkflJQS", x(71) + "é", true},
		{"their first 72", "bcrypt_sha256$$2b$04$/l9WN42YHqnN71ACydaXN./SOd7f5.pH4syKy/g55NfC9rfkflJQS", (x(71) + "é")[:72], false},
		{"1024 bytes, of which Django made bcrypt_sha256", "bcrypt_sha256$$2b$04$.VOmplXuTzxX3bhZU6GK1ess7UiQowVpoyFq.COaR9JaV4Zvv.VK.", strings.Repeat("é", 512), true},
		{"512 bytes, of which passlib made SHA256-crypt", "$5$rounds=1000$7sQa.VvufzfoaY18$OQgA0K839ZsYZG71nw9vMuN07odwhwnjDDWOAOmwHd5", x(512), true},
		{"513 bytes, of which it made another", "$5$rounds=1000$/gv1nGDJ.Y7Z6nbZ$PmOZJNe07dqZtZT7iy8xRI9nx9HwRyKErJ7VrvWoQJB", x(513), false},
		{"512 bytes and one more", "$5$rounds=1000$7sQa.VvufzfoaY18$OQgA0K839ZsYZG71nw9vMuN07odwhwnjDDWOAOmwHd5", x(513), false},
		{"512 bytes, of which PHP made SHA512-crypt", "$6$rounds=1000$3ULS429u3cBKh19R$soOXkB4H2WHclF9gMWQhArj03P8nizd17FlqUfcaXW/QgpkBSIdxz1rnK.6p2JOvkxMYX3kn/u/niqRzY3nvA.", x(512), true},
		{"513 bytes, of which it made another", "$6$rounds=1000$xEKWu8F2lJK10oOB$aOiagsV82agMG.FvkFoTMxdWO8dmuqDKhT1yp.S3HyiRsQh8OvXJjWA1MlVqvSFFTDjeRoJmHvj7r.yK2P0IV/", x(513), false},
		{"1024 bytes, of which Django made scrypt", "scrypt$1024$bpLseMoeC90zsjCEvyDj0L$8$5$73Dpwi7rYQMq5PrQM74ghlGx6nDV2ioU0X+1y6yNt05yoQKhhbc9rYwmg/19Y5OKER1d1qYc7t4pCUW5ATracQ==", strings.Repeat("é", 512), true},
		{"a letter, of which Node made bcrypt", "$2b$04$Qwzom6XWfnqVmlNmDmC30.XFqmfQxxeW5/9ya0l35hvvLaKJV69iO", "a", true},
		{"the letter and a NUL, where Node made bcrypt", "$2b$04$Qwzom6XWfnqVmlNmDmC30.XFqmfQxxeW5/9ya0l35hvvLaKJV69iO", "a\x00", false},
		{"the letter, a NUL, the letter, where Node made bcrypt", "$2b$04$Qwzom6XWfnqVmlNmDmC30.XFqmfQxxeW5/9ya0l35hvvLaKJV69iO", "a\x00a", false},
		{"a letter, of which Django made PBKDF2-SHA1", "pbkdf2_sha1$1000$bfHNOupLZNuPzACFUAw21A$AbO0pWkVAEy8vUBKct2Hz8LblLA=", "a", true},
		{"the letter and a NUL, where Django made PBKDF2-SHA1", "pbkdf2_sha1$1000$bfHNOupLZNuPzACFUAw21A$AbO0pWkVAEy8vUBKct2Hz8LblLA=", "a\x00", false},
		{"the letter, a NUL, the letter, where Django made PBKDF2-SHA1", "pbkdf2_sha1$1000$bfHNOupLZNuPzACFUAw21A$AbO0pWkVAEy8vUBKct2Hz8LblLA=", "a\x00a", false},
		{"a letter, of which passlib made PBKDF2-SHA512", "$pbkdf2-sha512$1000$O8d4b.3dO4cQAqCUMkaolQ$gNfHfHcsLF8njVkTuvuwrTltgoGcEI0aDrpENFFNdVu0JVdGJay33iOFg1fEPF2ykHZp0zFuePGFpPGuZY98xw", "a", true},
		{"the letter and a NUL, where passlib made PBKDF2-SHA512", "$pbkdf2-sha512$1000$O8d4b.3dO4cQAqCUMkaolQ$gNfHfHcsLF8njVkTuvuwrTltgoGcEI0aDrpENFFNdVu0JVdGJay33iOFg1fEPF2ykHZp0zFuePGFpPGuZY98xw", "a\x00", false},
		{"the letter, a NUL, the letter, where passlib made PBKDF2-SHA512", "$pbkdf2-sha512$1000$O8d4b.3dO4cQAqCUMkaolQ$gNfHfHcsLF8njVkTuvuwrTltgoGcEI0aDrpENFFNdVu0JVdGJay33iOFg1fEPF2ykHZp0zFuePGFpPGuZY98xw", "a\x00a", false},
		{"a letter, of which Django made scrypt", "scrypt$1024$LnVoEGwifcihIllhhinZO7$8$5$kT3moAqTHzI93HlVPTderU1E+qUxHfO//KSYnl7TJ/N6PoWTQTB1W4J0QGimLz1rMuy908OeyImMJ/FLHVjhPQ==", "a", true},
		{"the letter and a NUL, where Django made scrypt", "scrypt$1024$LnVoEGwifcihIllhhinZO7$8$5$kT3moAqTHzI93HlVPTderU1E+qUxHfO//KSYnl7TJ/N6PoWTQTB1W4J0QGimLz1rMuy908OeyImMJ/FLHVjhPQ==", "a\x00", false},
		{"the letter, a NUL, the letter, where Django made scrypt", "scrypt$1024$LnVoEGwifcihIllhhinZO7$8$5$kT3moAqTHzI93HlVPTderU1E+qUxHfO//KSYnl7TJ/N6PoWTQTB1W4J0QGimLz1rMuy908OeyImMJ/FLHVjhPQ==", "a\x00a", false},
		{"a letter, of which passlib made scrypt", "$scrypt$ln=10,r=8,p=1$817LOYcw5ty7F6K0VorRmg$TqGA2BNhlFjqxsFlD30XPqnhVoVJ4e+WaolFUIu81u8", "a", true},
		{"the letter and a NUL, where passlib made scrypt", "$scrypt$ln=10,r=8,p=1$817LOYcw5ty7F6K0VorRmg$TqGA2BNhlFjqxsFlD30XPqnhVoVJ4e+WaolFUIu81u8", "a\x00", false},
		{"the letter, a NUL, the letter, where passlib made scrypt", "$scrypt$ln=10,r=8,p=1$817LOYcw5ty7F6K0VorRmg$TqGA2BNhlFjqxsFlD30XPqnhVoVJ4e+WaolFUIu81u8", "a\x00a", false},
		{"a letter and a NUL, of which Python made bcrypt", "$2b$04$TRpPor50M0F/pRKu3LDta.ftV1An.BVkb3d4fpYnNexmpAfjhy.xW", "a\x00", false},
		{"a letter and a NUL, of which Django made PBKDF2-SHA256", "pbkdf2_sha256$1000$9AK59unbWBEu7mxU2laShq$ENr4px3reAhky9c9ygbNPr9pvZAB2ZomvVBe3NMNtkM=", "a\x00", false},
		{"a letter and a NUL, of which passlib made scrypt", "$scrypt$ln=10,r=8,p=1$ca51rtX6/7+XUoqxlvKeEw$2V49xHAntT3KRzVamsD/Vt8WE924jJAocrJNhofxyh4", "a\x00", false},
		{"a letter and a NUL, of which PHP made argon2id", "$argon2id$v=19$m=1024,t=2,p=1$VUNPRmJoRFFsTVdsNXRBdw$aMGAnoM7Z7wQR9iRaTBHfGmx4YrAq8gGyC3apuzZJXs", "a\x00", true},
		{"the letter alone", "$argon2id$v=19$m=1024,t=2,p=1$VUNPRmJoRFFsTVdsNXRBdw$aMGAnoM7Z7wQR9iRaTBHfGmx4YrAq8gGyC3apuzZJXs", "a", false},
		{"a letter and a NUL, of which Django made bcrypt_sha256", "bcrypt_sha256$$2b$04$JZrHBGdW7KrbF/6BKOmC/ud2WmWkOZKX9giElK/RkfDKmoVmbgzia", "a\x00", true},
		{"the letter alone", "bcrypt_sha256$$2b$04$JZrHBGdW7KrbF/6BKOmC/ud2WmWkOZKX9giElK/RkfDKmoVmbgzia", "a", false},
		{"a letter and a NUL, of which PHP made SHA512-crypt but stopped at the NUL", "$6$rounds=1000$DmjlRgQeIwQtq284$H30vpMz64BVUo38DTxp7paLIZK1qSxOSrFV.6VML5P.RftsnOEQu0atDKTwYiGODx/7jwzdV3W/n4v8DTHaA4/", "a\x00", false},
		{"nothing, of which PHP made argon2id", "$argon2id$v=19$m=1024,t=2,p=1$WFRISUZCeU5XYy5Zbkt1Vw$pvacXVs4AbICWpTKiZF2IGMBIuY1RmCkY1VC9rMsV8g", "", false},
		{"nothing, of which PHP made argon2i", "$argon2i$v=19$m=1024,t=2,p=1$aGNTSExNeEtXbEcuZ2doNA$7A8BfSK5A/INvLLputT68LlDSyd68//aiKrvqQTUYuw", "", false},
		{"nothing, of which Node made bcrypt", "$2b$04$ll1VtrR6oQ46W7cpj9qVU.dg6hbjRN4de7pe9SqVMxeSiarEgbO1W", "", false},
		{"nothing, of which Django made bcrypt_sha256", "bcrypt_sha256$$2b$04$09KQhmA2APDTMk19YDbHxO7yQVWq.ELSiEHV09e6YlOAki928FThK", "", false},
		{"nothing, of which Django made PBKDF2-SHA256", "pbkdf2_sha256$1000$jX6x9vO84uex7DvTL9iVNW$qnNJRyyrGtN64jD4Pi99PpMNW3P0WqaitOfi7drSYr0=", "", false},
		{"nothing, of which passlib made PBKDF2-SHA512", "$pbkdf2-sha512$1000$iPEewzhnbM15b621di7F.A$tKRHJNZjHxxDEsKJXMsV8RivduV1d/WUyfZtqC1CH5lKE/HhFNZg9BEEqol7oCx9d7eIcfliCS4XKlRil0oM6Q", "", false},
		{"nothing, of which passlib made scrypt", "$scrypt$ln=10,r=8,p=1$0bqXMgaAcG7tfY+xFuLcmw$hUO9Rcytxuu29pMuu1rT1d8F1sxi7PpcN9iaXG/ffVk", "", false},
		{"nothing, of which PHP made SHA256-crypt", "$5$rounds=1000$EuH9aCA.SM7oE1Kq$Tp6YNQxkPLgprKGLE0IZiQJhzv5pzjVBWC1uv61FUa3", "", false},
		{"nothing, of which PHP made SHA512-crypt", "$6$rounds=1000$M7e3M6SpOdmSZhFW$IftnYDpql.a66gO7yKDZD0zicCFLxJNo9M8pl.q4KvxDIw7LhOlzJRgySjwTnO6Vjl3oradRmLGmWY6zXUqvt.", "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := hasher.Verify(t.Context(), row.hash, redact.New(row.typed))
			if err != nil || got != row.want {
				t.Errorf("Verify = %v, %v, want %v", got, err, row.want)
			}
			// Outsiders would see it if such a password cost nothing.
			if _, err := hasher.Verify(ended(t), row.hash, redact.New(row.typed)); !errors.Is(err, context.Canceled) {
				t.Errorf("Verify = %v, would not have been computed", err)
			}
		})
	}
}
