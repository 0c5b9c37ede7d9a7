package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deskpro-login/pkg/awsenv/awstest"
	"deskpro-login/pkg/directory"
	"deskpro-login/pkg/directory/account"
	"deskpro-login/pkg/directory/dynamo"
)

// direct calls the stand-in without a network, which would keep a bubble's time
// from passing.
type direct struct{ http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// inBubble runs test where time passes only when everybody waits.
func inBubble(t *testing.T, test func(t *testing.T, server *awstest.Server, accounts *dynamo.Accounts)) {
	synctest.Test(t, func(t *testing.T) {
		server := awstest.New()
		server.CreateTable("users", "login")
		server.PutItem("users", mara)
		test(t, server, newAccounts(t, dynamo.Config{Client: newClient(t, server), Table: "users"}))
	})
}

func TestAnOperatorsCallWaitsUntilAWSIsReady(t *testing.T) {
	faults := map[string]awstest.Fault{
		"throttled": {Code: "ProvisionedThroughputExceededException"}, "in conflict": {Code: "TransactionConflictException"},
		"cancelled by a conflict": {Code: "TransactionCanceledException", Reasons: []string{"TransactionConflict", "None"}},
		"cancelled and throttled": {Code: "TransactionCanceledException", Reasons: []string{"None", "ThrottlingError"}},
	}
	for operation, call := range accountsCalls() {
		for what, fault := range faults {
			if (fault.Reasons != nil) != (operation == "TransactWriteItems") || what == "in conflict" && strings.Contains("GetItem BatchGetItem Scan", operation) {
				continue
			}
			t.Run(operation+" "+what, func(t *testing.T) {
				inBubble(t, func(t *testing.T, server *awstest.Server, accounts *dynamo.Accounts) {
					fault.Times = 8
					server.Inject(operation, fault)
					start := time.Now()
					if err := call(t.Context(), accounts); err != nil {
						t.Errorf("after 8 refusals: %v", err)
					}
					// At least the lower halves of four waits, since the SDK itself tries twice
					// where it is throttled.
					if took := time.Since(start); took < (50+100+200+400)*time.Millisecond/2 {
						t.Errorf("it took %v", took)
					}
				})
				inBubble(t, func(t *testing.T, server *awstest.Server, accounts *dynamo.Accounts) {
					fault.Times = 0
					server.Inject(operation, fault)
					start := time.Now()
					err := call(t.Context(), accounts)
					if err == nil {
						t.Fatal("succeeded")
					}
					if took := time.Since(start); took < 5*time.Second || took > time.Minute {
						t.Errorf("gave up after %v: %v", took, err)
					}
					want := directory.ErrThrottled
					if what == "in conflict" || what == "cancelled by a conflict" {
						want = directory.ErrUnavailable
						if operation == "UpdateItem" || operation == "DeleteItem" {
							want = account.ErrConflict
						}
					}
					wantOnly(t, err, want)
				})
				inBubble(t, func(t *testing.T, server *awstest.Server, accounts *dynamo.Accounts) {
					server.Inject(operation, fault)
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					start := time.Now()
					err := call(ctx, accounts)
					wantOnly(t, err, directory.ErrUnavailable)
					if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > time.Second {
						t.Errorf("with a second it returned after %v: %v", took, err)
					}
				})
			})
		}
	}
}

func TestGetManyAsksAgainForWhatIsLeft(t *testing.T) {
	var logins []string
	for i := range 100 {
		logins = append(logins, fmt.Sprintf("login-%02d", i))
	}
	fill := func(server *awstest.Server) {
		for _, login := range logins {
			server.PutItem("users", fmt.Sprintf(`{"login": {"S": %q}}`, login))
		}
	}
	inBubble(t, func(t *testing.T, server *awstest.Server, accounts *dynamo.Accounts) {
		fill(server)
		server.Inject("BatchGetItem", awstest.Fault{Leave: 40, Times: 3}) // 60 come, then none, then none
		start := time.Now()
		found, err := accounts.GetMany(t.Context(), logins)
		if err != nil || len(found) != 100 || server.Calls("BatchGetItem") != 4 {
			t.Errorf("found %d in %d calls, %v, want 100 in 4", len(found), server.Calls("BatchGetItem"), err)
		}
		if took := time.Since(start); took < (50+50+100)*time.Millisecond/2 {
			t.Errorf("it did not wait but %v", took)
		}
	})
	inBubble(t, func(t *testing.T, server *awstest.Server, accounts *dynamo.Accounts) {
		fill(server)
		server.Inject("BatchGetItem", awstest.Fault{Leave: 40, Times: 1})
		start := time.Now()
		if found, err := accounts.GetMany(t.Context(), logins); err != nil || len(found) != 100 || time.Since(start) < 25*time.Millisecond {
			t.Errorf("found %d, %v, after %v, want 100 after a wait", len(found), err, time.Since(start))
		}
	})
	inBubble(t, func(t *testing.T, server *awstest.Server, accounts *dynamo.Accounts) {
		fill(server)
		server.Inject("BatchGetItem", awstest.Fault{Leave: 1})
		_, err := accounts.GetMany(t.Context(), logins)
		wantOnly(t, err, directory.ErrThrottled)
		if calls := server.Calls("BatchGetItem"); calls < 5 || calls > 30 {
			t.Errorf("gave up after %d calls", calls)
		}
	})
	inBubble(t, func(t *testing.T, server *awstest.Server, accounts *dynamo.Accounts) {
		fill(server)
		server.Inject("BatchGetItem", awstest.Fault{Leave: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		found, err := accounts.GetMany(ctx, logins)
		wantOnly(t, err, directory.ErrUnavailable)
		if found != nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("found %d, %v, want nothing by the deadline", len(found), err)
		}
	})
}

func TestEveryErrorOfAWSIsASentinelForTheOperator(t *testing.T) {
	for code, want := range map[string]error{
		"InternalServerError": directory.ErrUnavailable, "NeverHeardOfIt": directory.ErrUnavailable, "ValidationException": directory.ErrUnavailable,
		"AccessDeniedException": directory.ErrMisconfigured, "ResourceNotFoundException": directory.ErrMisconfigured,
	} {
		for operation, call := range accountsCalls() {
			inBubble(t, func(t *testing.T, server *awstest.Server, accounts *dynamo.Accounts) {
				server.Inject(operation, awstest.Fault{Code: code})
				wantOnly(t, call(t.Context(), accounts), want)
			})
		}
	}
}
