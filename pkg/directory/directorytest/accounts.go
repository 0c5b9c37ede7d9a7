package directorytest

// Accounts returns the accounts that Run signs in with.
func Accounts() []Account {
	return append(exactAccounts(), []Account{
		{
			Login: disabledLogin, Password: password, ID: "id-disabled",
			Email: "dora@example.com", EmailVerified: true, Name: "Dora", Disabled: true,
		},
		{
			Login: unverifiedLogin, Password: password, ID: "id-unverified",
			Email: "uri@example.com", Name: "Uri",
		},
		{
			Login: "no-email@example.com", Password: password, ID: "id-no-email", Name: "Noemi",
		},
		{
			Login: "no-name@example.com", Password: password, ID: "id-no-name",
			Email: "no-name@example.com", EmailVerified: true,
		},
		{
			Login: "half-name@example.com", Password: password, ID: "id-half-name",
			Email: "half-name@example.com", EmailVerified: true, FirstName: "Hal",
		},
		{
			Login: movingLogin, Password: password, ID: "id-moving",
			Email: "before@example.com", EmailVerified: true, Name: "Mo Ving",
		},
	}...)
}

const (
	// password has an inner space and a letter with two Unicode spellings.
	password        = "Correct-Horse 9 caf\u00e9!"
	plainLogin      = "mara@example.com"
	disabledLogin   = "dora@example.com"
	unverifiedLogin = "uri@example.com"
	movingLogin     = "moving@example.com"
)

// exactAccounts are those whose every field must come back as it was stored.
func exactAccounts() []Account {
	return []Account{
		{
			Login: plainLogin, Password: password, ID: "id-mara",
			Email: "mara@example.com", EmailVerified: true, Name: "Mara Ó Briain",
			Groups:     []string{"agents", "Support Tier-2", "ünïcode"},
			Attributes: map[string]string{"department": "R&D <west>", "phone": "+44 20 7946 0000"},
		},
		{
			Login: "plus@example.com", Password: password, ID: "id-plus",
			Email: "first.last+desk+2@example.com", EmailVerified: true, Name: "Plus Address",
		},
		{
			Login: "apostrophe@example.com", Password: password, ID: "id-apostrophe",
			Email: "o'brien@example.com", EmailVerified: true, FirstName: "Seán", LastName: "O'Brien-D\u2019Arcy",
		},
		{
			Login: "emoji@example.com", Password: password, ID: "id-emoji",
			Email: "emoji@example.com", EmailVerified: true,
			Name: "Zo\u00eb \U0001F469\u200D\U0001F4BB \U0001F1FA\U0001F1F3",
		},
		{
			Login: "rtl@example.com", Password: password, ID: "id-rtl",
			Email: "rtl@example.com", EmailVerified: true,
			Name: "محمد الفاتح", FirstName: "דוד", LastName: "בן־גוריון",
		},
		{
			Login: "beyond@example.com", Password: password, ID: "id-beyond",
			Email: "beyond@example.com", EmailVerified: true,
			Name: "\U00020BB7\u91CE\u5BB6 \U0001D49C \U00010330", Groups: []string{"users"},
		},
		{
			Login: "decomposed@example.com", Password: password, ID: "id-decomposed",
			Email: "decomposed@example.com", EmailVerified: true, Name: "Jose\u0301 \"Pepe\" \\ Ruiz",
		},
	}
}
