package stacks_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/directory/fields"
	"deskpro-login/pkg/password"
)

// environment returns the variables that a function would find.
func (s *stack) environment(function string) map[string]string {
	variables := map[string]string{}
	from := []object{s.resource(function)["Properties"].(object)}
	if ignored, _ := s.resource(function)["IgnoreGlobals"].([]any); !slices.Contains(ignored, any("Environment")) {
		from = append([]object{s.section("Globals")["Function"].(object)}, from...)
	}
	for _, properties := range from {
		environment, ok := properties["Environment"].(object)
		if !ok {
			continue
		}
		for name, value := range s.resolve(environment["Variables"]).(object) {
			variables[name] = value.(string)
		}
	}
	return variables
}

// read returns the names of the variables that a function reads.
func read(function string) []string {
	var names []string
	for _, v := range config.Variables() {
		switch ofDoor, isDoors := strings.CutPrefix(v.Name, "DOOR_"); {
		case !slices.Contains(v.Functions, config.Function(function)):
		case isDoors:
			names = append(names, "USERS_"+ofDoor, "AGENTS_"+ofDoor)
		default:
			names = append(names, v.Name)
		}
	}
	return names
}

func TestEachVariableThatIsSetIsReadAndEachThatIsReadIsSet(t *testing.T) {
	for _, folder := range folders(t) {
		// Between them these set all that can be set.
		set := map[string]string{}
		for _, parameters := range []map[string]string{with(bothDoors, tableOptions), with(bothDoorsWithCognito, cognitoOptions), behindEdge} {
			maps.Copy(set, newStack(t, with(parameters, allOptions)).environment(resourceOf(folder, "Function")))
		}
		want := read(folder)
		if len(want) == 0 {
			t.Errorf("config.Variables has none for %s", folder)
		}
		for name := range set {
			if name != "GOMAXPROCS" && !slices.Contains(want, name) {
				t.Errorf("%s is set for %s, which does not read it", name, folder)
			}
		}
		for _, name := range want {
			if _, ok := set[name]; !ok {
				t.Errorf("%s reads %s, which is not set", folder, name)
			}
		}
	}
}

var allOptions = map[string]string{
	"BrandName":           "Acmé & Søns",
	"Accent":              "#0A66C2",
	"Logo":                "https://static.acme.com/logo.svg",
	"Icon":                "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'/%3E",
	"SupportUrl":          "mailto:help@acme.com",
	"PrivacyUrl":          "https://www.acme.com/privacy?lang=en",
	"TermsUrl":            "https://www.acme.com/terms",
	"ImprintUrl":          "https://www.acme.com/imprint",
	"Languages":           "de pt-BR he",
	"UsersBrandName":      "Acmé",
	"UsersAccent":         "#ffcc00",
	"UsersLogo":           "https://static.acme.com/users.svg",
	"UsersIcon":           "https://static.acme.com/users.ico",
	"UsersSupportUrl":     "https://help.acme.com/",
	"UsersPrivacyUrl":     "https://help.acme.com/privacy",
	"UsersTermsUrl":       "https://help.acme.com/terms",
	"UsersImprintUrl":     "https://help.acme.com/imprint",
	"AgentsBrandName":     "Acmé Staff",
	"AgentsAccent":        "#112233",
	"AgentsLogo":          "data:image/png;base64,iVBORw0KGgo=",
	"AgentsIcon":          "data:image/png;base64,iVBORw0KGgo=",
	"AgentsSupportUrl":    "tel:+442079460000",
	"AgentsPrivacyUrl":    "https://intranet.acme.com/privacy",
	"AgentsTermsUrl":      "https://intranet.acme.com/terms",
	"AgentsImprintUrl":    "https://intranet.acme.com/imprint",
	"FrameAncestors":      "https://intranet.acme.com https://*.acme.org",
	"UsersReturnOrigins":  "https://help.acme.com https://support.acme.org/",
	"UsersDefaultReturn":  "/login/authenticate-callback/7",
	"UsersAttributes":     "department cost_centre",
	"UsersGroup":          "Customers (EU)",
	"AgentsReturnOrigins": "https://help.acme.com",
	"AgentsDefaultReturn": "https://acme.deskpro.com/agent/login/authenticate-callback/8",
	"AgentsAttributes":    "department",
	"AgentsGroup":         "*",
	"TokenAlgorithm":      "HS512",
	"TokenLifetime":       "600s",
	"RotationWindow":      "168h",
	"PromoteWhen":         "accepted",
	"RotateAfterDays":     "365",
	"SessionIdle":         "1h30m",
	"SessionAbsolute":     "720h",
	"GuessesFree":         "20",
	"GuessesFirstWait":    "1h",
	"GuessesLongestWait":  "24h",
	"GuessesMost":         "20",
	"GuessesOfSource":     "20",
	"KnownBrowserFor":     "9600h",
	"RefusalTime":         "2000ms",
}

// tableOptions are all that a table of one's own can have besides.
var tableOptions = map[string]string{
	"AccountsTableName": "people",
	"AccountsFields":    "login=username email_verified=* disabled=!status:active department=dept cost_centre=kst",
	"AccountsWrites":    "on",
	"Factors":           "on",
	"UsersFactor":       "optional",
	"AgentsFactor":      "required",
	"FactorGroups":      "Finance (EU),deskpro-admins",
	"FactorSecretArn":   "arn:aws:secretsmanager:eu-west-1:123456789012:secret:factors-AbCdEf",
	"PasswordMinLength": "20",
	"PasswordWords":     "Sprocket roadrunner",
	"BreachCheck":       "on",
	"HashMemory":        "65536",
	"HashTime":          "3",
	"HashParallelism":   "4",
}

// cognitoOptions are all that a pool of one's own can have besides.
var cognitoOptions = map[string]string{
	"CognitoAuthFlow":     "USER_AUTH",
	"CognitoClaims":       "id=custom:staff_no groups=custom:roles",
	"PasswordReset":       "off",
	"AccountConfirmation": "on",
	"FederationDomain":    "acme.auth.us-east-1.amazoncognito.com",
	"FederationName":      "Acmé ID",
	"FederationProvider":  "AcmeSAML",
	"FederationMode":      "direct",
	"FederationLogout":    "on",
}

// madePool are the parameters of a pool that the stack makes, with managed
// login.
var madePool = map[string]string{
	"UsersDeskproUrl": "https://acme.deskpro.com/", "AgentsDeskproUrl": "https://acme.deskpro.com/", "DirectoryKind": "cognito",
	"DomainName": "login.acme.com", "HostedZoneId": "Z0123456789ABC",
	"FederationDomain": "acme.auth.eu-west-1.amazoncognito.com", "FederationName": "Acme ID",
}

// with returns a copy of the parameters with some changed.
func with(parameters, changes map[string]string) map[string]string {
	parameters = maps.Clone(parameters)
	maps.Copy(parameters, changes)
	return parameters
}

func TestFunctionsAcceptTheConfigurationThatTheRulesAccept(t *testing.T) {
	cognito := map[string]string{"DirectoryKind": "cognito", "CognitoUserPoolId": "eu-west-1_AbCdEfGhI", "CognitoClientId": "4f5g6h7j8k"}
	const hash = "a3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	const mine, yours = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mine-AbCdEf", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:yours-AbCdEf"
	const certificate = "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
	users := map[string]string{"UsersDeskproUrl": "https://acme.deskpro.com/"}
	agents := map[string]string{"AgentsDeskproUrl": "https://acme.deskpro.com"}
	usersOff := map[string]string{"UsersDeskproUrl": "", "UsersReturnOrigins": "", "UsersDefaultReturn": "", "UsersAttributes": "", "UsersGroup": "",
		"UsersBrandName": "", "UsersAccent": "", "UsersLogo": "", "UsersIcon": "", "UsersSupportUrl": "", "UsersPrivacyUrl": "", "UsersTermsUrl": "", "UsersImprintUrl": ""}
	for name, test := range map[string]struct {
		parameters map[string]string
		// doors are those that are on; refusal is a part of the Rule's sentence.
		doors   int
		refusal string
	}{
		"the users' door with a table":                  {with(users, nil), 1, ""},
		"the agents' door with a table":                 {with(agents, nil), 1, ""},
		"the users' door with Cognito":                  {with(users, cognito), 1, ""},
		"the agents' door with Cognito":                 {with(agents, cognito), 1, ""},
		"both doors with a table":                       {bothDoors, 2, ""},
		"both doors with Cognito and a client secret":   {bothDoorsWithCognito, 2, ""},
		"both doors with a table and every option":      {with(bothDoors, allOptions), 2, ""},
		"both doors with Cognito and every option":      {with(bothDoorsWithCognito, allOptions), 2, ""},
		"the agents' door alone with its every option":  {with(with(bothDoors, allOptions), usersOff), 1, ""},
		"both doors with Cognito and its every option":  {with(bothDoorsWithCognito, cognitoOptions), 2, ""},
		"a pool that the stack makes, and what it can":  {with(bothDoors, map[string]string{"DirectoryKind": "cognito", "CognitoMfa": "ON", "CognitoMailFrom": "login@acme.com", "CognitoClaims": "id=custom:staff_no", "PasswordReset": "off"}), 2, ""},
		"a pool that the stack makes, with a choice":    {with(bothDoors, map[string]string{"DirectoryKind": "cognito", "CognitoAuthFlow": "USER_AUTH"}), 2, ""},
		"a pool that the stack makes, federated":        {madePool, 2, ""},
		"the same behind CloudFront, straight there":    {with(behindEdge, map[string]string{"DirectoryKind": "cognito", "FederationDomain": "acme.auth.eu-west-1.amazoncognito.com", "FederationName": "Acme ID", "FederationProvider": "Google", "FederationMode": "direct", "FederationLogout": "on"}), 2, ""},
		"one's own pool federated at the API's address": {with(users, with(cognito, map[string]string{"FederationDomain": "id.acme.com", "FederationName": "Acme ID"})), 1, ""},
		"the same, which logging out ends":              {with(users, with(cognito, map[string]string{"FederationDomain": "id.acme.com", "FederationName": "Acme ID", "FederationLogout": "on"})), 1, ""},
		"looks of a door that is off":                   {with(users, map[string]string{"AgentsLogo": "https://acme.com/x.svg"}), 0, "but how it looks is set"},
		"one's own table and its every option":          {with(with(bothDoors, allOptions), tableOptions), 2, ""},
		"one's own table, only read":                    {with(bothDoors, map[string]string{"AccountsTableName": "people", "AccountsFields": "login=username", "AccountsWrites": "off"}), 2, ""},
		"a table without authenticator apps":            {with(bothDoors, map[string]string{"Factors": "off"}), 2, ""},
		"a table whose apps are for everyone":           {with(bothDoors, map[string]string{"UsersFactor": "required", "AgentsFactor": "required"}), 2, ""},
		"a table whose apps are for one door":           {with(agents, map[string]string{"AgentsFactor": "required", "FactorGroups": "admins"}), 1, ""},
		"a user pool, and no apps of our own":           {with(users, with(cognito, map[string]string{"Factors": "off"})), 1, ""},
		"fields of a table that the stack makes":        {with(users, map[string]string{"AccountsFields": "login=username"}), 0, "is for a table that you have"},
		"fields of a table with Cognito":                {with(users, with(cognito, map[string]string{"AccountsFields": "login=username"})), 0, "something of accounts in a table"},
		"a table that is only read with Cognito":        {with(users, with(cognito, map[string]string{"AccountsWrites": "off"})), 0, "something of accounts in a table"},
		"a door's second factor with Cognito":           {with(users, with(cognito, map[string]string{"UsersFactor": "required"})), 0, "A user pool says itself who needs a second factor"},
		"the other door's second factor with Cognito":   {with(agents, with(cognito, map[string]string{"AgentsFactor": "required"})), 0, "A user pool says itself who needs a second factor"},
		"groups' second factor with Cognito":            {with(users, with(cognito, map[string]string{"FactorGroups": "staff"})), 0, "A user pool says itself who needs a second factor"},
		"the apps' secret with Cognito":                 {with(users, with(cognito, map[string]string{"FactorSecretArn": mine})), 0, "A user pool says itself who needs a second factor"},
		"a table's passwords with Cognito":              {with(users, with(cognito, map[string]string{"PasswordMinLength": "16"})), 0, "A user pool has its own rules"},
		"a table's words with Cognito":                  {with(users, with(cognito, map[string]string{"PasswordWords": "sprocket"})), 0, "A user pool has its own rules"},
		"leaked passwords with Cognito":                 {with(users, with(cognito, map[string]string{"BreachCheck": "on"})), 0, "A user pool has its own rules"},
		"a table's hashes with Cognito":                 {with(users, with(cognito, map[string]string{"HashMemory": "65536"})), 0, "A user pool has its own rules"},
		"a hash's passes with Cognito":                  {with(users, with(cognito, map[string]string{"HashTime": "3"})), 0, "A user pool has its own rules"},
		"a hash's lanes with Cognito":                   {with(users, with(cognito, map[string]string{"HashParallelism": "2"})), 0, "A user pool has its own rules"},
		"a second factor where nothing is written":      {with(agents, map[string]string{"AgentsFactor": "required", "AccountsWrites": "off"}), 0, "nobody could set one up"},
		"a second factor without apps":                  {with(users, map[string]string{"UsersFactor": "required", "Factors": "off"}), 0, "nobody could set one up"},
		"groups' second factor without apps":            {with(users, map[string]string{"FactorGroups": "staff", "Factors": "off"}), 0, "nobody could set one up"},
		"the secret of no apps":                         {with(users, map[string]string{"FactorSecretArn": mine, "Factors": "off"}), 0, "There are no authenticator apps"},
		"the secret of apps where nothing is written":   {with(users, map[string]string{"FactorSecretArn": mine, "AccountsWrites": "off"}), 0, "There are no authenticator apps"},
		"a door's secret for the apps, too":             {with(bothDoors, map[string]string{"FactorSecretArn": mine, "AgentsSecretArn": mine}), 0, "FactorSecretArn is a door's secret, too"},
		"a second factor of a users' door that is off":  {with(agents, map[string]string{"UsersFactor": "required"}), 0, "The users' door is off"},
		"a second factor of an agents' door not there":  {with(users, map[string]string{"AgentsFactor": "required"}), 0, "The agents' door is off"},
		"a hash's cost where nothing is written":        {with(users, map[string]string{"AccountsWrites": "off", "HashMemory": "65536"}), 1, ""},
		"longer passwords where nobody chooses one":     {with(users, map[string]string{"AccountsWrites": "off", "PasswordMinLength": "16"}), 0, "nobody chooses one here"},
		"words where nobody chooses a password":         {with(users, map[string]string{"AccountsWrites": "off", "PasswordWords": "sprocket"}), 0, "nobody chooses one here"},
		"leaked passwords where nobody chooses one":     {with(users, map[string]string{"AccountsWrites": "off", "BreachCheck": "on"}), 0, "nobody chooses one here"},
		"a hash below OWASP's minimum":                  {with(users, map[string]string{"HashTime": "1"}), 0, "less than OWASP's minimum"},
		"a table without a page for new passwords":      {with(bothDoors, map[string]string{"PasswordReset": "off"}), 2, ""},
		"a choice of ways with a table":                 {with(users, map[string]string{"CognitoAuthFlow": "USER_AUTH"}), 0, "a way to sign in that only Cognito has"},
		"claims with a table":                           {with(users, map[string]string{"CognitoClaims": "id=custom:staff_no"}), 0, "a way to sign in that only Cognito has"},
		"accounts that people make with a table":        {with(users, map[string]string{"AccountConfirmation": "on"}), 0, "a way to sign in that only Cognito has"},
		"a second factor with a table":                  {with(users, map[string]string{"CognitoMfa": "ON"}), 0, "a way to sign in that only Cognito has"},
		"a sender with a table":                         {with(users, map[string]string{"CognitoMailFrom": "login@acme.com"}), 0, "a way to sign in that only Cognito has"},
		"managed login with a table":                    {with(users, map[string]string{"FederationDomain": "id.acme.com", "FederationName": "Acme ID"}), 0, "managed login of a Cognito user pool"},
		"a second factor for one's own pool":            {with(users, with(cognito, map[string]string{"CognitoMfa": "ON"})), 0, "are for a pool that this stack makes"},
		"a sender for one's own pool":                   {with(users, with(cognito, map[string]string{"CognitoMailFrom": "login@acme.com"})), 0, "are for a pool that this stack makes"},
		"a pool to be made where people make accounts":  {with(users, map[string]string{"DirectoryKind": "cognito", "AccountConfirmation": "on"}), 0, "do not make accounts of their own"},
		"a code alone where two factors are needed":     {with(users, map[string]string{"DirectoryKind": "cognito", "CognitoAuthFlow": "USER_AUTH", "CognitoMfa": "ON"}), 0, "by a code alone"},
		"a pool to be made, federated at the API's":     {with(madePool, map[string]string{"DomainName": "", "HostedZoneId": ""}), 0, "cannot know the API's own address"},
		"managed login without a name":                  {with(madePool, map[string]string{"FederationName": ""}), 0, "Set FederationName"},
		"a name without managed login":                  {with(users, with(cognito, map[string]string{"FederationName": "Acme ID"})), 0, "Nobody signs in elsewhere"},
		"a provider without managed login":              {with(users, with(cognito, map[string]string{"FederationProvider": "AcmeSAML"})), 0, "Nobody signs in elsewhere"},
		"straight to no managed login":                  {with(users, with(cognito, map[string]string{"FederationMode": "direct"})), 0, "Nobody signs in elsewhere"},
		"logging out of no managed login":               {with(users, with(cognito, map[string]string{"FederationLogout": "on"})), 0, "Nobody signs in elsewhere"},
		"a pool that the stack makes":                   {with(bothDoors, map[string]string{"DirectoryKind": "cognito"}), 2, ""},
		"a table that there is":                         {with(users, map[string]string{"AccountsTableName": "accounts"}), 1, ""},
		"secrets that there are":                        {with(bothDoors, map[string]string{"UsersSecretArn": mine, "AgentsSecretArn": yours}), 2, ""},
		"one secret that there is":                      {with(bothDoors, map[string]string{"AgentsSecretArn": yours}), 2, ""},
		"CloudFront in front":                           {behindEdge, 2, ""},
		"CloudFront, while its key changes":             {with(behindEdge, map[string]string{"OriginVerifyHashes": hash + " " + hash}), 2, ""},
		"a host name with a certificate made":           {with(users, map[string]string{"DomainName": "login.acme.com", "HostedZoneId": "Z0123456789ABC"}), 1, ""},
		"a host name with a certificate brought":        {with(users, map[string]string{"DomainName": "login.acme.com", "CertificateArn": certificate}), 1, ""},
		"no door":                                       {nil, 0, "No door is on."},
		"secrets that change by themselves":             {with(bothDoors, map[string]string{"RotateAfterDays": "30", "PromoteWhen": "accepted"}), 2, ""},
		"no secret but the current one ever signs":      {with(bothDoors, map[string]string{"RotationWindow": "0s", "RotateAfterDays": "90"}), 2, ""},
		"secrets that nobody can vouch for":             {with(users, map[string]string{"RotationWindow": "0s", "PromoteWhen": "accepted"}), 0, "nobody is ever let in with it"},
		"the longest waits, and no browser known":       {with(users, map[string]string{"GuessesFirstWait": "1h", "GuessesLongestWait": "24h", "KnownBrowserFor": "0s", "RefusalTime": "0s"}), 1, ""},
		"a first wait that is the longest":              {with(users, map[string]string{"GuessesFirstWait": "15m", "GuessesLongestWait": "15m", "RefusalTime": "1s"}), 1, ""},
		"as few guesses as can be":                      {with(users, map[string]string{"GuessesFree": "1", "GuessesMost": "20", "GuessesOfSource": "20"}), 1, ""},
		"as many guesses as can be":                     {with(users, map[string]string{"GuessesFree": "20", "GuessesMost": "100", "GuessesOfSource": "100000", "KnownBrowserFor": "1h", "RefusalTime": "1999ms"}), 1, ""},
		"a wait that gets shorter":                      {with(users, map[string]string{"GuessesFirstWait": "1h", "GuessesLongestWait": "15m"}), 0, "GuessesLongestWait is shorter"},
		"one secret of one's own for both doors":        {with(bothDoors, map[string]string{"UsersSecretArn": mine, "AgentsSecretArn": mine}), 0, "are the same"},
		"a secret of a door that is off":                {with(agents, map[string]string{"UsersSecretArn": mine}), 0, "The users' door is off"},
		"a table with Cognito":                          {with(users, with(cognito, map[string]string{"AccountsTableName": "accounts"})), 0, "a table of accounts is set"},
		"a client secret for a pool to be made":         {with(users, map[string]string{"DirectoryKind": "cognito", "CognitoClientSecretArn": mine}), 0, "A pool of your own"},
		"a host name without a certificate":             {with(users, map[string]string{"DomainName": "login.acme.com"}), 0, "needs a certificate"},
		"a certificate without a host name":             {with(users, map[string]string{"CertificateArn": certificate}), 0, "are for DomainName"},
		"CloudFront without its key's hash":             {with(users, map[string]string{"EdgeDomain": "login.acme.com"}), 0, "belong together"},
		"the hash of nothing":                           {with(behindEdge, map[string]string{"OriginVerifyHashes": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}), 0, "the hash of nothing"},
		"a hash without CloudFront":                     {with(users, map[string]string{"OriginVerifyHashes": hash}), 0, "belong together"},
		"a host name and CloudFront":                    {with(behindEdge, map[string]string{"DomainName": "api.acme.com", "HostedZoneId": "Z0123456789ABC"}), 0, "clear the other"},
		"options of a users' door that is off":          {with(agents, map[string]string{"UsersGroup": "staff"}), 0, "The users' door is off"},
		"options of an agents' door that is off":        {with(users, map[string]string{"AgentsAttributes": "department"}), 0, "The agents' door is off"},
		"Cognito without a client":                      {with(users, with(cognito, map[string]string{"CognitoClientId": ""})), 0, "A pool of your own needs both"},
		"Cognito without a pool":                        {with(users, with(cognito, map[string]string{"CognitoUserPoolId": ""})), 0, "A pool of your own needs both"},
		"a table and a pool":                            {with(users, map[string]string{"CognitoUserPoolId": "eu-west-1_AbCdEfGhI"}), 0, "The directory is dynamodb"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, test.parameters)
			refused := strings.Join(s.refused(), " ")
			if test.refusal != "" {
				if !strings.Contains(refused, test.refusal) {
					t.Errorf("the Rules say %q, want %q", refused, test.refusal)
				}
				return
			}
			if refused != "" {
				t.Errorf("the Rules refuse it: %s", refused)
			}
			for _, folder := range folders(t) {
				environment := s.environment(resourceOf(folder, "Function"))
				if environment["COGNITO_USER_POOL_ID"] == "UserPool" {
					environment["COGNITO_USER_POOL_ID"] = "eu-west-1_AbCdEfGhI" // what AWS makes of that
				}
				cfg, err := config.Load(config.Function(folder), func(name string) string { return environment[name] })
				if err != nil {
					t.Errorf("%s refuses it: %v", folder, err)
				} else if len(cfg.Doors) != test.doors {
					t.Errorf("%s has %d doors on, want %d", folder, len(cfg.Doors), test.doors)
				}
			}
		})
	}
}

// What the functions would refuse to start with, the form refuses first.
func TestParametersRefuse(t *testing.T) {
	s := newStack(t, bothDoors)
	for parameter, values := range map[string][]string{
		"BrandName":              {"", " ", "Acme "},
		"FrameAncestors":         {"https://a.example; script-src *", "https://a.example,https://b.example"},
		"UsersDeskproUrl":        {"acme.deskpro.com", "http://acme.deskpro.com/", "https://", "https://me@acme.deskpro.com/", "https://*.deskpro.com/", "https://acme.deskpro.com/?a", "https://acme.deskpro.com/#a", "https://acme.deskpro.com\\a"},
		"AgentsDeskproUrl":       {"acme.deskpro.com", "http://acme.deskpro.com/", "https://*.deskpro.com/"},
		"UsersReturnOrigins":     {"help.acme.com", "http://help.acme.com", "https://*.acme.com", "https://help.acme.com/path", "https://a.example,https://b.example"},
		"AgentsReturnOrigins":    {"http://help.acme.com", "https://*.acme.com"},
		"UsersDefaultReturn":     {"javascript:alert(1)", "http://acme.deskpro.com/", "login"},
		"AgentsDefaultReturn":    {"javascript:alert(1)", "http://acme.deskpro.com/"},
		"AgentsGroup":            {"", " "},
		"DirectoryKind":          {"", "ldap"},
		"CognitoUserPoolId":      {"AbCdEfGhI", "eu-west-1"},
		"CognitoClientId":        {"4f5g 6h7j"},
		"CognitoClientSecretArn": {"pool-client", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*"},
		"UsersFactor":            {"", "on", "REQUIRED"},
		"AgentsFactor":           {"", "on"},
		"AccountsFields":         {"login", "login=", "=username", "login=username,email=mail", "login=username  email=mail", " login=username", "login=" + strings.Repeat("x", 1024)},
		"AccountsWrites":         {"", "read"},
		"Factors":                {"", "required"},
		"FactorGroups":           {",", "staff,", "staff,,agents", " staff", "staff,  agents ", strings.Repeat("x", 513)},
		"FactorSecretArn":        {"factors", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*"},
		"PasswordMinLength":      {"", "14", "65", "8", "15.5", "150", "1e2", " 15"},
		"PasswordWords":          {" ", "sprocket,roadrunner", "sprocket  roadrunner", strings.Repeat("x", 513)},
		"BreachCheck":            {"", "true"},
		"HashMemory":             {"", "0", "19457", "131072"},
		"HashTime":               {"", "0", "9"},
		"HashParallelism":        {"", "0", "3", "16"},
		"CognitoAuthFlow":        {"", "USER_SRP_AUTH", "ALLOW_USER_AUTH"},
		"CognitoClaims":          {"id", "id=", "=sub", "id=sub,name=nickname", "id=sub  name=nickname", " id=sub"},
		"PasswordReset":          {"", "true"},
		"AccountConfirmation":    {"", "yes"},
		"CognitoMfa":             {"", "OFF", "on"},
		"CognitoMailFrom":        {"login", "login@acme", "Acme <login@acme.com>"},
		"FederationDomain":       {"acme", "https://acme.auth.eu-west-1.amazoncognito.com", "id.acme.com/", "ID.acme.com", "id.acme.com:8443", "*.acme.com", "http://127.0.0.1:9229", "10.0.0.1", "id.acme.1", "0x7f.0x1"},
		"FederationName":         {" ", "Acme ID "},
		"FederationProvider":     {"My Provider", "_saml", "ab", "SAML_"},
		"FederationMode":         {"", "auto"},
		"FederationLogout":       {"", "true"},
		"TokenAlgorithm":         {"", "none", "RS256"},
		"TokenLifetime":          {"", "29s", "601s", "120"},
		"RotationWindow":         {"", "0", "0h", "169h", "200h", "24", "1h30m", "7d", "-1h"},
		"PromoteWhen":            {"", "always", "Accepted"},
		"RotateAfterDays":        {"", "1", "29", "366", "400", "30.5", "-30", "030"},
		"SessionIdle":            {"", "0h", "30", "30s", "1d"},
		"SessionAbsolute":        {"", "0h", "12", "12H"},
		"GuessesFree":            {"", "0", "21", "-1", "5.5", "05", "200"},
		"GuessesFirstWait":       {"", "0s", "30", "2h", "1h30m"},
		"GuessesLongestWait":     {"", "0s", "1s", "25h", "60m"},
		"GuessesMost":            {"", "0", "19", "101", "1e2", "50.5", "020"},
		"GuessesOfSource":        {"", "0", "19", "100001", "200000", "1e3", "1000000"},
		"KnownBrowserFor":        {"", "0", "0h", "9601h", "10000h", "180d", "-1h", "30m", "4320"},
		"RefusalTime":            {"", "0", "0ms", "2001ms", "3s", "1.5s", "500", "1h", "-1ms"},
		"LogRetentionDays":       {"", "0", "2"},
		"UsersSecretArn":         {"my-secret", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:*"},
		"AgentsSecretArn":        {"my-secret"},
		"AccountsTableName":      {"a", "accounts/index", "arn:aws:dynamodb:eu-west-1:123456789012:table/accounts"},
		"DomainName":             {"https://login.acme.com", "login.acme.com/", "login", "*.acme.com", "Login.acme.com", "-a.acme.com"},
		"HostedZoneId":           {"acme.com", "/hostedzone/Z0123456789ABC"},
		"CertificateArn":         {"12345678-1234-1234-1234-123456789012", "arn:aws:acm:eu-west-1:123456789012:certificate/*"},
		"EdgeDomain":             {"https://d111111abcdef8.cloudfront.net", "*.cloudfront.net"},
		"OriginVerifyHashes":     {"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "e3b0c442", "the key itself"},
		"AlarmEmail":             {"ops", "ops@acme", "ops@acme.com, me@acme.com"},
		"MaxSecretAgeDays":       {"", "-1", "3651", "1.5"},
		"ThrottleRate":           {"", "0", "10001"},
		"ThrottleBurst":          {"", "0", "5001"},
		"MaxConcurrency":         {"", "-1", "10001"},
		"TrafficShift":           {"", "Linear10PercentEvery1Minute"},
		"RollBackOnAlarm":        {"", "true"},
		"PermissionsBoundaryArn": {"boundary", "arn:aws:iam::123456789012:role/x"},
		"KmsKeyArn":              {"alias/mine", "arn:aws:kms:eu-west-1:123456789012:alias/mine"},
	} {
		for _, value := range values {
			if s.accepts(parameter, value) {
				t.Errorf("%s accepts %q", parameter, value)
			}
		}
	}
}

// What the rule lets pass package password takes, and nothing else.
func TestHashesCostWhatPasswordsTake(t *testing.T) {
	s := newStack(t, bothDoors)
	values := func(name string) []any { return s.section("Parameters")[name].(object)["AllowedValues"].([]any) }
	taken := 0
	for _, memory := range values("HashMemory") {
		for _, passes := range values("HashTime") {
			for _, lanes := range values("HashParallelism") {
				s.values["HashMemory"], s.values["HashTime"], s.values["HashParallelism"] = fmt.Sprint(memory), fmt.Sprint(passes), fmt.Sprint(lanes)
				_, err := password.New(password.Config{Memory: uint32(memory.(int)), Time: uint32(passes.(int)), Parallelism: uint32(lanes.(int))})
				if refused := len(s.refused()) > 0; refused != (err != nil) {
					t.Errorf("%v KiB, %v passes and %v lanes are refused: %v, but package password says %v", memory, passes, lanes, refused, err)
				}
				if err == nil {
					taken++
				}
			}
		}
	}
	if taken < 100 {
		t.Errorf("only %d combinations are taken", taken)
	}
}

// The rule and the functions say the same of all that can be chosen.
func TestWaitsGetLongerOrAreRefused(t *testing.T) {
	s := newStack(t, bothDoors)
	values := func(name string) []any { return s.section("Parameters")[name].(object)["AllowedValues"].([]any) }
	taken := 0
	for _, first := range values("GuessesFirstWait") {
		for _, longest := range values("GuessesLongestWait") {
			s.values["GuessesFirstWait"], s.values["GuessesLongestWait"] = first.(string), longest.(string)
			environment := s.environment("AuthenticateFunction")
			_, err := config.Load(config.Authenticate, func(name string) string { return environment[name] })
			if refused := len(s.refused()) > 0; refused != (err != nil) {
				t.Errorf("waits of %v up to %v are refused: %v, but the function says %v", first, longest, refused, err)
			}
			if err == nil {
				taken++
			}
		}
	}
	if taken < 40 {
		t.Errorf("only %d combinations are taken", taken)
	}
}

// What the page for operators shows, the form and the functions take.
func TestExamplesOfFieldsAreTaken(t *testing.T) {
	page, err := os.ReadFile("ACCOUNTS.md")
	if err != nil {
		t.Fatal(err)
	}
	s := newStack(t, bothDoors)
	examples := regexp.MustCompile("(?m)^\\|[^|]*\\| `([^`|]*=[^`|]*)`[^|]*\\|$").FindAllStringSubmatch(string(page), -1)
	if len(examples) < 8 {
		t.Fatalf("found %d examples", len(examples))
	}
	for _, example := range append(examples, []string{"", tableOptions["AccountsFields"]}) {
		if _, isParameter := s.section("Parameters")[strings.Split(example[1], "=")[0]]; isParameter {
			continue
		}
		if _, err := fields.Parse(strings.Fields(example[1])); err != nil || !s.accepts("AccountsFields", example[1]) {
			t.Errorf("%s: %v, and the form takes it: %v", example[1], err, s.accepts("AccountsFields", example[1]))
		}
	}
}

func TestWhatRotationIsToldIsWhatWasChosen(t *testing.T) {
	for _, row := range []struct {
		chosen map[string]string
		rotate map[string]string
		window string
	}{
		{nil, map[string]string{"PROMOTE_WHEN": "confirmed", "TOKEN_ALGORITHM": "HS256", "USERS_SECRET": "UsersSecret", "AGENTS_SECRET": "AgentsSecret", "STATE_TABLE": "StateTable"}, "24h"},
		{map[string]string{"PromoteWhen": "accepted", "TokenAlgorithm": "HS512", "RotationWindow": "48h"},
			map[string]string{"PROMOTE_WHEN": "accepted", "TOKEN_ALGORITHM": "HS512", "STATE_TABLE": "StateTable"}, "48h"},
	} {
		s := newStack(t, with(bothDoors, row.chosen))
		rotate, login := s.environment("RotateFunction"), s.environment("LoginFunction")
		for name, want := range row.rotate {
			if rotate[name] != want {
				t.Errorf("with %v %s is %q, want %q", row.chosen, name, rotate[name], want)
			}
		}
		if login["ROTATION_WINDOW"] != row.window {
			t.Errorf("with %v ROTATION_WINDOW is %q, want %q", row.chosen, login["ROTATION_WINDOW"], row.window)
		}
		if rotate["METRICS_NAMESPACE"] == "" || rotate["METRICS_NAMESPACE"] != login["METRICS_NAMESPACE"] {
			t.Errorf("rotate counts in %q, login in %q", rotate["METRICS_NAMESPACE"], login["METRICS_NAMESPACE"])
		}
	}
}
