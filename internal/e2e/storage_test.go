// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

// shared are two services that share a file system, each through an access point.
func shared(files storage.FileSystem) slipway.Stack {
	uploads := files.AccessPoint("uploads").WithUser(1000, 1000).WithCreatedRoot("/uploads", 1000, 1000, "0755")
	cluster := ecs.NewCluster("shop")
	service := func(name string, mount func(ecs.Container, ecs.Volume) ecs.Container) ecs.FargateService {
		app := mount(ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")),
			ecs.EFSVolume{Name: "uploads", FileSystem: files, AccessPoint: uploads})
		task := ecs.NewFargateTaskDefinition(name, ecs.VCPU/2, 1*ecs.GiB).WithContainer(app)
		return ecs.NewFargateService(name, cluster, task, vpc.Default()).WithCount(3)
	}
	return slipway.NewStack("shop",
		service("web", func(c ecs.Container, v ecs.Volume) ecs.Container { return c.WithMount(v, "/uploads") }),
		service("thumbs", func(c ecs.Container, v ecs.Volume) ecs.Container { return c.WithReadOnlyMount(v, "/uploads") }),
	)
}

func plainFiles() storage.FileSystem { return storage.NewFileSystem("files", vpc.Default()) }

func applied(t *testing.T, cloud *fakes.Cloud, stack slipway.Stack) {
	t.Helper()
	_, err := stack.Apply(t.Context(), cloud.Config())
	require.NoError(t, err)
	cloud.ForgetCalls()
	p, err := stack.Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.True(t, p.Empty(), "%s", p)
	require.Empty(t, cloud.Calls().Writes().Names())
}

func TestAFileSystemIsSharedInAllZones(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	before := cloud.Snapshot()
	applied(t, cloud, shared(plainFiles()))

	client := awsecs.NewFromConfig(cloud.Config())
	zones := map[string]bool{}
	for _, name := range []string{"web", "thumbs"} {
		list, err := client.ListTasks(t.Context(), &awsecs.ListTasksInput{Cluster: aws.String("shop"), ServiceName: aws.String(name)})
		require.NoError(t, err)
		require.Len(t, list.TaskArns, 3)
		tasks, err := client.DescribeTasks(t.Context(), &awsecs.DescribeTasksInput{Cluster: aws.String("shop"), Tasks: list.TaskArns})
		require.NoError(t, err)
		for _, task := range tasks.Tasks {
			require.Equal(t, "RUNNING", *task.LastStatus)
			zones[*task.AvailabilityZone] = true
		}
	}
	require.Len(t, zones, 3)
	require.Contains(t, rolePolicies(t, cloud, "web-task-us-east-1"), "ClientWrite")
	require.NotContains(t, rolePolicies(t, cloud, "thumbs-task-us-east-1"), "ClientWrite")
	require.Contains(t, rolePolicies(t, cloud, "thumbs-task-us-east-1"), "elasticfilesystem:AccessPointArn")

	require.NoError(t, shared(plainFiles()).Destroy(t.Context(), cloud.Config()))
	cloud.Advance(forgotten)
	require.Equal(t, linkedRoles[1:], cloud.Snapshot().Since(before))
	require.NoError(t, shared(plainFiles()).Destroy(t.Context(), cloud.Config()), "what is gone stays gone")
}

func rolePolicies(t *testing.T, cloud *fakes.Cloud, role string) string {
	t.Helper()
	client := awsiam.NewFromConfig(cloud.Config())
	names, err := client.ListRolePolicies(t.Context(), &awsiam.ListRolePoliciesInput{RoleName: &role})
	require.NoError(t, err)
	all := ""
	for _, name := range names.PolicyNames {
		out, err := client.GetRolePolicy(t.Context(), &awsiam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
		require.NoError(t, err)
		document, err := url.QueryUnescape(*out.PolicyDocument)
		require.NoError(t, err)
		all += document
	}
	return all
}

// TestEachSettingOfAFileSystem sets each setting and takes it away again.
func TestEachSettingOfAFileSystem(t *testing.T) {
	t.Parallel()
	everybody := iam.Policy{Statements: []iam.Statement{{
		Principals: []iam.Principal{iam.Anyone{}}, Actions: []string{"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"},
		Resources: []string{"*"}, Conditions: iam.Conditions{"Bool": {"elasticfilesystem:AccessedViaMountTarget": {"true"}}},
	}}}
	for _, c := range []struct {
		name string
		set  func(storage.FileSystem) storage.FileSystem
		// fixed: AWS cannot change it, so that the plan is an error.
		fixed bool
	}{
		{name: "elastic", set: storage.FileSystem.WithElasticThroughput},
		{name: "provisioned", set: func(f storage.FileSystem) storage.FileSystem { return f.WithProvisionedThroughput(100) }},
		{name: "lifecycle", set: func(f storage.FileSystem) storage.FileSystem {
			return f.WithLifecycle(storage.Lifecycle{InfrequentAccess: 30, Back: true})
		}},
		{name: "backup", set: func(f storage.FileSystem) storage.FileSystem { return f.WithBackup(true) }},
		{name: "replication", set: storage.FileSystem.WithReplicationOverwrite},
		{name: "policy", set: func(f storage.FileSystem) storage.FileSystem { return f.WithPolicy(everybody) }},
		{name: "force", set: storage.FileSystem.WithForceDelete},
		{name: "tag", set: func(f storage.FileSystem) storage.FileSystem { return f.WithTag("team", "shop") }},
		{name: "name", set: func(f storage.FileSystem) storage.FileSystem { return f.WithTag("Name", "shop") }},
		{name: "clients", set: func(f storage.FileSystem) storage.FileSystem { return f.WithClients(vpc.CIDR("10.0.0.0/8")) }},
		{name: "group", set: func(f storage.FileSystem) storage.FileSystem {
			return f.WithSecurityGroup(vpc.NewSecurityGroup("more", "more", vpc.Default()))
		}},
		{name: "max I/O", set: storage.FileSystem.WithMaxIO, fixed: true},
		{name: "encryption", set: storage.FileSystem.WithoutEncryption, fixed: true},
		{name: "one zone", set: func(f storage.FileSystem) storage.FileSystem { return f.WithOneZone("us-east-1a") }, fixed: true},
		{name: "key", set: func(f storage.FileSystem) storage.FileSystem {
			return f.WithKMS("arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab")
		}, fixed: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			bare, changed := slipway.NewStack("shop", plainFiles()), slipway.NewStack("shop", c.set(plainFiles()))
			applied(t, cloud, bare)
			before := cloud.Snapshot().State(fileSystemOf(t, cloud))
			if c.fixed {
				_, err := changed.Plan(t.Context(), cloud.Config())
				require.ErrorContains(t, err, "needs a new name")
				return
			}
			applied(t, cloud, changed)
			cloud.Advance(25 * time.Hour) // the throughput may not change again before
			applied(t, cloud, bare)
			require.Equal(t, before, cloud.Snapshot().State(fileSystemOf(t, cloud)))
		})
	}
}

// fileSystemOf is the name of the only file system in snapshots.
func fileSystemOf(t *testing.T, cloud *fakes.Cloud) string {
	t.Helper()
	out, err := awsefs.NewFromConfig(cloud.Config()).DescribeFileSystems(t.Context(), &awsefs.DescribeFileSystemsInput{})
	require.NoError(t, err)
	require.Len(t, out.FileSystems, 1)
	return "elasticfilesystem us-east-1 file-system " + *out.FileSystems[0].FileSystemId
}

// TestStorageKilledAfterAnyCallItConverges ends the program after the n-th write, for
// every n, and runs it again; then the same with Destroy.
func TestStorageKilledAfterAnyCallItConverges(t *testing.T) {
	t.Parallel()
	stack := shared(plainFiles().WithProvisionedThroughput(10).WithBackup(true).WithLifecycle(storage.Lifecycle{InfrequentAccess: 7}))
	clean := fakes.New(fakes.Options{})
	before := kinds(clean.Snapshot())
	_, err := stack.Apply(t.Context(), clean.Config(), slipway.Concurrency(1))
	require.NoError(t, err)
	want, writes := kinds(clean.Snapshot()), len(clean.Calls().Writes())
	clean.ForgetCalls()
	require.NoError(t, stack.Destroy(t.Context(), clean.Config(), slipway.Concurrency(1)))
	deletions := len(clean.Calls().Writes())
	for n := range writes {
		t.Run(fmt.Sprint("apply ", n), func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			interrupted(t, cloud, n, func(ctx context.Context) error {
				_, err := stack.Apply(ctx, cloud.Config(), slipway.Concurrency(1))
				return err
			})
			applied(t, cloud, stack)
			require.Equal(t, want, kinds(cloud.Snapshot()), "no duplicate, no orphan")
		})
	}
	for n := range deletions {
		t.Run(fmt.Sprint("destroy ", n), func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			applied(t, cloud, stack)
			interrupted(t, cloud, n, func(ctx context.Context) error {
				return stack.Destroy(ctx, cloud.Config(), slipway.Concurrency(1))
			})
			require.NoError(t, stack.Destroy(t.Context(), cloud.Config()))
			cloud.Advance(forgotten)
			left := kinds(cloud.Snapshot())
			for _, kind := range []string{"elasticfilesystem us-east-1 file-system", "elasticfilesystem us-east-1 mount-target", "ec2 us-east-1 security-group"} {
				require.Equal(t, before[kind], left[kind], kind)
			}
		})
	}
}

// interrupted runs f and ends the program after n more writes.
func interrupted(t *testing.T, cloud *fakes.Cloud, n int, f func(context.Context) error) {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	seen := 0
	cloud.Inject(fakes.Match{Times: fakes.Always}, func(_ context.Context, r *fakes.Request, next func() (any, error)) (any, error) {
		if seen > n {
			return next() // the next run is not disturbed
		}
		out, err := next()
		if (fakes.Call{Operation: r.Operation}).Write() {
			if seen++; seen > n {
				kill()
				return nil, errors.New("the program is gone")
			}
		}
		return out, err
	})
	require.Error(t, f(ctx))
}

func TestTheLeastPolicyIsEnoughForStorage(t *testing.T) {
	t.Parallel()
	files := plainFiles().WithBackup(true).WithPolicy(iam.Policy{Statements: []iam.Statement{{
		Principals: []iam.Principal{iam.Anyone{}}, Actions: []string{"elasticfilesystem:Client*"}, Resources: []string{"*"},
	}}})
	for name, stack := range map[string]slipway.Stack{
		"EFS": shared(files), "EBS": withVolume(ecs.EBSVolume{Name: "data", Size: 10 * ecs.GiB}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := fakes.New(fakes.Options{})
			p, err := stack.Plan(t.Context(), cloud.Config())
			require.NoError(t, err)
			policy := p.Policy()
			client := awsiam.NewFromConfig(cloud.Config())
			_, err = client.CreateRole(t.Context(), &awsiam.CreateRoleInput{
				RoleName:                 aws.String("deployer"),
				AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`),
			})
			require.NoError(t, err)
			_, err = client.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
				RoleName: aws.String("deployer"), PolicyName: aws.String("least"), PolicyDocument: &policy,
			})
			require.NoError(t, err)
			_, err = stack.Apply(t.Context(), cloud.ConfigAs("deployer"))
			require.NoError(t, err)
		})
	}
}

func TestAnAccessPointIsReplaced(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	files := plainFiles()
	stack := func(uid int64) slipway.Stack {
		point := files.AccessPoint("uploads").WithUser(uid, 1000)
		app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")).
			WithMount(ecs.EFSVolume{Name: "uploads", FileSystem: files, AccessPoint: point}, "/uploads")
		task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/2, 1*ecs.GiB).WithContainer(app)
		return slipway.NewStack("shop", ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()))
	}
	applied(t, cloud, stack(1000))
	applied(t, cloud, stack(2000))
	out, err := awsefs.NewFromConfig(cloud.Config()).DescribeAccessPoints(t.Context(), &awsefs.DescribeAccessPointsInput{})
	require.NoError(t, err)
	require.Len(t, out.AccessPoints, 1)
	require.EqualValues(t, 2000, *out.AccessPoints[0].PosixUser.Uid)
}

func TestZonesWithoutMountTarget(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	_, err := shared(plainFiles().WithOneZone("us-east-1a")).Plan(t.Context(), cloud.Config())
	require.ErrorIs(t, err, slipway.ErrInvalid)
	require.ErrorContains(t, err, "got subnets in us-east-1b, us-east-1c, want zones in which the file system files has a mount target: us-east-1a")
	_, err = slipway.NewStack("shop", plainFiles().WithOneZone("eu-west-1a")).Plan(t.Context(), cloud.Config())
	require.ErrorContains(t, err, "a network without a subnet in eu-west-1a")
}

// withVolume is a service each of whose tasks has an EBS volume.
func withVolume(v ecs.EBSVolume) slipway.Stack {
	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")).WithMount(v, "/data")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/2, 1*ecs.GiB).WithContainer(app)
	return slipway.NewStack("shop", ecs.NewFargateService("web", ecs.NewCluster("shop"), task, vpc.Default()).WithCount(2))
}

func TestTasksHaveVolumes(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsec2.NewFromConfig(cloud.Config())
	before := cloud.Snapshot()
	data := ecs.EBSVolume{Name: "data", Size: 100 * ecs.GiB}
	applied(t, cloud, withVolume(data))
	volumes := func() *awsec2.DescribeVolumesOutput {
		out, err := client.DescribeVolumes(t.Context(), &awsec2.DescribeVolumesInput{})
		require.NoError(t, err)
		return out
	}
	require.Len(t, volumes().Volumes, 2)
	require.EqualValues(t, 3000, *volumes().Volumes[0].Iops)

	for _, change := range []func(*ecs.EBSVolume){
		func(v *ecs.EBSVolume) { v.Size = 200 * ecs.GiB },
		func(v *ecs.EBSVolume) { v.IOPS, v.Throughput = 4000, 250 },
		func(v *ecs.EBSVolume) { v.Type, v.IOPS = ecs.IO2, 200 },
		func(v *ecs.EBSVolume) { v.FileSystem = ecs.EXT4 },
		func(v *ecs.EBSVolume) { v.Encrypted = true },
		func(v *ecs.EBSVolume) { v.KMSKey = "arn:aws:kms:us-east-1:123456789012:key/1" },
		func(v *ecs.EBSVolume) { v.Tags = map[string]string{"team": "shop"} },
		func(v *ecs.EBSVolume) { v.PropagateTags = ecs.TagsOfService },
	} {
		changed := data
		change(&changed)
		p, err := withVolume(changed).Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		require.Contains(t, p.String(), "rolls tasks")
		applied(t, cloud, withVolume(changed))
		applied(t, cloud, withVolume(data))
	}
	require.Len(t, volumes().Volumes, 2, "those of the tasks before are gone")

	bare := slipway.NewStack("shop", ecs.NewFargateService("web", ecs.NewCluster("shop"), ecs.NewFargateTaskDefinition("web", ecs.VCPU/2, 1*ecs.GiB).
		WithContainer(ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1"))), vpc.Default()).WithCount(2))
	applied(t, cloud, bare)
	require.Empty(t, volumes().Volumes)
	require.NoError(t, bare.Destroy(t.Context(), cloud.Config()))
	cloud.Advance(forgotten)
	require.Equal(t, linkedRoles[1:], cloud.Snapshot().Since(before))
}

func TestAJobKeepsItsVolume(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	cloud.Image("public.ecr.aws/shop/import:1", fakes.Program{Exit: &fakes.Exit{After: time.Second}})
	run := func(v ecs.EBSVolume) error {
		app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/import:1")).WithMount(v, "/data")
		job := ecs.NewJob("import", ecs.NewCluster("shop"),
			ecs.NewFargateTaskDefinition("import", ecs.VCPU/2, 1*ecs.GiB).WithContainer(app), vpc.Default())
		result, err := slipway.NewStack("shop", job).Apply(t.Context(), cloud.Config())
		require.NoError(t, err)
		_, err = ecs.RunTask(t.Context(), cloud.Config(), slipway.Output(result, job))
		return err
	}
	client := awsec2.NewFromConfig(cloud.Config())
	require.NoError(t, run(ecs.EBSVolume{Name: "data", Size: 10 * ecs.GiB, FileSystem: ecs.EXT4, Keep: true}))
	volumes, err := client.DescribeVolumes(t.Context(), &awsec2.DescribeVolumesInput{})
	require.NoError(t, err)
	require.Len(t, volumes.Volumes, 1)
	snapshot, err := client.CreateSnapshot(t.Context(), &awsec2.CreateSnapshotInput{VolumeId: volumes.Volumes[0].VolumeId})
	require.NoError(t, err)

	require.NoError(t, run(ecs.EBSVolume{Name: "data", Snapshot: *snapshot.SnapshotId, FileSystem: ecs.EXT4}))
	err = run(ecs.EBSVolume{Name: "data", Snapshot: *snapshot.SnapshotId})
	require.ErrorContains(t, err, "file system type xfs")
	err = run(ecs.EBSVolume{Name: "data", Snapshot: "snap-0123456789abcdef0"})
	require.ErrorContains(t, err, "The snapshot 'snap-0123456789abcdef0' does not exist.")
	volumes, err = client.DescribeVolumes(t.Context(), &awsec2.DescribeVolumesInput{})
	require.NoError(t, err)
	require.Len(t, volumes.Volumes, 1, "the one that was kept")
}
