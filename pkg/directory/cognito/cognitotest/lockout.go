package cognitotest

import "time"

// AWS's temporary lock-out: the fifth failure locks for a second, each further
// one for twice as long, up to about 15 minutes; 15 quiet minutes or a success
// forget all of it.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow.html
const (
	freeFailures = 5
	longestLock  = 15 * time.Minute
)

func (a *account) locked(now time.Time) bool {
	if now.Sub(a.failed) >= longestLock {
		a.failures = 0
	}
	return now.Before(a.lockedUntil)
}

func (a *account) fail(now time.Time) {
	a.failures++
	a.failed = now
	if beyond := a.failures - freeFailures; beyond >= 0 {
		a.lockedUntil = now.Add(min(longestLock, time.Second<<min(beyond, 10)))
	}
}

func (a *account) forgive() { a.failures, a.lockedUntil = 0, time.Time{} }

// AWS lets an account ask for codes, and try them, between five and twenty times
// an hour, as it sees the risk; the fake takes the least.
// https://docs.aws.amazon.com/cognito/latest/developerguide/limits.html
const hourlyTries = 5

// limit counts one more try of what.
func (s *Server) limit(a *account, what string) error {
	now := s.config.Now()
	recent := a.asked[what][:0]
	for _, at := range a.asked[what] {
		if now.Sub(at) < time.Hour {
			recent = append(recent, at)
		}
	}
	a.asked[what] = append(recent, now)
	if len(recent) >= hourlyTries && !s.config.NoLockout {
		return &exception{"LimitExceededException", "Attempt limit exceeded, please try after some time."}
	}
	return nil
}
