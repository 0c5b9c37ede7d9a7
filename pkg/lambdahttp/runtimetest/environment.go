package runtimetest

const (
	region  = "eu-central-1"
	account = "123456789012"
)

// environment returns what Lambda sets for a function of an OS-only runtime.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func environment(name, root, api string) []string {
	return []string{
		"_HANDLER=bootstrap",
		"AWS_ACCESS_KEY_ID=runtimetest-access-key",
		"AWS_DEFAULT_REGION=" + region,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"AWS_LAMBDA_FUNCTION_NAME=" + name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_FORMAT=JSON",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + name,
		"AWS_LAMBDA_LOG_STREAM_NAME=2006/01/02/[$LATEST]runtimetest",
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_REGION=" + region,
		"AWS_SECRET_ACCESS_KEY=runtimetest-secret-key",
		"AWS_SESSION_TOKEN=runtimetest-session-token",
		"AWS_XRAY_CONTEXT_MISSING=LOG_ERROR",
		"AWS_XRAY_DAEMON_ADDRESS=169.254.79.129:2000",
		"LAMBDA_RUNTIME_DIR=/var/runtime",
		"LAMBDA_TASK_ROOT=" + root,
		"LANG=en_US.UTF-8",
		"LD_LIBRARY_PATH=/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
		"PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"TZ=:UTC",
	}
}
