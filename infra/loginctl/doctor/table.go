package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/directory/fields"
)

// What package state/dynamo makes of the table of sessions.
const (
	stateKey    = "key"
	stateExpiry = "expires"
)

func (d *doctor) tableChecks() []check {
	if d.cfg.AWS == nil {
		return nil
	}
	var checks []check
	if table := d.effective("STATE_TABLE"); table != "" {
		checks = append(checks, func(ctx context.Context, r *report) {
			if found := d.checkTable(ctx, r, "state", table, stateKey); found != nil {
				d.checkExpiry(ctx, r, "state", table)
				d.checkWaits(ctx, r, table, found)
			}
		})
	}
	if f := d.function(config.Authenticate); f != nil && f.loaded.Directory.AccountsTable != "" {
		table, key := f.loaded.Directory.AccountsTable, f.loaded.Directory.Fields.Attribute(fields.Login)
		checks = append(checks, func(ctx context.Context, r *report) {
			found := d.checkTable(ctx, r, "accounts", table, key)
			if found == nil {
				return
			}
			d.checkExpiry(ctx, r, "accounts", table)
			d.checkBackup(ctx, r, table)
			if row := r.at("tables/*/protection", "accounts"); aws.ToBool(found.DeletionProtectionEnabled) {
				row.ok("it is protected against deletion")
			} else {
				row.warn(d.aws("dynamodb update-table --deletion-protection-enabled --table-name "+table), "it is not protected against deletion")
			}
		}, d.checkTableGroups)
	}
	return checks
}

// aws is a command line of the AWS CLI for a hint.
func (d *doctor) aws(command string) string {
	return "aws " + command + " --region " + d.cfg.AWS.Region
}

// checkTable returns nil where nothing more is to be asked of the table.
func (d *doctor) checkTable(ctx context.Context, r *report, name, table, key string) *types.TableDescription {
	row := r.at("tables/*/there", name)
	again := "restore it from a backup under this name, or correct " + d.named("ACCOUNTS_TABLE")
	if name == "state" {
		again = "make it again, and everyone signs in once more: " +
			d.aws("dynamodb create-table --billing-mode PAY_PER_REQUEST --attribute-definitions AttributeName=key,AttributeType=S --key-schema AttributeName=key,KeyType=HASH --table-name "+table)
	}
	out, err := d.tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	switch {
	case err != nil && isAbsent(err):
		row.fail(again, "there is no table %s", table)
		return nil
	case err != nil:
		row.unchecked(err, "dynamodb:DescribeTable")
		return nil
	case out.Table == nil:
		row.fail("see it in the DynamoDB console", "DynamoDB says nothing of the table %s", table)
		return nil
	}
	t := out.Table
	switch t.TableStatus {
	case types.TableStatusActive, types.TableStatusUpdating:
		row.ok("the table %s is there", table)
	default:
		row.fail("see it in the DynamoDB console; INACCESSIBLE_ENCRYPTION_CREDENTIALS means that its KMS key cannot be used", "the table %s is %s", table, t.TableStatus)
	}
	if row := r.at("tables/*/key", name); hasKey(t, key) {
		row.ok("its key is called %s, and a string", key)
	} else {
		row.fail("name another table: a table's key cannot be changed, and here it must be "+key+", a string and nothing beside it", "its key is %s", keyOf(t))
	}
	checkEncryption(r, name, t)
	if row := r.at("tables/*/capacity", name); t.BillingModeSummary != nil && t.BillingModeSummary.BillingMode == types.BillingModePayPerRequest {
		row.ok("its capacity is on demand")
	} else {
		row.warn(d.aws("dynamodb update-table --billing-mode PAY_PER_REQUEST --table-name "+table), "its capacity is provisioned")
	}
	return t
}

func hasKey(t *types.TableDescription, key string) bool { return keyOf(t) == key+" (S)" }

// keyOf is the key's attributes with their types, for people.
func keyOf(t *types.TableDescription) string {
	var key []string
	for _, k := range t.KeySchema {
		text := aws.ToString(k.AttributeName)
		for _, a := range t.AttributeDefinitions {
			if aws.ToString(a.AttributeName) == text {
				text += fmt.Sprintf(" (%s)", a.AttributeType)
				break
			}
		}
		key = append(key, text)
	}
	return strings.Join(key, " and ")
}

func checkEncryption(r *report, name string, t *types.TableDescription) {
	row := r.at("tables/*/encryption", name)
	switch s := t.SSEDescription; {
	case s != nil && s.InaccessibleEncryptionDateTime != nil:
		row.fail("enable the key in KMS, and let DynamoDB use it; after seven days the table is archived", "its KMS key cannot be used since %s", date(*s.InaccessibleEncryptionDateTime))
	case s != nil && s.Status == types.SSEStatusEnabled:
		row.ok("it is encrypted with a key of KMS")
	default:
		row.warn("in the DynamoDB console, Additional settings, Encryption: choose a key that is in your account", "it is encrypted with DynamoDB's own key")
	}
}

// checkExpiry sees to what DynamoDB deletes by itself.
func (d *doctor) checkExpiry(ctx context.Context, r *report, name, table string) {
	row := r.at("tables/*/expiry", name)
	out, err := d.tables.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &table})
	if err != nil {
		row.unchecked(err, "dynamodb:DescribeTimeToLive")
		return
	}
	var by string
	on := false
	if t := out.TimeToLiveDescription; t != nil {
		by = aws.ToString(t.AttributeName)
		on = t.TimeToLiveStatus == types.TimeToLiveStatusEnabled || t.TimeToLiveStatus == types.TimeToLiveStatusEnabling
	}
	turn := func(enabled bool, attribute string) string {
		return d.aws(fmt.Sprintf("dynamodb update-time-to-live --time-to-live-specification Enabled=%t,AttributeName=%s --table-name %s", enabled, attribute, table))
	}
	switch {
	case name != "state" && on:
		row.warn("unless that is meant: "+turn(false, by), "DynamoDB deletes accounts by their attribute %s", by)
	case name != "state":
		row.ok("DynamoDB deletes no account by itself")
	case !on:
		row.fail(turn(true, stateExpiry), "its time to live is off, so that sessions stay in it for ever")
	case by != stateExpiry:
		row.fail(turn(false, by)+", and an hour later "+turn(true, stateExpiry), "its time to live goes by %s, not by %s", by, stateExpiry)
	default:
		row.ok("what has expired is deleted")
	}
}

func (d *doctor) checkBackup(ctx context.Context, r *report, table string) {
	row := r.at("tables/*/backup", "accounts")
	out, err := d.tables.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &table})
	if err != nil {
		row.unchecked(err, "dynamodb:DescribeContinuousBackups")
		return
	}
	b := out.ContinuousBackupsDescription
	if b != nil && b.PointInTimeRecoveryDescription != nil && b.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus == types.PointInTimeRecoveryStatusEnabled {
		row.ok("it can be restored to any moment of the last weeks")
		return
	}
	row.warn(d.aws("dynamodb update-continuous-backups --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true --table-name "+table), "it has no point-in-time recovery")
}
