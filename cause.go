// SPDX-License-Identifier: Apache-2.0

package slipway

import "strings"

// CauseCode names a kind of [Cause].
type CauseCode string

// What containers fail of, wherever they run.
const (
	// ImageMissing: there is no such image, tag or digest in its repository.
	ImageMissing CauseCode = "image-missing"
	// PullDenied: the role that pulls may not, or the registry wants credentials.
	PullDenied CauseCode = "pull-denied"
	// WrongArchitecture: the image, or its program, is for another CPU architecture.
	WrongArchitecture CauseCode = "wrong-architecture"
	// RoleNotAssumable: the role does not exist, or does not trust the service.
	RoleNotAssumable CauseCode = "role-not-assumable"
	// SecretMissing and ParameterMissing: there is no such secret, key of it, or
	// parameter.
	SecretMissing    CauseCode = "secret-missing"
	ParameterMissing CauseCode = "parameter-missing"
	// SecretDenied and ParameterDenied: the role may not read it.
	SecretDenied    CauseCode = "secret-denied"
	ParameterDenied CauseCode = "parameter-denied"
	// LogGroupMissing: there is no such log group, and nothing makes it.
	LogGroupMissing CauseCode = "log-group-missing"
	// LogsDenied: the role may not write to the log group, or not make it.
	LogsDenied CauseCode = "logs-denied"
	// NoRouteToRegistry: the registry of the image, ECR or another, is not reached.
	NoRouteToRegistry CauseCode = "no-route-to-registry"
	// NoRouteToS3: Amazon S3, which keeps the layers of ECR's images, is not reached.
	NoRouteToS3 CauseCode = "no-route-to-s3"
	// NoRouteToSecrets: Secrets Manager is not reached.
	NoRouteToSecrets CauseCode = "no-route-to-secrets-manager"
	// NoRouteToParameters: Systems Manager is not reached.
	NoRouteToParameters CauseCode = "no-route-to-parameter-store"
	// NoRouteToLogs: CloudWatch Logs is not reached.
	NoRouteToLogs CauseCode = "no-route-to-logs"
	// MountFailed: a file system cannot be mounted.
	MountFailed CauseCode = "mount-failed"
	// DiskFull: the image or the data does not fit the task's storage.
	DiskFull CauseCode = "disk-full"
	// TaskNotStarted: the task did not start, for a reason that has no code of its own
	// here; the evidence has it in ECS's words.
	TaskNotStarted CauseCode = "task-not-started"
	// ContainerExited: the application ended by itself, with an exit code of its own.
	ContainerExited CauseCode = "container-exited"
	// OutOfMemory: the kernel killed the process at its memory limit.
	OutOfMemory CauseCode = "out-of-memory"
	// StopTimeout: the process did not end on SIGTERM and was killed.
	StopTimeout CauseCode = "killed-after-stop-timeout"
	// SegmentationFault: the process accessed memory that is not its own.
	SegmentationFault CauseCode = "segmentation-fault"
	// CommandNotFound: the container's command does not exist in the image.
	CommandNotFound CauseCode = "command-not-found"
	// ContainerUnhealthy: the container's own health check fails.
	ContainerUnhealthy CauseCode = "container-unhealthy"
	// TargetHealthPath: the load balancer's health check gets another status than
	// it expects, most often for its path.
	TargetHealthPath CauseCode = "target-health-path"
	// TargetHealthPort: nothing listens on the port that is checked.
	TargetHealthPort CauseCode = "target-health-port"
	// TargetSecurityGroup: no security group lets the load balancer reach the tasks.
	TargetSecurityGroup CauseCode = "target-security-group"
	// TargetGroupUnused: no listener forwards to the target group of the tasks.
	TargetGroupUnused CauseCode = "target-group-unused"
	// TargetZoneDisabled: tasks run in a zone that the load balancer is not in.
	TargetZoneDisabled CauseCode = "target-zone-disabled"
	// GracePeriodTooShort: tasks are replaced before they have had time to start.
	GracePeriodTooShort CauseCode = "grace-period-too-short"
	// DeploymentStuck: the health percentages let no task be stopped or started.
	DeploymentStuck CauseCode = "deployment-stuck"
	// DeploymentSuperseded: another deployment took the place of this one.
	DeploymentSuperseded CauseCode = "deployment-superseded"
	// DeploymentStopped: somebody stopped the deployment.
	DeploymentStopped CauseCode = "deployment-stopped"
	// AlarmTriggered: an alarm failed the deployment.
	AlarmTriggered CauseCode = "alarm-triggered"
	// NoAddress: the subnets have no free addresses.
	NoAddress CauseCode = "no-free-address"
	// NoCapacity: AWS has no capacity for the tasks.
	NoCapacity CauseCode = "no-capacity"
	// NoInstances: the cluster, or its capacity provider, has no container instance.
	NoInstances CauseCode = "no-container-instances"
	// LaunchFailed: the Auto Scaling group cannot launch instances.
	LaunchFailed CauseCode = "instance-launch-failed"
	// NotJoined: instances run that are no container instances of the cluster.
	NotJoined CauseCode = "instance-not-joined"
	// ProviderFull: the group of the capacity provider is as large as it may be.
	ProviderFull CauseCode = "capacity-provider-full"
	// AgentDisconnected: the agents of the instances do not answer ECS.
	AgentDisconnected CauseCode = "agent-disconnected"
	// NoCPULeft, NoMemoryLeft, NoGPULeft and NoInterfaceLeft: no container instance has
	// so much left; a network interface is one that awsvpc tasks take.
	NoCPULeft       CauseCode = "no-cpu-left"
	NoMemoryLeft    CauseCode = "no-memory-left"
	NoGPULeft       CauseCode = "no-gpu-left"
	NoInterfaceLeft CauseCode = "no-network-interface-left"
	// HostPortTaken: the host port is in use on each container instance.
	HostPortTaken CauseCode = "host-port-taken"
	// AttributeMissing: no container instance has an attribute that the task requires.
	AttributeMissing CauseCode = "instance-attribute-missing"
	// ConstraintUnmet: no container instance meets the placement constraints.
	ConstraintUnmet CauseCode = "placement-constraint-unmet"
	// QuotaExceeded: a quota of the account is used up.
	QuotaExceeded CauseCode = "quota-exceeded"
	// ServiceLinkedRoleMissing: the service's own role is missing.
	ServiceLinkedRoleMissing CauseCode = "service-linked-role-missing"
	// CertificateMismatch: the certificate is missing, not issued, or does not cover
	// the host name.
	CertificateMismatch CauseCode = "certificate-mismatch"
	// NotPermitted: the caller lacks a permission.
	NotPermitted CauseCode = "not-permitted"
)

// Confidence is how sure a [Cause] is. More is surer.
type Confidence int

// The levels of confidence.
const (
	// Possible: it would explain what is seen, as other things would.
	Possible Confidence = iota + 1
	// Likely: what is seen is as it is with this cause, and nothing else is known
	// to look so.
	Likely
	// Certain: AWS says so, or it was looked up and found to be so.
	Certain
)

// String returns "possible", "likely" or "certain".
func (c Confidence) String() string {
	switch c {
	case Possible:
		return "possible"
	case Likely:
		return "likely"
	case Certain:
		return "certain"
	default:
		return "unknown"
	}
}

// Cause is one reason why something does not work, or will not.
type Cause struct {
	Code       CauseCode
	Confidence Confidence
	// Summary is one sentence that names the things concerned.
	Summary string
	// Evidence is what was seen that shows it: AWS's own words, states, log lines.
	Evidence []string
	// Remedy is what to do about it.
	Remedy string
	// Doc is AWS's page about it; empty if there is none.
	Doc string
}

// String returns the cause as a short paragraph: its summary with code and
// confidence, then evidence and remedy, indented, on lines of their own.
func (c Cause) String() string {
	var b strings.Builder
	b.WriteString(c.Summary + " [" + string(c.Code) + ", " + c.Confidence.String() + "]")
	for _, e := range c.Evidence {
		b.WriteString("\n    seen: " + e)
	}
	if c.Remedy != "" {
		b.WriteString("\n    remedy: " + c.Remedy)
	}
	if c.Doc != "" {
		b.WriteString("\n    " + c.Doc)
	}
	return b.String()
}
