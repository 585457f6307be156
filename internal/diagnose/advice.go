// SPDX-License-Identifier: Apache-2.0

package diagnose

import "github.com/slipway-go/slipway"

const guide = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"

// advice is what to do about a cause, and AWS's page about it.
var advice = map[slipway.CauseCode]struct{ remedy, doc string }{
	slipway.ImageMissing: {
		"push the image, or name a tag or digest that the repository has", guide + "task_cannot_pull_image.html",
	},
	slipway.PullDenied: {
		"let the task execution role pull: ecr:GetAuthorizationToken on *, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the repository; for another registry name its credentials",
		guide + "task_execution_IAM_role.html",
	},
	slipway.WrongArchitecture: {
		"build the image for the task's CPU architecture, or for several, or set the task definition's architecture to that of the image",
		guide + "task_definition_parameters.html#runtime-platform",
	},
	slipway.RoleNotAssumable: {
		"make the role, and let its trust policy allow sts:AssumeRole to ecs-tasks.amazonaws.com", guide + "task_execution_IAM_role.html",
	},
	slipway.SecretMissing: {
		"make the secret, with the key that is named, or correct the reference; the ARN ends in six random characters", guide + "secrets-envvar-secrets-manager.html",
	},
	slipway.SecretDenied: {
		"allow the task execution role secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its key if that is your own",
		guide + "secrets-envvar-secrets-manager.html",
	},
	slipway.ParameterMissing: {
		"make the parameter in the task's region, or correct its name", guide + "secrets-envvar-ssm-paramstore.html",
	},
	slipway.ParameterDenied: {
		"allow the task execution role ssm:GetParameters on the parameter, and kms:Decrypt on its key if that is your own", guide + "secrets-envvar-ssm-paramstore.html",
	},
	slipway.LogGroupMissing: {
		"make the log group, or set awslogs-create-group and allow logs:CreateLogGroup", guide + "using_awslogs.html",
	},
	slipway.LogsDenied: {
		"allow the task execution role logs:CreateLogStream and logs:PutLogEvents on the log group, and logs:CreateLogGroup if awslogs-create-group is set",
		guide + "using_awslogs.html",
	},
	slipway.NoRouteToRegistry: {
		"give the tasks a way out: a public address in a public subnet, a NAT gateway, or the endpoints ecr.api and ecr.dkr whose security group admits port 443 from the tasks",
		guide + "fargate-task-networking.html",
	},
	slipway.NoRouteToS3: {
		"give the tasks a way to Amazon S3, which keeps the layers of ECR's images: a gateway endpoint in the subnets' route tables, a NAT gateway, or a public address",
		"https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html",
	},
	slipway.NoRouteToSecrets: {
		"give the tasks a way out, or the endpoint secretsmanager whose security group admits port 443 from the tasks", guide + "vpc-endpoints.html",
	},
	slipway.NoRouteToParameters: {
		"give the tasks a way out, or the endpoint ssm whose security group admits port 443 from the tasks", guide + "vpc-endpoints.html",
	},
	slipway.NoRouteToLogs: {
		"give the tasks a way out, or the endpoint logs whose security group admits port 443 from the tasks", guide + "vpc-endpoints.html",
	},
	slipway.MountFailed: {
		"give the file system a mount target in each zone of the tasks, admit port 2049 from them, and allow the task role what the file system's policy asks for",
		guide + "efs-volumes.html",
	},
	slipway.DiskFull:       {"give the task more ephemeral storage, 21 to 200 GiB, or make the image smaller", guide + "fargate-task-storage.html"},
	slipway.TaskNotStarted: {"do what the reason says of it; AWS's page explains the more frequent ones", guide + "stopped-task-error-codes.html"},
	slipway.ContainerExited: {
		"read the container's log lines; run the image by hand with the same command and environment", guide + "stopped-task-error-codes.html",
	},
	slipway.OutOfMemory: {
		"give the container or the task more memory, or make the program use less of it", guide + "stopped-task-error-codes.html",
	},
	slipway.StopTimeout: {
		"end the process on SIGTERM, run it with an init process (a shell as the first process does not pass signals on), or raise the container's stop timeout, up to 120 s on Fargate",
		guide + "task_definition_parameters.html#container_definition_timeout",
	},
	slipway.SegmentationFault: {
		"the program crashed in native code: check that it and its libraries fit the image and the CPU architecture, and get a core dump", guide + "stopped-task-error-codes.html",
	},
	slipway.CommandNotFound: {
		"correct entry point and command: the first word has to be an executable file of the image", guide + "stopped-task-error-codes.html",
	},
	slipway.ContainerUnhealthy: {
		"run the health check's command in the container: it has to exist in the image and exit with 0 in its time-out; a longer start period gives a slow start its time",
		guide + "healthcheck.html",
	},
	slipway.TargetHealthPath: {
		"set the health check's path to one that answers with a status that the target group expects, or widen what it expects",
		guide + "troubleshoot-service-load-balancers.html",
	},
	slipway.TargetHealthPort: {
		"have the program listen on the port that the service registers, on all addresses and not on 127.0.0.1 alone", guide + "troubleshoot-service-load-balancers.html",
	},
	slipway.TargetSecurityGroup: {
		"admit the load balancer's security group to the tasks' security group on the container's port; without network interfaces of their own to that of the instances, on 32768 to 65535 unless the host port is fixed",
		guide + "troubleshoot-service-load-balancers.html",
	},
	slipway.TargetGroupUnused: {
		"make a listener rule, or a default action, that forwards to the target group",
		"https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-reason-codes",
	},
	slipway.TargetZoneDisabled: {
		"give the load balancer a subnet in the zone, or run the tasks in subnets of its zones only",
		"https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html#target-health-reason-codes",
	},
	slipway.GracePeriodTooShort: {
		"raise the service's health check grace period above the time that the program takes to start", guide + "troubleshoot-service-load-balancers.html",
	},
	slipway.DeploymentStuck: {
		"raise the maximum percent or lower the minimum healthy percent until one task more, or one less, is allowed; minimums are rounded up, maximums down",
		guide + "service-event-messages-list.html",
	},
	slipway.DeploymentSuperseded: {"look at the deployment that took its place", guide + "service-deployment.html"},
	slipway.DeploymentStopped:    {"deploy again when whoever stopped it agrees", guide + "service-deployment.html"},
	slipway.AlarmTriggered:       {"find out why the alarm went off; if it does not tell of this service, take it off the deployment", guide + "deployment-alarm-failure.html"},
	slipway.NoAddress: {
		"use larger or more subnets, or free addresses: each task takes one", guide + "fargate-task-networking.html",
	},
	slipway.NoCapacity: {
		"try again later, allow more zones, or mix Fargate with Fargate Spot; on EC2 allow more instance types", guide + "service-event-messages-list.html",
	},
	slipway.NoInstances: {
		"let the Auto Scaling group have instances whose agent joins this cluster: their user data names it, and they have an instance profile", guide + "launch_container_instance.html",
	},
	slipway.LaunchFailed: {
		"do what the activity says of it, and correct the launch template or the group", "https://docs.aws.amazon.com/autoscaling/ec2/userguide/CHAP_Troubleshooting.html",
	},
	slipway.NotJoined: {
		"give the instances an instance profile whose role may register them, user data that names the cluster, an AMI with the agent, and a way to the endpoints of ECS; the agent's log is /var/log/ecs/ecs-agent.log",
		guide + "ecs-agent-troubleshooting.html",
	},
	slipway.ProviderFull: {
		"raise the largest size of the group, use larger instances, or have the tasks ask for less", guide + "cluster-auto-scaling.html",
	},
	slipway.AgentDisconnected: {
		"restart the agent, or terminate the instance; it needs a way to the endpoints ecs, ecs-agent and ecs-telemetry, and a role that may ecs:Poll", guide + "service-event-messages-list.html",
	},
	slipway.NoCPULeft: {
		"add instances, or larger ones, or have the task ask for fewer CPU units", guide + "service-event-messages-list.html",
	},
	slipway.NoMemoryLeft: {
		"add instances, or larger ones, or have the task ask for less memory; the agent keeps some of an instance for itself", guide + "service-event-messages-list.html",
	},
	slipway.NoGPULeft: {
		"add instances with GPUs whose AMI is one for GPUs, or have the task ask for fewer", guide + "ecs-gpu.html",
	},
	slipway.NoInterfaceLeft: {
		"add instances, or types with more network interfaces, or turn the account setting awsvpcTrunking on", guide + "container-instance-eni.html",
	},
	slipway.HostPortTaken: {
		"leave the host port to the instance, by naming none in network mode bridge, or add instances: only one task of each has a fixed port", guide + "service-event-messages-list.html",
	},
	slipway.AttributeMissing: {
		"compare the task definition's requiresAttributes with the instances' attributes: most often a log or volume driver, or a role for tasks, is not enabled in the agent's configuration, the instances have another CPU architecture, or the subnets are those of no instance",
		guide + "service-event-messages-list.html",
	},
	slipway.ConstraintUnmet: {
		"correct the expression, or add instances that it describes; ecs.MemberOf.Matches tries it offline", guide + "task-placement-constraints.html",
	},
	slipway.QuotaExceeded: {
		"ask for a higher quota in Service Quotas, or run less at a time", "https://docs.aws.amazon.com/general/latest/gr/ecs-service.html",
	},
	slipway.ServiceLinkedRoleMissing: {
		"make it: aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com, or allow the caller iam:CreateServiceLinkedRole",
		guide + "using-service-linked-roles.html",
	},
}

// summaries say what the code means where nothing more is known.
var summaries = map[slipway.CauseCode]string{
	slipway.ImageMissing:             "the image does not exist",
	slipway.PullDenied:               "the image may not be pulled",
	slipway.WrongArchitecture:        "the image is not for the CPU architecture of the task",
	slipway.RoleNotAssumable:         "ECS cannot assume a role of the task",
	slipway.SecretMissing:            "a secret does not exist, or lacks the key that is named",
	slipway.SecretDenied:             "the execution role may not read a secret",
	slipway.ParameterMissing:         "a parameter does not exist",
	slipway.ParameterDenied:          "the execution role may not read a parameter",
	slipway.LogGroupMissing:          "the log group does not exist",
	slipway.LogsDenied:               "the execution role may not write to the log group",
	slipway.NoRouteToRegistry:        "the task does not reach the registry of its image",
	slipway.NoRouteToS3:              "the task does not reach Amazon S3, which keeps the layers of its image",
	slipway.NoRouteToSecrets:         "the task does not reach Secrets Manager",
	slipway.NoRouteToParameters:      "the task does not reach Systems Manager",
	slipway.NoRouteToLogs:            "the task does not reach CloudWatch Logs",
	slipway.MountFailed:              "a volume cannot be mounted",
	slipway.DiskFull:                 "the task's storage is full",
	slipway.TaskNotStarted:           "the task did not start, for a reason that ECS gives",
	slipway.OutOfMemory:              "a process was killed at its memory limit",
	slipway.CommandNotFound:          "the container's command is not an executable file of the image",
	slipway.NoAddress:                "a subnet has no free address for the task",
	slipway.NoCapacity:               "there is no capacity for the task",
	slipway.NoInstances:              "there is no container instance for the task",
	slipway.AgentDisconnected:        "the agent of a container instance does not answer",
	slipway.NoCPULeft:                "no container instance has enough CPU units left",
	slipway.NoMemoryLeft:             "no container instance has enough memory left",
	slipway.NoGPULeft:                "no container instance has enough GPUs left",
	slipway.NoInterfaceLeft:          "no container instance has a network interface left",
	slipway.HostPortTaken:            "the task's host port is taken on each container instance",
	slipway.AttributeMissing:         "no container instance has all the attributes that the task requires",
	slipway.ConstraintUnmet:          "no container instance meets the placement constraints",
	slipway.QuotaExceeded:            "a quota of the account is used up",
	slipway.ServiceLinkedRoleMissing: "the service-linked role of ECS is missing",
	slipway.DeploymentStuck:          "the health percentages let no task be stopped or started",
	slipway.AlarmTriggered:           "an alarm failed the deployment",
}
