// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func fargateRows() []taskRow {
	awsvpcOnly := func(rule, field string, change func(*container)) taskRow {
		return taskRow{rule, "with an interface of one's own", app(change), all(ec2, app(change)), "ContainerDefinitions[app]." + field, client, "networkMode=awsvpc"}
	}
	linux := func(p ecstypes.LinuxParameters) func(*task) {
		return app(func(c *container) { c.LinuxParameters = &p })
	}
	noFargate := func(field, text string, p ecstypes.LinuxParameters) taskRow {
		return taskRow{"ecs-fargate-linux-parameters", field, linux(p), all(ec2, linux(p)), "ContainerDefinitions[app].LinuxParameters." + field, client, "do not support " + text}
	}
	capability := func(add string) func(*task) {
		return linux(ecstypes.LinuxParameters{Capabilities: &ecstypes.KernelCapabilities{Add: []string{add}}})
	}
	stop := func(n int32) func(*task) { return app(func(c *container) { c.StopTimeout = &n }) }
	limit := func(name ecstypes.UlimitName) func(*task) {
		return app(func(c *container) { c.Ulimits = []ecstypes.Ulimit{{Name: name}} })
	}
	privileged := app(func(c *container) { c.Privileged = aws.Bool(true) })
	gpu := app(func(c *container) {
		c.ResourceRequirements = []ecstypes.ResourceRequirement{{Type: ecstypes.ResourceTypeGpu, Value: aws.String("1")}}
	})
	proxy := func(name string) func(*task) {
		return func(in *task) {
			in.ProxyConfiguration = &ecstypes.ProxyConfiguration{Properties: []ecstypes.KeyValuePair{{Name: &name}}}
		}
	}
	volume := func(v ecstypes.Volume) func(*task) {
		return func(in *task) { v.Name = aws.String("v"); in.Volumes = []ecstypes.Volume{v} }
	}
	source := volume(ecstypes.Volume{Host: &ecstypes.HostVolumeProperties{SourcePath: aws.String("/x")}})
	docker := volume(ecstypes.Volume{DockerVolumeConfiguration: &ecstypes.DockerVolumeConfiguration{}})
	security := app(func(c *container) { c.DockerSecurityOptions = []string{"no-new-privileges"} })
	constraint := func(in *task) { in.PlacementConstraints = make([]ecstypes.TaskDefinitionPlacementConstraint, 1) }
	ipc := func(in *task) { in.IpcMode = ecstypes.IpcModeTask }
	pid := func(m ecstypes.PidMode) func(*task) { return func(in *task) { in.PidMode = m } }
	return []taskRow{
		awsvpcOnly("ecs-awsvpc-links", "Links", func(c *container) { c.Links = []string{"db"} }),
		awsvpcOnly("ecs-awsvpc-disable-networking", "DisableNetworking", func(c *container) { c.DisableNetworking = aws.Bool(true) }),
		awsvpcOnly("ecs-awsvpc-dns-servers", "DnsServers", func(c *container) { c.DnsServers = []string{"1.1.1.1"} }),
		awsvpcOnly("ecs-awsvpc-dns-search", "DnsSearchDomains", func(c *container) { c.DnsSearchDomains = []string{"x"} }),
		awsvpcOnly("ecs-awsvpc-extra-hosts", "ExtraHosts", func(c *container) { c.ExtraHosts = make([]ecstypes.HostEntry, 1) }),
		awsvpcOnly("ecs-awsvpc-hostname", "Hostname", func(c *container) { c.Hostname = aws.String("x") }),
		{"ecs-proxy-awsvpc", "on a bridge", all(ec2, proxy("ProxyIngressPort")), proxy("ProxyIngressPort"), "ProxyConfiguration", client, "networkMode=awsvpc"},
		{"ecs-proxy-properties", "no ingress port", proxy("AppPorts"), proxy("ProxyIngressPort"), "ProxyConfiguration.Properties", client, "Ingress port"},
		{"ecs-fargate-network-mode", "none", func(in *task) { in.NetworkMode = "" }, nil, "NetworkMode", client, "awsvpc"},
		{"ecs-fargate-network-mode", "host", func(in *task) { in.NetworkMode = ecstypes.NetworkModeHost }, nil, "NetworkMode", client, "awsvpc"},
		{"ecs-fargate-task-cpu", "none", func(in *task) { in.Cpu = nil }, all(ec2, func(in *task) { in.Cpu = nil }), "Cpu", client, "'cpu'"},
		{"ecs-fargate-task-memory", "none", func(in *task) { in.Memory = nil }, all(ec2, func(in *task) { in.Memory = nil }), "Memory", client, "'memory'"},
		{"ecs-fargate-placement", "one", constraint, all(ec2, constraint), "PlacementConstraints", client, "constraints"},
		{"ecs-fargate-ipc-mode", "task", ipc, all(ec2, ipc), "IpcMode", client, "ipcMode"},
		{"ecs-fargate-pid-mode", "host", pid(ecstypes.PidModeHost), pid(ecstypes.PidModeTask), "PidMode", client, "pidMode"},
		{"ecs-fargate-gpu", "one", gpu, all(ec2, gpu), "ContainerDefinitions[app].ResourceRequirements", client, "GPU"},
		{"ecs-fargate-privileged", "true", privileged, all(ec2, privileged), "ContainerDefinitions[app].Privileged", client, "privileged"},
		{"ecs-fargate-security-options", "one", security, all(ec2, security), "ContainerDefinitions[app].DockerSecurityOptions", client, "dockerSecurityOptions"},
		noFargate("Devices", "devices", ecstypes.LinuxParameters{Devices: make([]ecstypes.Device, 1)}),
		noFargate("SharedMemorySize", "sharedMemorySize", ecstypes.LinuxParameters{SharedMemorySize: aws.Int32(64)}),
		noFargate("Tmpfs", "tmpfs", ecstypes.LinuxParameters{Tmpfs: make([]ecstypes.Tmpfs, 1)}),
		noFargate("MaxSwap", "maxSwap", ecstypes.LinuxParameters{MaxSwap: aws.Int32(0)}),
		noFargate("Swappiness", "swappiness", ecstypes.LinuxParameters{Swappiness: aws.Int32(60)}),
		{"ecs-fargate-capabilities", "NET_ADMIN", capability("NET_ADMIN"), capability("SYS_PTRACE"), "ContainerDefinitions[app].LinuxParameters.Capabilities.Add", client, "NET_ADMIN"},
		{"ecs-fargate-ulimit", "core", limit(ecstypes.UlimitNameCore), limit(ecstypes.UlimitNameNofile), "ContainerDefinitions[app].Ulimits[core]", client, "nofile"},
		{"ecs-fargate-stop-timeout", "1 s", stop(1), stop(2), "ContainerDefinitions[app].StopTimeout", client, "120"},
		{"ecs-fargate-stop-timeout", "121 s", stop(121), stop(120), "ContainerDefinitions[app].StopTimeout", client, "120"},
		{"ecs-fargate-stop-timeout", "121 s on EC2", stop(121), all(ec2, stop(121)), "ContainerDefinitions[app].StopTimeout", client, "120"},
		{"ecs-fargate-host-volume", "a path", source, all(ec2, source), "Volumes[v].Host.SourcePath", client, "sourcePath"},
		{"ecs-fargate-host-volume", "Docker's", docker, all(ec2, docker), "Volumes[v].DockerVolumeConfiguration", client, "dockerVolumeConfiguration"},
	}
}

func healthRows() []taskRow {
	check := func(change func(*ecstypes.HealthCheck)) func(*task) {
		return app(func(c *container) {
			c.HealthCheck = &ecstypes.HealthCheck{Command: []string{"CMD", "true"}}
			change(c.HealthCheck)
		})
	}
	command := func(words ...string) func(*task) {
		return check(func(h *ecstypes.HealthCheck) { h.Command = words })
	}
	const at = "ContainerDefinitions[app].HealthCheck."
	rows := []taskRow{
		{"ecs-healthcheck-command", "none", command(), nil, at + "Command", client, "CMD-SHELL"},
		{"ecs-healthcheck-command", "no word after CMD", command("CMD"), command("CMD", "x"), at + "Command", client, "CMD-SHELL"},
		{"ecs-healthcheck-command", "no CMD", command("curl", "x"), command("CMD-SHELL", "curl x"), at + "Command", client, "CMD-SHELL"},
	}
	for _, f := range []struct {
		field, name string
		set         func(*ecstypes.HealthCheck, int32)
		low, high   int32
	}{
		{"Interval", "interval", func(h *ecstypes.HealthCheck, n int32) { h.Interval = &n }, 5, 300},
		{"Timeout", "timeout", func(h *ecstypes.HealthCheck, n int32) { h.Timeout = &n }, 2, 60},
		{"Retries", "retries", func(h *ecstypes.HealthCheck, n int32) { h.Retries = &n }, 1, 10},
		{"StartPeriod", "startPeriod", func(h *ecstypes.HealthCheck, n int32) { h.StartPeriod = &n }, 0, 300},
	} {
		to := func(n int32) func(*task) { return check(func(h *ecstypes.HealthCheck) { f.set(h, n) }) }
		rows = append(rows,
			taskRow{"ecs-healthcheck-bounds", f.field + " too small", to(f.low - 1), to(f.low), at + f.field, client, f.name + " must be greater than"},
			taskRow{"ecs-healthcheck-bounds", f.field + " too large", to(f.high + 1), to(f.high), at + f.field, client, f.name + " must be less than"})
	}
	return rows
}

func loggingRows() []taskRow {
	log := func(driver ecstypes.LogDriver, options map[string]string) func(*task) {
		return app(func(c *container) {
			c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: driver, Options: options}
		})
	}
	router := func(user *string, options map[string]string) func(*task) {
		return beside(container{Name: aws.String("r"), User: user, FirelensConfiguration: &ecstypes.FirelensConfiguration{
			Type: ecstypes.FirelensConfigurationTypeFluentbit, Options: options,
		}})
	}
	options := map[string]string{"awslogs-group": "g", "awslogs-region": "r", "awslogs-stream-prefix": "p"}
	sends := log(ecstypes.LogDriverAwsfirelens, nil)
	const at = "ContainerDefinitions[app].LogConfiguration."
	return []taskRow{
		{"ecs-awslogs-options", "no group", log("awslogs", map[string]string{"awslogs-region": "r"}), log("awslogs", options), at + "Options[awslogs-group]", client, "awslogs-group"},
		{"ecs-awslogs-options", "no region", log("awslogs", map[string]string{"awslogs-group": "g"}), log("awslogs", options), at + "Options[awslogs-region]", client, "awslogs-region"},
		{"ecs-awslogs-prefix", "none", log("awslogs", nil), log("awslogs", options), at + "Options[awslogs-stream-prefix]", client, "awslogs-stream-prefix"},
		{"ecs-fargate-log-driver", "json-file", log("json-file", nil), log("splunk", nil), at + "LogDriver", client, "json-file is not a valid log driver"},
		{"ecs-firelens-router", "nobody sends", router(nil, nil), all(sends, router(nil, nil)), "ContainerDefinitions", client, "at least one container"},
		{"ecs-firelens-without-router", "nobody routes", sends, all(sends, router(nil, nil)), "ContainerDefinitions", client, "a firelens configuration object must be"},
		{"ecs-firelens-one-router", "two", all(sends, router(nil, nil), router(nil, nil)), all(sends, router(nil, nil)), "ContainerDefinitions", client, ""},
		{"ecs-firelens-user", "1000", all(sends, router(aws.String("1000:0"), nil)), all(sends, router(aws.String("0:1000"), nil)), "ContainerDefinitions[r].User", client, "'UID' has to be '0'"},
		{"ecs-fargate-firelens-s3", "a bucket", all(sends, router(nil, map[string]string{"config-file-type": "s3"})),
			all(sends, router(nil, map[string]string{"config-file-type": "file"})), "ContainerDefinitions[r].FirelensConfiguration.Options[config-file-type]", client, "arn"},
	}
}

func volumeRows() []taskRow {
	volume := func(name string) func(*task) {
		return func(in *task) { in.Volumes = append(in.Volumes, ecstypes.Volume{Name: &name}) }
	}
	efs := func(c ecstypes.EFSVolumeConfiguration) func(*task) {
		return func(in *task) {
			in.Volumes = []ecstypes.Volume{{Name: aws.String("v"), EfsVolumeConfiguration: &c}}
		}
	}
	point := func(root string, transit ecstypes.EFSTransitEncryption) func(*task) {
		return efs(ecstypes.EFSVolumeConfiguration{
			RootDirectory: &root, TransitEncryption: transit, AuthorizationConfig: &ecstypes.EFSAuthorizationConfig{AccessPointId: aws.String("fsap-1")},
		})
	}
	port := func(n int32) func(*task) { return efs(ecstypes.EFSVolumeConfiguration{TransitEncryptionPort: &n}) }
	iam := func(transit ecstypes.EFSTransitEncryption) func(*task) {
		return efs(ecstypes.EFSVolumeConfiguration{TransitEncryption: transit, AuthorizationConfig: &ecstypes.EFSAuthorizationConfig{Iam: "ENABLED"}})
	}
	const system = "arn:aws:s3files:us-east-1:123456789012:file-system/fs-1"
	s3 := func(system, point, root string) func(*task) {
		return func(in *task) {
			in.Volumes = []ecstypes.Volume{{Name: aws.String("v"), S3filesVolumeConfiguration: &ecstypes.S3FilesVolumeConfiguration{
				FileSystemArn: &system, AccessPointArn: &point, RootDirectory: &root,
			}}}
		}
	}
	mount := app(func(c *container) { c.MountPoints = []ecstypes.MountPoint{{SourceVolume: aws.String("v")}} })
	from := func(name string) func(*task) {
		return app(func(c *container) { c.VolumesFrom = []ecstypes.VolumeFrom{{SourceContainer: &name}} })
	}
	launch := func(name string) func(*task) {
		return func(in *task) {
			in.Volumes = append(in.Volumes, ecstypes.Volume{Name: &name, ConfiguredAtLaunch: aws.Bool(true)})
		}
	}
	launchOn := all(launch("v"), func(in *task) { in.Volumes[0].EfsVolumeConfiguration = &ecstypes.EFSVolumeConfiguration{} })
	const on, off = ecstypes.EFSTransitEncryptionEnabled, ecstypes.EFSTransitEncryptionDisabled
	return []taskRow{
		{"ecs-volume-name", "a blank", volume("a b"), volume("a-b"), "Volumes[a b].Name", client, "invalid characters"},
		{"ecs-volume-name", "twice", all(volume("v"), volume("v")), all(volume("v"), volume("w")), "Volumes[v].Name", client, "Duplicate volume name 'v'"},
		{"ecs-mount", "unknown", mount, all(mount, volume("v")), "ContainerDefinitions[app].MountPoints[v]", client, "Unknown volume 'v'"},
		{"ecs-efs-transit", "an access point in clear", point("/", off), point("/", on), "Volumes[v].EfsVolumeConfiguration.TransitEncryption", client, "Transit Encryption"},
		{"ecs-efs-transit", "IAM in clear", iam(""), iam(on), "Volumes[v].EfsVolumeConfiguration.TransitEncryption", client, "Transit Encryption"},
		{"ecs-efs-root", "a directory", point("/x", on), point("/", on), "Volumes[v].EfsVolumeConfiguration.RootDirectory", client, "root directory"},
		{"ecs-efs-port", "65536", port(65536), port(65535), "Volumes[v].EfsVolumeConfiguration.TransitEncryptionPort", client, ""},
		{"ecs-s3files-arn", "an ID", s3("fs-1", "", ""), s3(system, "", "/x"), "Volumes[v].S3filesVolumeConfiguration.FileSystemArn", client, ""},
		{"ecs-s3files-arn", "the ID of an access point", s3(system, "fsap-1", ""), s3(system, system+"/access-point/fsap-1", ""), "Volumes[v].S3filesVolumeConfiguration.AccessPointArn", client, ""},
		{"ecs-s3files-root", "a directory", s3(system, system, "/x"), s3(system, system, "/"), "Volumes[v].S3filesVolumeConfiguration.RootDirectory", client, ""},
		{"ecs-volume-launch-one", "two", all(launch("v"), launch("w")), launch("v"), "Volumes[w].ConfiguredAtLaunch", client, "one volume"},
		{"ecs-volume-launch-one", "and EFS", launchOn, launch("v"), "Volumes[v]", client, "no other volume configuration"},
		{"ecs-volumes-from", "a stranger", from("x"), all(from("x"), beside(named("x"))), "ContainerDefinitions[app].VolumesFrom[x]", client, ""},
	}
}

func roleRows() []taskRow {
	execution := func(in *task) { in.ExecutionRoleArn = aws.String(role) }
	secret := app(func(c *container) {
		c.Secrets = []ecstypes.Secret{{Name: aws.String("A"), ValueFrom: aws.String("a")}}
	})
	option := app(func(c *container) {
		c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: "splunk", SecretOptions: make([]ecstypes.Secret, 1)}
	})
	credentials := app(func(c *container) { c.RepositoryCredentials = &ecstypes.RepositoryCredentials{} })
	image := func(ref string) func(*task) { return app(func(c *container) { c.Image = &ref }) }
	logs := app(func(c *container) { c.LogConfiguration = &ecstypes.LogConfiguration{LogDriver: "awslogs"} })
	file := app(func(c *container) {
		c.EnvironmentFiles = []ecstypes.EnvironmentFile{{Value: aws.String("arn:aws:s3:::b/a.env")}}
	})
	return []taskRow{
		{"ecs-role-arn", "a user", func(in *task) { in.TaskRoleArn = aws.String("arn:aws:iam::123456789012:user/x") }, func(in *task) { in.TaskRoleArn = aws.String(role) }, "TaskRoleArn", client, "Role is not valid"},
		{"ecs-role-arn", "a policy", func(in *task) { in.ExecutionRoleArn = aws.String("arn:aws:iam::123456789012:policy/x") }, func(in *task) { in.ExecutionRoleArn = aws.String("byname") }, "ExecutionRoleArn", client, "Role is not valid"},
		{"ecs-execution-role-secrets", "a secret", secret, all(secret, execution), "ExecutionRoleArn", client, "container secrets"},
		{"ecs-execution-role-secrets", "a secret option", option, all(option, execution), "ExecutionRoleArn", client, "container secrets"},
		{"ecs-execution-role-credentials", "none", credentials, all(credentials, execution), "ExecutionRoleArn", client, "Private repository"},
		{"ecs-execution-role-ecr", "an image", image("123456789012.dkr.ecr.us-east-1.amazonaws.com/x:1"), image("public.ecr.aws/nginx/nginx:1"), "ExecutionRoleArn", client, "ECR"},
		{"ecs-execution-role-ecr", "an image over IPv6", image("123456789012.dkr-ecr.us-east-1.on.aws/x:1"), all(ec2, image("123456789012.dkr-ecr.us-east-1.on.aws/x:1")), "ExecutionRoleArn", client, "ECR"},
		{"ecs-execution-role-awslogs", "none", logs, all(logs, execution), "ExecutionRoleArn", client, "awslogs"},
		{"ecs-execution-role-environment-files", "none", file, all(file, execution), "ExecutionRoleArn", client, ""},
	}
}
