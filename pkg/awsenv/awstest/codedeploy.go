package awstest

// hook is a lifecycle event hook that CodeDeploy waits for.
type hook struct{ deployment, status string }

// StartHook makes CodeDeploy wait for the hook execution of the deployment.
func (s *Server) StartHook(deployment, execution string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks[execution] = &hook{deployment: deployment}
}

// HookStatus is what was reported of the hook execution; empty while nothing
// was.
func (s *Server) HookStatus(execution string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hooks[execution].status
}

// putHookStatus refuses a second report, as CodeDeploy does.
// https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_PutLifecycleEventHookExecutionStatus.html
func (s *Server) putHookStatus(body []byte) (any, error) {
	var in struct {
		Deployment string `json:"deploymentId"`
		Execution  string `json:"lifecycleEventHookExecutionId"`
		Status     string `json:"status"`
	}
	if err := decode(body, &in, "deploymentId", "lifecycleEventHookExecutionId", "status"); err != nil {
		return nil, err
	}
	if in.Deployment == "" {
		return nil, &apiError{Code: "DeploymentIdRequiredException", Message: "At least one deployment ID must be specified."}
	}
	known := false
	for _, h := range s.hooks {
		known = known || h.deployment == in.Deployment
	}
	kept := s.hooks[in.Execution]
	switch {
	case !known:
		return nil, &apiError{Code: "DeploymentDoesNotExistException", Message: "The deployment does not exist."}
	case kept == nil || kept.deployment != in.Deployment:
		return nil, &apiError{Code: "InvalidLifecycleEventHookExecutionIdException", Message: "The lifecycle event hook execution ID is not the deployment's."}
	case in.Status != "Succeeded" && in.Status != "Failed":
		return nil, &apiError{Code: "InvalidLifecycleEventHookExecutionStatusException", Message: "The status must be Succeeded or Failed."}
	case kept.status != "":
		return nil, &apiError{Code: "LifecycleEventAlreadyCompletedException", Message: "The lifecycle event has completed already."}
	}
	kept.status = in.Status
	return map[string]string{"lifecycleEventHookExecutionId": in.Execution}, nil
}
