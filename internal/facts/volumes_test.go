// SPDX-License-Identifier: Apache-2.0

package facts_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/vpc"
)

// disk is an EBS volume that is configured at launch; 0 is not said.
type disk struct {
	kind                   ecs.EBSType
	size, iops, throughput int32
}

// diskInput is the volume as an input of the SDK.
func diskInput(d disk, role string) []ecstypes.ServiceVolumeConfiguration {
	given := func(n int32) *int32 {
		if n == 0 {
			return nil
		}
		return &n
	}
	v := &ecstypes.ServiceManagedEBSVolumeConfiguration{RoleArn: &role, SizeInGiB: given(d.size), Iops: given(d.iops), Throughput: given(d.throughput)}
	if d.kind != "" {
		v.VolumeType = aws.String(string(d.kind))
	}
	return []ecstypes.ServiceVolumeConfiguration{{Name: aws.String("data"), ManagedEBSVolume: v}}
}

// launched creates a service whose tasks have such a volume.
func launched(t *testing.T, d disk) error {
	t.Helper()
	c, client := cloud(t)
	role, err := awsiam.NewFromConfig(c.Config()).CreateRole(t.Context(), &awsiam.CreateRoleInput{
		RoleName:                 aws.String("volumes"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	})
	require.NoError(t, err)
	definition := plainTask()
	definition.Volumes = []ecstypes.Volume{{Name: aws.String("data"), ConfiguredAtLaunch: aws.Bool(true)}}
	_, err = client.RegisterTaskDefinition(t.Context(), definition)
	require.NoError(t, err)
	in := plainService()
	in.LaunchType, in.CapacityProviderStrategy, in.VolumeConfigurations = ecstypes.LaunchTypeFargate, nil, diskInput(d, *role.Role.Arn)
	networked(t, c, in)
	_, err = client.CreateService(t.Context(), in)
	return err
}

// TestEBS has the sizes, IOPS and throughputs of EBS volumes by type.
func TestEBS(t *testing.T) {
	t.Parallel()
	const source = api + "API_TaskManagedEBSVolumeConfiguration.html"
	for _, test := range []struct {
		d     disk
		legal bool
	}{
		{disk{"", 0, 0, 0}, false}, // neither a size nor a snapshot
		{disk{"gp2", 1, 0, 0}, true},
		{disk{"gp2", 16384, 0, 0}, true},
		{disk{"gp2", 16385, 0, 0}, false},
		{disk{"gp3", 1, 0, 0}, true},
		{disk{"gp3", 16384, 0, 0}, true},
		{disk{"gp3", 16385, 0, 0}, false},
		{disk{"io1", 4, 100, 0}, true},
		{disk{"io1", 3, 100, 0}, false},
		{disk{"io1", 16384, 100, 0}, true},
		{disk{"io1", 16385, 100, 0}, false},
		{disk{"io2", 4, 100, 0}, true},
		{disk{"io2", 3, 100, 0}, false},
		{disk{"io2", 16385, 100, 0}, false},
		{disk{"st1", 125, 0, 0}, true},
		{disk{"st1", 124, 0, 0}, false},
		{disk{"st1", 16385, 0, 0}, false},
		{disk{"sc1", 125, 0, 0}, true},
		{disk{"sc1", 124, 0, 0}, false},
		{disk{"sc1", 16385, 0, 0}, false},
		{disk{"standard", 1, 0, 0}, false}, // not on Fargate
		{disk{"gp3", 8, 3000, 0}, true},
		{disk{"gp3", 8, 2999, 0}, false},
		{disk{"gp3", 8, 16000, 0}, true},
		{disk{"gp3", 8, 16001, 0}, false},
		{disk{"io1", 8, 99, 0}, false},
		{disk{"io1", 8, 64000, 0}, true},
		{disk{"io1", 8, 64001, 0}, false},
		{disk{"io1", 8, 0, 0}, false}, // it has no IOPS of its own
		{disk{"io2", 8, 256000, 0}, true},
		{disk{"io2", 8, 256001, 0}, false},
		{disk{"st1", 125, 500, 0}, false},
		{disk{"gp3", 8, 0, 1000}, true},
		{disk{"gp3", 8, 0, 1001}, false},
		{disk{"gp2", 8, 0, 250}, false}, // gp3 alone
	} {
		t.Run(fmt.Sprint(test.d), func(t *testing.T) {
			t.Parallel()
			in := plainService()
			in.LaunchType, in.CapacityProviderStrategy, in.VolumeConfigurations = ecstypes.LaunchTypeFargate, nil, diskInput(test.d, "arn:aws:iam::000000000000:role/volumes")
			require.Equal(t, test.legal, ecs.Check(in) == nil, source)

			volume := ecs.EBSVolume{Name: "data", Type: test.d.kind, Size: ecs.Memory(test.d.size) * ecs.GiB, IOPS: int(test.d.iops), Throughput: int(test.d.throughput)}
			app := ecs.NewContainer("app", ecs.ImageRef(image)).WithMount(volume, "/data")
			definition := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
			err := ecs.NewFargateService("web", ecs.NewCluster("main"), definition, vpc.Default()).Validate()
			require.Equal(t, test.legal, err == nil, "%v: %s", err, source)

			err = launched(t, test.d)
			require.Equal(t, test.legal, err == nil, "%v: %s", err, source)
		})
	}
}

// TestEBSOfDaemons: volumes of services are for REPLICA alone.
func TestEBSOfDaemons(t *testing.T) {
	t.Parallel()
	in := hosted().base()
	in.VolumeConfigurations = diskInput(disk{kind: "gp3", size: 8}, "arn:aws:iam::000000000000:role/volumes")
	require.NoError(t, ecs.Check(in))
	in.SchedulingStrategy, in.DesiredCount = ecstypes.SchedulingStrategyDaemon, nil
	require.Error(t, ecs.Check(in), api+"API_CreateService.html")
	_, client := cloud(t)
	definition := instanceTasks().base()
	definition.Family, definition.Volumes = aws.String("hosted"), []ecstypes.Volume{{Name: aws.String("data"), ConfiguredAtLaunch: aws.Bool(true)}}
	_, err := client.RegisterTaskDefinition(t.Context(), definition)
	require.NoError(t, err)
	_, err = client.CreateService(t.Context(), in)
	require.ErrorContains(t, err, "DAEMON")
}

// TestMagneticVolumes are for instances, of 1 to 1024 GiB.
func TestMagneticVolumes(t *testing.T) {
	t.Parallel()
	for size, legal := range map[int32]bool{1: true, 1024: true, 1025: false} {
		in := &awsecs.CreateServiceInput{
			ServiceName: aws.String("web"), TaskDefinition: aws.String("hosted"), DesiredCount: aws.Int32(1), LaunchType: ecstypes.LaunchTypeEc2,
			VolumeConfigurations: diskInput(disk{kind: ecs.EBSMagnetic, size: size}, "arn:aws:iam::000000000000:role/volumes"),
		}
		require.Equal(t, legal, ecs.Check(in) == nil, "%d GiB: %s", size, api+"API_TaskManagedEBSVolumeConfiguration.html")
	}
}
