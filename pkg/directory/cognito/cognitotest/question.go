package cognitotest

import "maps"

// Question is one challenge of the pool's own, as its triggers would make it.
type Question struct {
	// Parameters are the public ones.
	Parameters map[string]string
	Answer     string
}

// questionTries is how many wrong answers to one question end the sign-in.
const questionTries = 3

// ask poses one question. AWS adds the username to the parameters.
func (s *Server) ask(a *account, question, tries int) *answer {
	parameters := map[string]string{}
	maps.Copy(parameters, a.Custom[question].Parameters)
	parameters["USERNAME"] = a.Username
	return s.pose(&session{account: a, challenge: custom, question: question, tries: tries}, parameters)
}

// answerQuestion asks the same again after a wrong answer, in a new session:
// the trigger's decision, so that it is no error.
func (s *Server) answerQuestion(current *session, responses map[string]string, fault Fault) (*answer, error) {
	a := current.account
	current.used = true
	if current.question >= len(a.Custom) {
		return nil, invalidSession()
	}
	switch right := equal(responses["ANSWER"], a.Custom[current.question].Answer); {
	case !right && current.tries+1 >= questionTries:
		return nil, wrongPassword()
	case !right:
		return s.ask(a, current.question, current.tries+1), nil
	case current.question+1 < len(a.Custom):
		return s.ask(a, current.question+1, 0), nil
	}
	return s.tokens(a, fault)
}
