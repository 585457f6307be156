// SPDX-License-Identifier: Apache-2.0

package diagnose_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/diagnose"
)

// texts are what ECS, its agents and container runtimes have said over the years, as
// AWS's pages and public reports quote them.
var texts = []struct {
	text string
	want slipway.CauseCode
}{
	{"CannotPullContainerError: API error (404): repository 111122223333.dkr.ecr.us-east-1.amazonaws.com/shop/web not found", slipway.ImageMissing},
	{"CannotPullContainerError: manifest unknown: manifest unknown; pull image manifest failed", slipway.ImageMissing},
	{"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref: docker.io/library/web:9: not found", slipway.ImageMissing},
	{"CannotPullContainerError: Error response from daemon: pull access denied for web, repository does not exist or may require 'docker login'", slipway.PullDenied},
	{
		"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1: unexpected status from HEAD request: 403 Forbidden",
		slipway.PullDenied,
	},
	{
		"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform: ecr:GetAuthorizationToken on resource: *",
		slipway.PullDenied,
	},
	{
		"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed caused by: Post \"https://api.ecr.us-east-1.amazonaws.com/\": dial tcp 10.0.0.1:443: i/o timeout",
		slipway.NoRouteToRegistry,
	},
	{"CannotPullContainerError: API error (500): Get https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/: net/http: request canceled while waiting for connection", slipway.NoRouteToRegistry},
	{
		"CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReaderSeeker: failed open: failed to do request: Get \"https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/\": dial tcp 52.217.1.1:443: i/o timeout",
		slipway.NoRouteToS3,
	},
	{"CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'", slipway.WrongArchitecture},
	{"CannotPullContainerError: no matching manifest for linux/arm64/v8 in the manifest list entries", slipway.WrongArchitecture},
	{"exec /app: exec format error", slipway.WrongArchitecture},
	{"CannotPullContainerError: Error response from daemon: write /var/lib/docker/tmp/x: no space left on device", slipway.DiskFull},
	{"CannotPullContainerError: toomanyrequests: You have reached your pull rate limit", slipway.QuotaExceeded},
	{
		"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:x from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
		slipway.SecretMissing,
	},
	{"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key url", slipway.SecretMissing},
	{
		"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:x from secrets manager: AccessDeniedException: User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: secretsmanager:GetSecretValue",
		slipway.SecretDenied,
	},
	{
		"ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: There is a connection issue between the task and AWS Secrets Manager. Check your task network configuration.",
		slipway.NoRouteToSecrets,
	},
	{"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid parameters: /shop/key", slipway.ParameterMissing},
	{"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: User: x is not authorized to perform: ssm:GetParameters", slipway.ParameterDenied},
	{"ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems Manager. There is a connection issue between the task and AWS Systems Manager", slipway.NoRouteToParameters},
	{"CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.", slipway.LogGroupMissing},
	{"ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1", slipway.LogGroupMissing},
	{"CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log group: AccessDeniedException: User: arn:aws:sts::765486523053:assumed-role/x/y is not authorized to perform: logs:CreateLogGroup", slipway.LogsDenied},
	{"ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: killed", slipway.NoRouteToLogs},
	{"ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: access denied by server while mounting fs-1.efs.us-east-1.amazonaws.com:/'", slipway.MountFailed},
	{"ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve \"fs-1.efs.ap-northeast-1.amazonaws.com\" - check that your file system ID is correct", slipway.MountFailed},
	{"OutOfMemoryError: Container killed due to memory usage", slipway.OutOfMemory},
	{"CannotStartContainerError: Error response from daemon: OCI runtime create failed: container_linux.go:380: starting container process caused: exec: \"/run.sh\": permission denied: unknown", slipway.CommandNotFound},
	{"CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"app\": executable file not found in $PATH: unknown", slipway.CommandNotFound},
	{"ECS was unable to assume the role 'arn:aws:iam::111122223333:role/x' that was provided for this task. Please verify that the role being passed has the proper trust relationship", slipway.RoleNotAssumable},
	{"Unable to assume the service linked role. Please verify that the ECS service linked role exists.", slipway.ServiceLinkedRoleMissing},
	{"Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet 'subnet-1': InsufficientFreeAddressesInSubnet", slipway.NoAddress},
	{"service web was unable to place a task. Reason: You’ve reached the limit on the number of vCPUs you can run concurrently", slipway.QuotaExceeded},
	{"service web was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone", slipway.NoCapacity},
	{"service web was unable to place a task because no container instance met all of its requirements. The closest matching container-instance 1 has insufficient CPU units available.", slipway.NoCPULeft},
	{"service web was unable to place a task because no container instance met all of its requirements. The closest matching container-instance 1 has insufficient memory available.", slipway.NoMemoryLeft},
	{"service web was unable to place a task because no container instance met all of its requirements. The closest matching container-instance 1 is already using a port required by your task.", slipway.HostPortTaken},
	{"service web was unable to place a task because no container instance met all of its requirements. The closest matching container-instance 1 is missing an attribute required by your task.", slipway.AttributeMissing},
	{"service web was unable to place a task because no container instance met all of its requirements. The closest matching container-instance 1 encountered error \"AGENT\".", slipway.AgentDisconnected},
	{"service web was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.", slipway.NoInstances},
	{"service web was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your capacity provider.", slipway.NoInstances},
	{"(service web) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 1) encountered error \"MemberOf placement constraint unsatisfied.\".", slipway.ConstraintUnmet},
	{"RESOURCE:CPU of arn:aws:ecs:us-east-1:111122223333:container-instance/shop/1", slipway.NoCPULeft},
	{"RESOURCE:MEMORY of arn:aws:ecs:us-east-1:111122223333:container-instance/shop/1", slipway.NoMemoryLeft},
	{"RESOURCE:GPU of arn:aws:ecs:us-east-1:111122223333:container-instance/shop/1", slipway.NoGPULeft},
	{"RESOURCE:ENI of arn:aws:ecs:us-east-1:111122223333:container-instance/shop/1", slipway.NoInterfaceLeft},
	{"RESOURCE:PORTS of arn:aws:ecs:us-east-1:111122223333:container-instance/shop/1", slipway.HostPortTaken},
	{"AGENT of arn:aws:ecs:us-east-1:111122223333:container-instance/shop/1", slipway.AgentDisconnected},
	{"ATTRIBUTE of arn:aws:ecs:us-east-1:111122223333:container-instance/shop/1", slipway.AttributeMissing},
	{"TaskFailedToStart: EMPTY CAPACITY PROVIDER", slipway.NoInstances},
	{"TaskFailedToStart: NO ACTIVE INSTANCES", slipway.NoInstances},
	{"TaskFailedToStart: ATTRIBUTE", slipway.AttributeMissing},
	{"TaskFailedToStart: RESOURCE:GPU", slipway.NoGPULeft},
	{"Essential container in task exited", ""},
	{"Scaling activity initiated by (deployment ecs-svc/123)", ""},
	{"Task failed container health checks", ""},
	{"", ""},
}

// TestTexts: each text, as the reason of a stopped task, leads to its cause first.
func TestTexts(t *testing.T) {
	t.Parallel()
	for _, row := range texts {
		t.Run(row.text[:min(len(row.text), 60)], func(t *testing.T) {
			t.Parallel()
			stopped := ecstypes.Task{
				TaskArn:  aws.String("arn:aws:ecs:us-east-1:111122223333:task/shop/0123456789abcdef0123456789abcdef"),
				StopCode: ecstypes.TaskStopCodeTaskFailedToStart, StoppedReason: aws.String(row.text),
			}
			causes := diagnose.Causes(&diagnose.Facts{Stopped: []ecstypes.Task{stopped}})
			if row.want == "" {
				for _, c := range causes {
					require.Contains(t, []slipway.CauseCode{slipway.ContainerUnhealthy, slipway.TaskNotStarted}, c.Code, "what is said is known from elsewhere")
				}
				return
			}
			require.NotEmpty(t, causes)
			require.Equal(t, row.want, causes[0].Code)
			require.Contains(t, causes[0].Evidence[0], row.text)
			require.NotEmpty(t, causes[0].Summary)
			require.NotEmpty(t, causes[0].Remedy)
			require.Contains(t, causes[0].Doc, "https://docs.aws.amazon.com/")
		})
	}
}
