// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"time"

	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

const key = "arn:aws:kms:us-east-1:123456789012:key/1"

// The fullest values of each builder.

func fullContainer() ecs.Container {
	router := ecs.NewContainer("router", ecs.ImageRef("public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"))
	scratch := ecs.BindMount{Name: "scratch"}
	files := ecs.EFSVolume{
		Name: "files", FileSystem: storage.FileSystemID("fs-0123456789abcdef0"), AccessPoint: storage.AccessPointID("fsap-0123456789abcdef0"), IAM: true, TransitPort: 2999,
	}
	return ecs.NewContainer("app", ecs.ImageRef("123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web:1")).
		WithCPU(ecs.VCPU/4).WithMemoryLimit(1*ecs.GiB).WithMemoryReservation(512*ecs.MiB).
		WithPort(http.WithAppProtocol(ecs.HTTP2)).WithPort(ecs.TCPRange("many", 9000, 9010)).WithPort(ecs.UDP("dns", 53)).
		WithEnv("LEVEL", "info").WithEnvFile("arn:aws:s3:::shop/web.env").
		WithSecret("DB", ecs.SecretsManager("shop/db").Key("url").EncryptedBy(key)).
		WithSecret("API_KEY", ecs.SSMParameter("/shop/key")).
		WithMount(scratch, "/tmp").WithReadOnlyMount(files, "/files").WithReadOnlyVolumesFrom(router).
		WithHealthCheck(ecs.HealthCheck{
			Command: []string{"CMD-SHELL", "curl -f localhost:8080"}, Interval: 10 * time.Second, Timeout: 3 * time.Second,
			Retries: 5, StartPeriod: time.Minute,
		}).
		WithRestartPolicy(ecs.RestartPolicy{IgnoredExitCodes: []int{0, 143}, AttemptPeriod: 2 * time.Minute}).
		WithDependency(router, ecs.Start).
		WithLogging(ecs.FireLens{Options: map[string]string{"Name": "datadog"}, Secrets: map[string]ecs.Secret{"apikey": ecs.SSMParameter("datadog")}}).
		WithUlimit(ecs.Ulimit{Name: ecs.OpenFiles, Soft: 1024, Hard: 4096}).
		WithSystemControl("net.ipv4.tcp_keepalive_time", "60").WithLabel("team", "shop").
		WithRegistryCredentials(ecs.SecretsManager("dockerhub")).
		WithEntryPoint("/bin/app").WithCommand("serve").WithUser("1000").WithWorkingDirectory("/srv").WithReadOnlyRoot().
		WithStartTimeout(time.Minute).WithStopTimeout(90 * time.Second).
		WithInit().WithPtrace().WithoutCapability("NET_RAW").WithInteractive().WithTerminal().WithoutVersionConsistency()
}

func fullVolume() ecs.EBSVolume {
	return ecs.EBSVolume{
		Name: "data", Size: 100 * ecs.GiB, Snapshot: "snap-0123456789abcdef0", InitializationRate: 200, Type: ecs.GP3, IOPS: 4000, Throughput: 250,
		FileSystem: ecs.EXT4, Encrypted: true, KMSKey: key, Role: iam.RoleARN("arn:aws:iam::123456789012:role/volumes"),
		Tags: map[string]string{"team": "shop"}, PropagateTags: ecs.TagsOfService,
	}
}

func fullTask() ecs.FargateTaskDefinition {
	router := ecs.NewContainer("router", ecs.ImageRef("public.ecr.aws/aws-observability/aws-for-fluent-bit:stable")).
		WithLogRouter(ecs.LogRouter{ConfigFile: "/extra.conf"}).WithNonEssential()
	files := ecs.EFSVolume{Name: "more", FileSystem: storage.FileSystemID("fs-0123456789abcdef1"), RootDirectory: "/shop"}
	return ecs.NewFargateTaskDefinition("web", ecs.VCPU, 2*ecs.GiB).
		WithContainer(fullContainer().WithMount(files, "/more")).WithContainer(router).
		WithTaskRole(iam.NewRole("web").WithAllow("arn:aws:s3:::shop/*", "s3:GetObject")).
		WithArchitecture(ecs.ARM64).WithEphemeralStorage(100*ecs.GiB).WithLogRetention(7).
		WithSharedProcesses().WithFaultInjection().WithTag("team", "shop")
}

func fullService() ecs.FargateService {
	return fullServiceIn(vpc.ByID("vpc-0123456789abcdef0").Private(), vpc.GroupID("sg-0123456789abcdef0"))
}

func fullServiceIn(network vpc.Network, group vpc.GroupRef) ecs.FargateService {
	app := fullContainer()
	return ecs.NewFargateService("web", ecs.NewCluster("shop").WithNamespace("shop"), fullTask(), network).
		WithCount(3).WithRoute(elb.NewApplication("shop", network).WithInternal().Route("/*"), app, http).
		WithTargetGroup(elb.NewTargetGroup("other", 8080, network), app, http).
		WithSecurityGroup(group).
		WithScaling(autoscaling.Between(2, 10)).
		WithDeployment(ecs.Rolling{
			MinimumHealthyPercent: 50, MaximumPercent: 150, Threshold: ecs.FailedTasks(5), Alarms: []string{"errors"},
			EarlySuccess: &ecs.EarlySuccess{HealthyPercent: 80, Deferred: true},
		}).
		WithHealthCheckGrace(time.Minute).WithExec().
		WithCapacity(ecs.Capacity{Provider: ecs.Fargate, Base: 1, Weight: 1}).
		WithCapacity(ecs.Capacity{Provider: ecs.FargateSpot, Weight: 3}).
		WithPlatformVersion("1.4.0").WithZoneRebalancing(ecs.DontRebalanceZones).
		WithServiceConnect(ecs.Connect{Namespace: "shop", Endpoints: []ecs.Endpoint{{
			Port: http, DiscoveryName: "web", DNSName: "web.shop", ClientPort: 80, ProxyPort: 8081,
			IdleTimeout: time.Minute, RequestTimeout: 10 * time.Second,
		}}}).
		WithPropagateTags(ecs.TagsOfService).WithManagedTags().WithTag("team", "shop")
}

func fullCluster() ecs.Cluster {
	return ecs.NewCluster("shop").WithInsights(ecs.InsightsEnhanced).
		WithCapacity(ecs.Capacity{Provider: ecs.Fargate, Base: 1, Weight: 1}).
		WithCapacity(ecs.Capacity{Provider: ecs.FargateSpot, Weight: 3}).
		WithNamespace("shop").WithExecKMS(key).WithStorageKMS(key).
		WithExecLogging(ecs.ExecLogging{
			Group: ecs.NewLogGroup("exec"), Bucket: "sessions", Prefix: "shop", EncryptGroup: true, EncryptBucket: true,
		}).
		WithTag("team", "shop")
}

func fullLogGroup() ecs.LogGroup {
	return ecs.NewLogGroup("/shop/web").WithRetention(14).WithKMS(key).WithClass(ecs.InfrequentAccessLogs).WithTag("team", "shop")
}

func fullEC2Container() ecs.EC2Container {
	side := ecs.NewContainer("side", ecs.ImageRef("side:1"))
	return ecs.OnEC2(app("nginx:1").WithMemoryLimit(512*ecs.MiB)).WithPrivileged().
		WithDevice(ecs.Device{Path: "/dev/fuse", ContainerPath: "/dev/f", Permissions: []string{"read", "write"}}).WithGPU(2).
		WithLink(side).WithLinkAs(side, "db").WithExtraHost("cache", "10.0.0.7").WithHostname("web").
		WithDNSServer("10.0.0.2").WithDNSSearch("shop.internal").WithSecurityOption("no-new-privileges").
		WithSharedMemory(128*ecs.MiB).WithTmpfs(ecs.Tmpfs{Path: "/run", Size: 64 * ecs.MiB, Options: []string{"noexec"}}).
		WithSwap(ecs.Swap{Most: 256 * ecs.MiB, Swappiness: 10}).WithCapability("NET_ADMIN").WithHostPort(http, 80).
		WithMount(ecs.HostVolume{Name: "logs", Path: "/var/log/app"}, "/logs").
		WithReadOnlyMount(ecs.DockerVolume{
			Name: "shared", Shared: true, Autoprovision: true, Driver: "rexray/ebs",
			Options: map[string]string{"size": "5"}, Labels: map[string]string{"team": "shop"},
		}, "/shared")
}

func fullEC2Task() ecs.EC2TaskDefinition {
	side := ecs.NewContainer("side", ecs.ImageRef("side:1")).WithMemoryReservation(64 * ecs.MiB).WithNonEssential()
	lonely := ecs.OnEC2(ecs.NewContainer("lonely", ecs.ImageRef("lonely:1")).WithMemoryLimit(64 * ecs.MiB)).WithoutNetworking()
	return ecs.NewEC2TaskDefinition("machine").WithContainer(fullEC2Container()).WithContainer(side).WithContainer(lonely).
		WithCPU(ecs.VCPU).WithMemory(2*ecs.GiB).WithArchitecture(ecs.ARM64).
		WithPlacement("attribute:ecs.instance-type =~ g5g.*").WithHostProcesses().WithHostIPC().
		WithTaskRole(iam.NewRole("machine").WithAllow("*", "s3:ListAllMyBuckets")).WithLogRetention(7).WithTag("team", "shop")
}

func fullEC2Service() ecs.EC2Service {
	network := vpc.Default()
	return ecs.NewEC2Service("machine", ecs.NewCluster("shop"), fullEC2Task(), network).WithCount(3).
		WithClassicLoadBalancer(oldBalancer(network), fullEC2Container(), http).
		WithInstanceSecurityGroup(vpc.NewSecurityGroup("instances", "Instances of the cluster", network)).
		WithCapacity(ecs.InstanceCapacity{Provider: ecs.ProviderNamed("group"), Base: 1, Weight: 2}).
		WithPlacementConstraint(ecs.DistinctInstance{}).WithPlacementConstraint(ecs.MemberOf("attribute:rack == a")).
		WithPlacementStrategy(ecs.SpreadByZone).WithPlacementStrategy(ecs.BinpackMemory).
		WithHealthCheckGrace(time.Minute).WithExec().WithPropagateTags(ecs.TagsOfService).WithManagedTags().WithTag("team", "shop")
}

func oldBalancer(network vpc.Network) elb.Classic {
	return elb.NewClassic("old", network, elb.ClassicListener{Protocol: elb.HTTP, Port: 80, TargetPort: 80})
}

func fullDaemon() ecs.EC2DaemonService {
	network := vpc.Default()
	c := ecs.NewContainer("agent", ecs.ImageRef("agent:1")).WithMemoryReservation(64 * ecs.MiB)
	task := ecs.NewEC2TaskDefinition("agent").WithNetworkMode(ecs.Host).WithContainer(c)
	return ecs.NewEC2DaemonService("agent", ecs.NewCluster("shop"), task, network).
		WithDeployment(ecs.DaemonRolling{MinimumHealthyPercent: 50}).WithPlacementConstraint(ecs.MemberOf("attribute:ecs.os-type == linux"))
}
