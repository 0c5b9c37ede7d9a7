package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"

	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"deskpro-login/pkg/config"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/dynamo"
)

// maxAccounts is how many are read for a group that none has.
const maxAccounts = 5000

// wanted are groups that somebody must be in.
type wanted struct {
	of, variable string
	groups       []string
}

func (d *doctor) wanted() []wanted {
	var all []wanted
	for _, door := range d.doors {
		if door.group != "" {
			all = append(all, wanted{door.name, strings.ToUpper(door.name) + "_GROUP", []string{door.group}})
		}
	}
	if f := d.function(config.Authenticate); f != nil && len(f.loaded.Directory.FactorGroups) > 0 {
		all = append(all, wanted{factorSecret, "FACTOR_GROUPS", f.loaded.Directory.FactorGroups})
	}
	return all
}

// quoted is for a command line: a group's name may have spaces.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// checkGroups asks the pool for each door's.
func (p *pool) checkGroups(ctx context.Context, r *report) {
	id := p.config.Directory.UserPoolID
	for _, w := range p.wanted() {
		row, group := r.at("groups/*", w.of), w.groups[0] // a pool has no factors of ours
		if claim := p.config.Directory.Mapping.Trusts()["groups"]; claim != "" {
			row.untold("sign in yourself as a member", "groups are read from the claim %s, which only a sign-in shows", claim)
			continue
		}
		_, err := p.pools(id).GetGroup(ctx, &cip.GetGroupInput{UserPoolId: &id, GroupName: &group})
		switch {
		case err == nil:
			row.ok("the pool has the group %s", group)
		case isAbsent(err):
			row.fail("correct "+p.named(w.variable)+", capital letters included, or make the group: "+p.aws("cognito-idp create-group --user-pool-id "+id+" --group-name "+quoted(group)), "the pool has no group %s", group)
		default:
			row.unchecked(err, "cognito-idp:GetGroup")
		}
	}
}

// checkTableGroups looks for somebody in each group, among so many accounts.
func (d *doctor) checkTableGroups(ctx context.Context, r *report) {
	all := d.wanted()
	if len(all) == 0 {
		return
	}
	var missing []string
	for _, w := range all {
		missing = append(missing, w.groups...)
	}
	missing, whole, err := d.without(ctx, missing)
	for _, w := range all {
		row := r.at("groups/*", w.of)
		var lacks []string
		for _, group := range w.groups {
			if slices.Contains(missing, group) {
				lacks = append(lacks, group)
			}
		}
		switch {
		case lacks == nil:
			row.ok("somebody is in %s", strings.Join(w.groups, ", "))
		case err != nil:
			row.unchecked(err, "dynamodb:Scan")
		case !whole:
			row.untold(d.loginctl("account", "list", "--group", quoted(lacks[0]))+" reads them all", "of the first %d accounts none is in %s", maxAccounts, strings.Join(lacks, ", "))
		default:
			row.fail("correct "+d.named(w.variable)+", capital letters included, or put people into it: "+d.loginctl("account", "set", "LOGIN", "--group", quoted(lacks[0]), "--apply"), "no account is in %s", strings.Join(lacks, ", "))
		}
	}
}

// without returns the groups that no account is in, as far as it has read: whole,
// if that was all of them.
func (d *doctor) without(ctx context.Context, groups []string) (missing []string, whole bool, err error) {
	directory := d.function(config.Authenticate).loaded.Directory
	accounts, err := dynamo.NewAccounts(dynamo.Config{Client: d.tables, Table: directory.AccountsTable, Fields: directory.Fields, ReadOnly: true, Now: d.cfg.Now})
	if err != nil {
		return groups, false, err
	}
	read := 0
	for a, err := range accounts.All(ctx) {
		switch {
		case err != nil && a == nil && errors.Is(err, account.ErrUnreadable):
			continue // account list tells of it
		case err != nil:
			return groups, false, err
		case read == maxAccounts:
			return groups, false, nil
		}
		read++
		groups = slices.DeleteFunc(groups, func(group string) bool { return slices.Contains(a.Groups, group) })
		if len(groups) == 0 {
			break
		}
	}
	return groups, true, nil
}
