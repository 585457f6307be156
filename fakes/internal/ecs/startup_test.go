// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/world"
)

const (
	executionRole = "arn:aws:iam::123456789012:role/execution"
	taskRole      = "arn:aws:iam::123456789012:role/task"
	ecrImage      = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web:1"
	secretARN     = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"
	paramARN      = "arn:aws:ssm:us-east-1:123456789012:parameter/db"
)

func errNotFound(ref string) error {
	return fmt.Errorf("failed to resolve ref %s: %s: not found", ref, ref)
}

func denied(action string) error {
	return &smithy.GenericAPIError{
		Code: "AccessDeniedException", Message: "User: arn:aws:sts::123456789012:assumed-role/execution/x is not authorized to perform: " + action,
	}
}

type register = func(*awsecs.RegisterTaskDefinitionInput)

// app changes the container of a definition and gives the task its execution role.
func app(change func(*ecstypes.ContainerDefinition)) register {
	return func(in *awsecs.RegisterTaskDefinitionInput) {
		in.ExecutionRoleArn = aws.String(executionRole)
		change(&in.ContainerDefinitions[0])
	}
}

func logging(options map[string]string) register {
	return app(func(c *ecstypes.ContainerDefinition) {
		o := map[string]string{"awslogs-group": "/shop/web", "awslogs-region": region, "awslogs-stream-prefix": "ecs"}
		maps.Copy(o, options)
		c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: ecstypes.LogDriverAwslogs, Options: o}
	})
}

func from(image string) register {
	return app(func(c *ecstypes.ContainerDefinition) { c.Image = &image })
}

func onEFS(in *awsecs.RegisterTaskDefinitionInput) {
	in.Volumes = []ecstypes.Volume{{Name: aws.String("data"), EfsVolumeConfiguration: &ecstypes.EFSVolumeConfiguration{FileSystemId: aws.String("fs-1")}}}
	in.ContainerDefinitions[0].MountPoints = []ecstypes.MountPoint{{SourceVolume: aws.String("data"), ContainerPath: aws.String("/data")}}
}

func secret(from string) register {
	return app(func(c *ecstypes.ContainerDefinition) {
		c.Secrets = []ecstypes.Secret{{Name: aws.String("DB"), ValueFrom: &from}}
	})
}

// TestStoppedReasons has a task fail on its way up in every way that is known.
func TestStoppedReasons(t *testing.T) {
	t.Parallel()
	const initialization = "ResourceInitializationError: "
	const auth = initialization + "unable to pull secrets or registry auth: "
	for _, test := range []struct {
		name   string // and the reason
		define register
		world  func(*neighbours)
		want   string
	}{
		{"no address left", nil, func(w *neighbours) { w.free["subnet-a"] = 0 },
			"Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-a': InsufficientFreeAddressesInSubnet"},
		{"no route to ECR", from(ecrImage), func(w *neighbours) { w.unreachable["ecr.api"] = true },
			auth + "The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR."},
		{"no route to ECR's registry", from(ecrImage), func(w *neighbours) { w.unreachable["ecr.dkr"] = true },
			"CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref " + ecrImage},
		{"no route to the layers", from(ecrImage), func(w *neighbours) { w.unreachable["s3"] = true },
			"CannotPullContainerError: pull command failed: failed to copy: httpReadSeeker: failed open: failed to do request: Get"},
		{"no route to a public registry", from("public.ecr.aws/nginx/nginx:1"), func(w *neighbours) { w.unreachable["internet"] = true },
			"failed to do request: Head \"https://public.ecr.aws/v2/nginx/nginx/manifests/1\": dial tcp: i/o timeout"},
		{"no route to Docker Hub", from("nginx:1"), func(w *neighbours) { w.unreachable["internet"] = true },
			"failed to resolve ref docker.io/library/nginx:1: failed to do request: Head \"https://registry-1.docker.io/v2/library/nginx/manifests/1\": dial tcp: i/o timeout"},
		{"no route to Docker Hub, no tag", from("grafana/loki"), func(w *neighbours) { w.unreachable["internet"] = true },
			"failed to resolve ref docker.io/grafana/loki:latest: failed to do request: Head \"https://registry-1.docker.io/v2/grafana/loki/manifests/latest\""},
		{"no route to Docker Hub, a digest", from("nginx@sha256:12"), func(w *neighbours) { w.unreachable["internet"] = true },
			"failed to resolve ref docker.io/library/nginx@sha256:12: failed to do request: Head \"https://registry-1.docker.io/v2/library/nginx/manifests/sha256:12\""},
		{"no such image", from(ecrImage), func(w *neighbours) { w.errs["image "+ecrImage] = errNotFound(ecrImage) },
			"CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref " + ecrImage + ": " + ecrImage + ": not found"},
		{"no token", from(ecrImage), func(w *neighbours) { w.errs["image "+ecrImage] = denied("ecr:GetAuthorizationToken") },
			auth + "execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: User:"},
		{"image denied", from(ecrImage), func(w *neighbours) {
			w.errs["image "+ecrImage] = errors.New("failed to resolve ref " + ecrImage + ": pull access denied")
		}, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " + ecrImage + ": pull access denied"},
		{"layers denied", from(ecrImage), func(w *neighbours) {
			w.errs["image "+ecrImage] = errors.New("failed to copy: httpReadSeeker: failed open: unexpected status code")
		}, "CannotPullContainerError: pull command failed: failed to copy: httpReadSeeker"},
		{"another platform", from(ecrImage), func(w *neighbours) { w.images[ecrImage] = world.Image{Platforms: []string{"linux/arm64/v8"}} },
			"CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor matching platform 'linux/amd64'"},
		{"secret denied", secret(secretARN), func(w *neighbours) { w.errs["secret "+secretARN] = denied("secretsmanager:GetSecretValue") },
			auth + "execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret " + secretARN},
		{"no such key in the secret", secret(secretARN + ":user::"), func(w *neighbours) {
			w.errs["secret "+secretARN+":user::"] = errors.New("retrieved secret from Secrets Manager did not contain json key user")
		}, auth + "execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): " +
			"retrieved secret from Secrets Manager did not contain json key user"},
		{"no route to Secrets Manager", secret(secretARN), func(w *neighbours) { w.unreachable["secretsmanager"] = true },
			auth + "unable to retrieve secret from asm: There is a connection issue between the task and AWS Secrets Manager."},
		{"parameter denied", secret(paramARN), func(w *neighbours) { w.errs["parameter "+paramARN] = denied("ssm:GetParameters") },
			auth + "execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: User:"},
		{"no route to Parameter Store", secret(paramARN), func(w *neighbours) { w.unreachable["ssm"] = true },
			auth + "unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems Manager. There is a connection issue"},
		{"registry credentials denied", app(func(c *ecstypes.ContainerDefinition) {
			c.RepositoryCredentials = &ecstypes.RepositoryCredentials{CredentialsParameter: aws.String(secretARN)}
		}), func(w *neighbours) { w.errs["secret "+secretARN] = denied("secretsmanager:GetSecretValue") }, auth},
		{"environment file denied", app(func(c *ecstypes.ContainerDefinition) {
			c.EnvironmentFiles = []ecstypes.EnvironmentFile{{Type: ecstypes.EnvironmentFileTypeS3, Value: aws.String("arn:aws:s3:::shop/app.env")}}
		}), func(w *neighbours) { w.errs["s3:GetObject"] = denied("s3:GetObject") },
			initialization + "failed to download env files: file download command: non-empty error stream: failed to download file app.env: " +
				"failed to write to a temporary file: AccessDenied: Access Denied"},
		{"no log group", logging(nil), func(w *neighbours) {
			w.errs["log stream /shop/web"] = &smithy.GenericAPIError{Code: "ResourceNotFoundException", Message: "The specified log group does not exist."}
		}, initialization + "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: " +
			"ResourceNotFoundException: The specified log group does not exist. : exit status 1"},
		{"log group may not be made", logging(map[string]string{"awslogs-create-group": "true"}), func(w *neighbours) {
			w.errs["log group /shop/web"] = denied("logs:CreateLogGroup")
		}, "failed to create Cloudwatch log group: AccessDeniedException: User:"},
		{"no route to the logs", logging(nil), func(w *neighbours) { w.unreachable["logs"] = true },
			initialization + "failed to validate logger args: "},
		{"file system cannot be mounted", onEFS, func(w *neighbours) {
			w.errs["mount fs-1"] = errors.New("failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: Connection reset by peer : " +
				"unsuccessful EFS utils command execution; code: 1")
		},
			initialization + "failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: Connection reset by peer : " +
				"unsuccessful EFS utils command execution; code: 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", test.define)
			test.world(b.world)
			arn := b.run(nil)
			b.settle()
			task := b.task(arn)
			require.Contains(t, aws.ToString(task.StoppedReason), test.want)
			require.Equal(t, ecstypes.TaskStopCodeTaskFailedToStart, task.StopCode)
			require.Equal(t, "STOPPED", *task.LastStatus)
			require.Equal(t, "STOPPED", *task.Containers[0].LastStatus)
			require.Nil(t, task.Containers[0].ExitCode)
			require.Nil(t, task.StartedAt)
			require.NotNil(t, task.StoppedAt)
		})
	}
}

func TestRolesMustBeAssumable(t *testing.T) {
	t.Parallel()
	for _, role := range []string{taskRole, executionRole} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			want := "ECS was unable to assume the role '" + role + "' that was provided for this task. Please verify that the role being passed " +
				"has the proper trust relationship and permissions and that your IAM user has permissions to pass this role."
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) {
				in.TaskRoleArn, in.ExecutionRoleArn = aws.String(taskRole), aws.String(executionRole)
			})
			b.world.denied[role] = errors.New("no trust")
			_, err := b.client.RunTask(t.Context(), &awsecs.RunTaskInput{
				Cluster: aws.String("main"), TaskDefinition: aws.String("web"), LaunchType: ecstypes.LaunchTypeFargate, NetworkConfiguration: b.network(),
			})
			var refused *ecstypes.ClientException
			require.ErrorAs(t, err, &refused)
			require.Equal(t, want, *refused.Message)

			b.create(1, nil)
			b.settle()
			require.Contains(t, b.events(), "(service web) failed to launch a task with (error "+want+").")
			require.Zero(t, b.service("web").RunningCount)
			delete(b.world.denied, role)
			b.settle()
			require.Equal(t, int32(1), b.service("web").RunningCount, "the scheduler tries again")
		})
	}
}

func TestOverriddenRoles(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", from(ecrImage))
	b.run(func(in *awsecs.RunTaskInput) {
		in.Overrides = &ecstypes.TaskOverride{ExecutionRoleArn: aws.String(taskRole), Cpu: aws.String("512"), Memory: aws.String("1024")}
	})
	b.settle()
	require.Contains(t, b.world.calls, "pull "+ecrImage+" as "+taskRole)
}

func TestPublicImagesArePulledAnonymously(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", from("nginx:1"))
	b.run(nil)
	b.settle()
	require.Contains(t, b.world.calls, "pull nginx:1 as ")
}

func TestLogs(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Timing{})
	b.cluster()
	b.define("web", logging(map[string]string{"awslogs-create-group": "true"}))
	b.fake.SetProgram("app", world.Program{Logs: []string{"hello", "ready"}})
	arn := b.run(nil)
	b.settle()
	id := arn[len(arn)-32:]
	require.Equal(t, []string{
		"group /shop/web", "stream /shop/web ecs/app/" + id + " as " + executionRole, "pull app:1 as ",
	}, b.world.calls)
	require.Equal(t, []string{"/shop/web: hello", "/shop/web: ready"}, b.world.lines)
}

func TestPlatforms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		program world.Program
		runtime *ecstypes.RuntimePlatform
		runs    bool
	}{
		{"not known", world.Program{}, nil, true},
		{"x86 by default", world.Program{Platforms: []string{"linux/amd64"}}, nil, true},
		{"one of several", world.Program{Platforms: []string{"linux/arm64", "linux/amd64"}}, nil, true},
		{"arm only", world.Program{Platforms: []string{"linux/arm64"}}, nil, false},
		{"arm on arm", world.Program{Platforms: []string{"linux/arm64"}}, &ecstypes.RuntimePlatform{CpuArchitecture: ecstypes.CPUArchitectureArm64}, true},
		{"x86 on arm", world.Program{Platforms: []string{"linux/amd64"}}, &ecstypes.RuntimePlatform{CpuArchitecture: ecstypes.CPUArchitectureArm64}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.cluster()
			b.define("web", func(in *awsecs.RegisterTaskDefinitionInput) { in.RuntimePlatform = test.runtime })
			b.fake.SetProgram("app", test.program)
			arn := b.run(nil)
			b.wait(time.Second)
			require.Equal(t, test.runs, *b.task(arn).LastStatus == "RUNNING", aws.ToString(b.task(arn).StoppedReason))
		})
	}
}

func TestMostSpecificProgram(t *testing.T) {
	t.Parallel()
	exits := func(code int32) world.Program { return world.Program{Exit: &world.Exit{Code: code}} }
	const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for _, test := range []struct {
		name, image string
		want        int32
	}{
		{"the repository", "shop/app:7", 1},
		{"no tag", "shop/app", 1},
		{"the tag", "shop/app:1", 2},
		{"the digest", "shop/app@" + digest, 3},
		{"the digest that a tag has", "shop/app:pinned", 3},
		{"the whole reference", "shop/app:1@" + digest, 4},
		{"a port is no tag", "localhost:5000/app", 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Timing{})
			b.world.images["shop/app:pinned"] = world.Image{Digest: digest}
			b.fake.SetProgram("shop/app", exits(1))
			b.fake.SetProgram("shop/app:1", exits(2))
			b.fake.SetProgram("shop/app@"+digest, exits(3))
			b.fake.SetProgram("shop/app:1@"+digest, exits(4))
			b.fake.SetProgram("localhost:5000/app", exits(5))
			b.cluster()
			b.image(test.image)
			arn := b.run(nil)
			b.settle()
			require.Equal(t, test.want, *b.task(arn).Containers[0].ExitCode)
		})
	}
}
