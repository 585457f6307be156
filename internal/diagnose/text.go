// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"strings"

	"github.com/slipway-go/slipway"
)

// pattern recognises a text: one fragment of each list must be in it, whatever its
// case.
type pattern struct {
	code slipway.CauseCode
	all  [][]string
}

func match(code slipway.CauseCode, all ...[]string) pattern { return pattern{code, all} }

// either of the fragments.
func either(fragments ...string) []string { return fragments }

func (p pattern) in(text string) bool {
	for _, fragments := range p.all {
		if !contains(text, fragments) {
			return false
		}
	}
	return true
}

// contains reports whether one of the fragments, in lower case, is in the text.
func contains(text string, fragments []string) bool {
	for _, f := range fragments {
		if strings.Contains(text, f) {
			return true
		}
	}
	return false
}

// What texts have in common that say that a service could not be reached, or that
// it refused.
var (
	unreachable = either("connection issue", "i/o timeout", "context deadline exceeded", "request send failed", "dial tcp", "connection refused",
		"no such host", "client.timeout exceeded", "request canceled while waiting for connection", "signal: killed",
		"network is unreachable", "no route to host", "tls handshake timeout", "connection reset by peer")
	denied = either("accessdenied", "access denied", "not authorized", "unauthorizedoperation", "403 forbidden", "unexpected status code 403",
		"is not allowed to", "kms key")
	ofSecrets    = either("secrets manager", "secretsmanager", "from asm", "aws secret")
	ofParameters = either("from ssm", "systems manager", "ssm:", " ssm ", "parameter store")
	ofRegistry   = either("registry auth", "ecr:getauthorizationtoken", "getauthorizationtoken", "amazon ecr")
	ofLogs       = either("cloudwatch", "logger args", "log group", "log stream", "logging driver")
	ofPull       = either("cannotpull", "pull image", "pull command", "failed to resolve ref", "failed to pull", "failed to copy")
)

// patterns are the texts of stopped tasks, their containers, and events, the more
// specific first.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
var patterns = []pattern{
	match(slipway.OutOfMemory, either("outofmemoryerror", "outofmemory:", "oom-kill", "oomkilled")),
	match(slipway.ServiceLinkedRoleMissing, either("service linked role", "service-linked role"), either("unable to assume", "assume", "verify", "does not exist", "exist")),
	match(slipway.RoleNotAssumable, either("unable to assume the role", "unable to assume role", "sts:assumerole", "failed to assume role", "cannot be assumed",
		"role with arn", "unable to get credentials from role", "assume role")),
	match(slipway.NoAddress, either("insufficientfreeaddresses", "free addresses", "not enough free ip", "insufficient free")),
	match(slipway.QuotaExceeded, either("limit on the number of vcpus", "vcpu limit", "concurrently running tasks", "limit on the number of tasks",
		"toomanyrequests", "pull rate limit", "limitexceeded", "quota", "operations are being throttled", "rate exceeded")),
	match(slipway.NoInstances, either("no container instances were found", "empty capacity provider", "no active instances")),
	match(slipway.AgentDisconnected, either(`error "agent"`, "agent of arn:")),
	match(slipway.NoCPULeft, either("resource:cpu", "insufficient cpu")),
	match(slipway.NoMemoryLeft, either("resource:memory", "insufficient memory")),
	match(slipway.NoGPULeft, either("resource:gpu")),
	match(slipway.HostPortTaken, either("resource:ports", "already using a port required by your task")),
	match(slipway.NoInterfaceLeft, either("resource:eni")),
	match(slipway.AttributeMissing, either("missing an attribute required by your task", `error "attribute"`, "attribute of arn:", "taskfailedtostart: attribute")),
	match(slipway.ConstraintUnmet, either("placement constraint unsatisfied")),
	match(slipway.NoCapacity, either("capacity is unavailable", "no capacity became available", "no spot capacity", "reason: internal error")),

	match(slipway.SecretMissing, either("resourceinitializationerror", "secret"), ofSecrets,
		either("resourcenotfoundexception", "can't find the specified secret", "did not contain json key", "not contain json key", "retrieved secret from secrets manager did not",
			"can’t find the specified secret", "marked for deletion", "marked deleted")),
	match(slipway.SecretDenied, either("resourceinitializationerror", "secret"), ofSecrets, denied),
	match(slipway.NoRouteToSecrets, either("resourceinitializationerror", "secret"), ofSecrets, unreachable),
	match(slipway.ParameterMissing, either("resourceinitializationerror", "secret", "ssm"), ofParameters, either("invalid parameters", "parameternotfound", "invalid ssm parameters", "not found")),
	match(slipway.ParameterDenied, either("resourceinitializationerror", "secret", "ssm"), ofParameters, denied),
	match(slipway.NoRouteToParameters, either("resourceinitializationerror", "secret", "ssm"), ofParameters, unreachable),

	match(slipway.LogGroupMissing, ofLogs, either("log group does not exist", "log group doesn't exist", "resourcenotfoundexception")),
	match(slipway.LogsDenied, either("logger args", "logs:create", "logs:put", "cloudwatch log", "log stream", "log group"), denied),
	match(slipway.NoRouteToLogs, either("logger args", "cloudwatch"), unreachable),

	match(slipway.MountFailed, either("efs utils", "mount.nfs", "ebs volume", "mount volume", "fsx", "failed to mount", "volume driver", "volumedriver")),
	match(slipway.DiskFull, either("no space left on device")),
	match(slipway.WrongArchitecture, either("exec format error", "matching platform", "no matching manifest for", "cannot be used on this platform", "does not match the detected host platform")),

	match(slipway.PullDenied, ofRegistry, denied),
	match(slipway.NoRouteToRegistry, ofRegistry, unreachable),
	match(slipway.PullDenied, ofPull, either("no basic auth credentials", "authorization failed", "insufficient_scope", "401 unauthorized", "ecr:batchgetimage",
		"ecr:getdownloadurlforlayer", "pull access denied", "unauthorized: ", "access denied", "accessdenied", "not authorized to perform: ecr", "403 forbidden")),
	match(slipway.NoRouteToS3, ofPull, either("s3.", "starport-layer-bucket", "httpreadseeker", "httpreaderseeker"), unreachable),
	match(slipway.NoRouteToRegistry, ofPull, unreachable),
	match(slipway.ImageMissing, ofPull, either("not found", "manifest unknown", "does not exist", "name unknown", "repositorynotfound", "manifest invalid", "imagenotfound", "no such image")),

	match(slipway.CommandNotFound, either("cannotstartcontainer", "cannotcreatecontainer", "failed to create task", "runc", "oci runtime", "starting container process", "exec:"),
		either("executable file not found", "no such file or directory", "permission denied", "not found in $path", "is a directory")),

	match(slipway.AlarmTriggered, either("alarm detected", "deployment alarm", "alarms triggered", "because of alarm", "alarm(s)")),
	match(slipway.DeploymentStuck, either("unable to stop or start tasks during a deployment", "unable to stop or start tasks")),
}

// classify returns the code of what a text says; "" if nothing is known of it.
func classify(text string) slipway.CauseCode {
	lower := strings.ToLower(text)
	for _, p := range patterns {
		if p.in(lower) {
			return p.code
		}
	}
	return ""
}
