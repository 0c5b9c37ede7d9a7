package doctortest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Table is what DynamoDB says of one.
type Table struct {
	Status string
	// Key is the names of the key's attributes, with their types: {"key", "S"}.
	Key         [][2]string
	OnDemand    bool
	Protected   bool
	Encrypted   bool
	Unreachable bool // its KMS key is
	// Expiry is the attribute of its time to live; empty: that is off.
	Expiry   string
	Recovery bool
	// Bytes are what is in it, as DynamoDB counts them now and then.
	Bytes int64
}

// Pool is what Cognito says of a user pool.
type Pool struct {
	MFA                   string
	Protected, OpenSignUp bool
	Clients               map[string]map[string]any // what DescribeUserPoolClient says, by id
	Groups                []string
}

// answers are the operations that speak JSON, with the parameters that they take.
var answers = map[string]func(*Cloud, map[string]any) (any, error){
	"dynamodb:DescribeTable":             (*Cloud).describeTable,
	"dynamodb:DescribeTimeToLive":        (*Cloud).describeTimeToLive,
	"dynamodb:DescribeContinuousBackups": (*Cloud).describeContinuousBackups,
	"cognito-idp:DescribeUserPool":       (*Cloud).describeUserPool,
	"cognito-idp:DescribeUserPoolClient": (*Cloud).describeUserPoolClient,
	"cognito-idp:GetGroup":               (*Cloud).getGroup,
	"logs:DescribeLogGroups":             (*Cloud).describeLogGroups,
}

func (c *Cloud) serveJSON(w http.ResponseWriter, r *http.Request, service string) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	action := service + ":" + operation
	err := c.begin(r, action)
	var out any
	if err == nil {
		do := answers[action]
		if do == nil || r.Method != http.MethodPost || r.URL.Path != "/" {
			answerJSON(w, nil, unknown("no %s", action))
			return
		}
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		in := map[string]any{}
		if json.Unmarshal(body.Bytes(), &in) != nil {
			answerJSON(w, nil, &refusal{"SerializationException", "no JSON"})
			return
		}
		out, err = do(c, in)
	}
	answerJSON(w, out, err)
}

// text takes parameters, which must be these texts and no others.
func text(in map[string]any, names ...string) ([]string, error) {
	var values []string
	for _, name := range names {
		value, ok := in[name].(string)
		if !ok {
			return nil, &refusal{"ValidationException", name + " is wanted"}
		}
		values = append(values, value)
	}
	if len(in) != len(names) {
		return nil, &refusal{"ValidationException", "parameters that are not known"}
	}
	return values, nil
}

func (c *Cloud) table(in map[string]any) (*Table, string, error) {
	values, err := text(in, "TableName")
	if err != nil {
		return nil, "", err
	}
	found := c.Tables[values[0]]
	if found == nil {
		return nil, "", absent("Requested resource not found: Table: " + values[0] + " not found")
	}
	return found, values[0], nil
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
func (c *Cloud) describeTable(in map[string]any) (any, error) {
	t, name, err := c.table(in)
	if err != nil {
		return nil, err
	}
	said := map[string]any{"TableName": name, "TableStatus": t.Status, "DeletionProtectionEnabled": t.Protected, "TableSizeBytes": t.Bytes}
	var keys, attributes []map[string]string
	for i, k := range t.Key {
		keys = append(keys, map[string]string{"AttributeName": k[0], "KeyType": []string{"HASH", "RANGE"}[i]})
		attributes = append(attributes, map[string]string{"AttributeName": k[0], "AttributeType": k[1]})
	}
	said["KeySchema"], said["AttributeDefinitions"] = keys, attributes
	if t.OnDemand {
		said["BillingModeSummary"] = map[string]string{"BillingMode": "PAY_PER_REQUEST"}
	}
	switch {
	case t.Unreachable:
		said["SSEDescription"] = map[string]any{"Status": "ENABLED", "SSEType": "KMS", "InaccessibleEncryptionDateTime": 1795262400}
	case t.Encrypted:
		said["SSEDescription"] = map[string]string{"Status": "ENABLED", "SSEType": "KMS"}
	}
	return map[string]any{"Table": said}, nil
}

func (c *Cloud) describeTimeToLive(in map[string]any) (any, error) {
	t, _, err := c.table(in)
	if err != nil {
		return nil, err
	}
	said := map[string]string{"TimeToLiveStatus": "DISABLED"}
	if t.Expiry != "" {
		said = map[string]string{"TimeToLiveStatus": "ENABLED", "AttributeName": t.Expiry}
	}
	return map[string]any{"TimeToLiveDescription": said}, nil
}

func (c *Cloud) describeContinuousBackups(in map[string]any) (any, error) {
	t, _, err := c.table(in)
	if err != nil {
		return nil, err
	}
	status := "DISABLED"
	if t.Recovery {
		status = "ENABLED"
	}
	return map[string]any{"ContinuousBackupsDescription": map[string]any{
		"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": map[string]string{"PointInTimeRecoveryStatus": status},
	}}, nil
}

func (c *Cloud) pool(id string) (*Pool, error) {
	if found := c.Pools[id]; found != nil {
		return found, nil
	}
	return nil, absent("User pool " + id + " does not exist.")
}

// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPool.html
func (c *Cloud) describeUserPool(in map[string]any) (any, error) {
	values, err := text(in, "UserPoolId")
	if err != nil {
		return nil, err
	}
	p, err := c.pool(values[0])
	if err != nil {
		return nil, err
	}
	protection := "INACTIVE"
	if p.Protected {
		protection = "ACTIVE"
	}
	return map[string]any{"UserPool": map[string]any{
		"Id": values[0], "MfaConfiguration": p.MFA, "DeletionProtection": protection, "AdminCreateUserConfig": map[string]bool{"AllowAdminCreateUserOnly": !p.OpenSignUp},
	}}, nil
}

func (c *Cloud) describeUserPoolClient(in map[string]any) (any, error) {
	values, err := text(in, "UserPoolId", "ClientId")
	if err != nil {
		return nil, err
	}
	p, err := c.pool(values[0])
	if err != nil {
		return nil, err
	}
	if p.Clients[values[1]] == nil {
		return nil, absent("User pool client " + values[1] + " does not exist.")
	}
	return map[string]any{"UserPoolClient": p.Clients[values[1]]}, nil
}

func (c *Cloud) getGroup(in map[string]any) (any, error) {
	values, err := text(in, "UserPoolId", "GroupName")
	if err != nil {
		return nil, err
	}
	p, err := c.pool(values[0])
	if err != nil {
		return nil, err
	}
	if !slices.Contains(p.Groups, values[1]) {
		return nil, absent("Group not found.")
	}
	return map[string]any{"Group": map[string]string{"GroupName": values[1]}}, nil
}

// describeLogGroups has pages of one.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
func (c *Cloud) describeLogGroups(in map[string]any) (any, error) {
	after, _ := in["nextToken"].(string)
	delete(in, "nextToken")
	values, err := text(in, "logGroupNamePrefix")
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range c.Groups {
		if strings.HasPrefix(name, values[0]) && name > after {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	groups := []map[string]any{}
	answer := map[string]any{}
	if len(names) > 0 {
		group := map[string]any{"logGroupName": names[0]}
		if days := c.Groups[names[0]].Days; days > 0 {
			group["retentionInDays"] = days
		}
		groups = append(groups, group)
	}
	if len(names) > 1 {
		answer["nextToken"] = names[0]
	}
	answer["logGroups"] = groups
	return answer, nil
}

var (
	functionPath = regexp.MustCompile(`^/2015-03-31/functions/([A-Za-z0-9_-]+)/configuration$`)
	stagesPath   = regexp.MustCompile(`^/v2/apis/([a-z0-9]+)/stages$`)
)

// serveREST is Lambda's GetFunctionConfiguration and API Gateway's GetStages.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
func (c *Cloud) serveREST(w http.ResponseWriter, r *http.Request, service string) {
	action := map[string]string{"lambda": "lambda:GetFunctionConfiguration", "apigateway": "apigateway:GET"}[service]
	if err := c.begin(r, action); err != nil {
		answerJSON(w, nil, err)
		return
	}
	function, stages := functionPath.FindStringSubmatch(r.URL.Path), stagesPath.FindStringSubmatch(r.URL.Path)
	switch query := r.URL.Query(); {
	case r.Method != http.MethodGet:
	case function != nil && service == "lambda" && len(query) <= 1:
		name := function[1]
		if alias := query.Get("Qualifier"); alias != "" {
			name += ":" + alias
		}
		out, err := c.function(name)
		answerJSON(w, out, err)
		return
	case stages != nil && service == "apigateway" && len(query) == 0:
		out, err := c.stages(stages[1])
		answerJSON(w, out, err)
		return
	}
	answerJSON(w, nil, unknown("no %s %s", r.Method, r.URL))
}

func (c *Cloud) function(name string) (any, error) {
	f := c.Functions[name]
	if f == nil {
		return nil, absent("Function not found: " + name)
	}
	short, _, _ := strings.Cut(name, ":")
	environment := map[string]any{"Variables": f.Variables}
	if f.Undecrypted != "" {
		environment = map[string]any{"Error": map[string]string{"ErrorCode": f.Undecrypted, "Message": "Lambda was unable to decrypt your environment variables"}}
	}
	return map[string]any{
		"FunctionName": short, "Version": "7", "State": f.State, "StateReason": f.StateReason, "LastUpdateStatus": f.LastUpdateStatus,
		"Environment": environment, "LoggingConfig": map[string]string{"LogFormat": "JSON", "LogGroup": f.LogGroup},
	}, nil
}

func (c *Cloud) stages(api string) (any, error) {
	t, ok := c.Throttling[api]
	if !ok {
		return nil, &refusal{"NotFoundException", "Invalid API identifier specified"}
	}
	stage := map[string]any{"stageName": "$default", "defaultRouteSettings": map[string]float64{"throttlingRateLimit": t.Rate, "throttlingBurstLimit": t.Burst}}
	if t.Missing {
		stage["stageName"] = "prod"
	}
	routes := map[string]any{}
	for _, route := range t.Routes {
		routes[route] = map[string]float64{"throttlingRateLimit": 10000, "throttlingBurstLimit": 5000}
	}
	stage["routeSettings"] = routes
	return map[string]any{"items": []any{stage}}, nil
}
