// SPDX-License-Identifier: Apache-2.0

package ecs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/stretchr/testify/require"

	ecsrules "github.com/slipway-go/slipway/internal/rules/ecs"
)

type (
	task      = awsecs.RegisterTaskDefinitionInput
	container = ecstypes.ContainerDefinition
	taskRow   = row[task]
)

const (
	client = "ClientException"
	role   = "arn:aws:iam::123456789012:role/x"
)

// plainTask is a valid task definition on Fargate.
func plainTask() *task { return fargate(func(*task, *container) {}) }

// app changes the only container.
func app(change func(*container)) func(*task) {
	return func(in *task) { change(&in.ContainerDefinitions[0]) }
}

// beside adds a container.
func beside(c container) func(*task) {
	return func(in *task) {
		c.Image = aws.String("other")
		in.ContainerDefinitions = append(in.ContainerDefinitions, c)
	}
}

// all makes several changes.
func all[T any](changes ...func(*T)) func(*T) {
	return func(in *T) {
		for _, change := range changes {
			change(in)
		}
	}
}

// ec2 takes Fargate away.
func ec2(in *task) { in.RequiresCompatibilities, in.NetworkMode = nil, ecstypes.NetworkModeBridge }

func dependsOn(name string, condition ecstypes.ContainerCondition) func(*task) {
	return app(func(c *container) {
		c.DependsOn = []ecstypes.ContainerDependency{{ContainerName: &name, Condition: condition}}
	})
}

func named(name string) container { return container{Name: &name, Essential: aws.Bool(false)} }

func TestEveryRuleOfTaskDefinitions(t *testing.T) {
	t.Parallel()
	var rows []taskRow
	for _, some := range [][]taskRow{shapeRows(), containerRows(), portRows(), sizeRows(), fargateRows(), healthRows(), loggingRows(), volumeRows(), roleRows(), constraintRows(), instanceRows(), managedTaskRows()} {
		rows = append(rows, some...)
	}
	holds(t, ecsrules.RegisterTaskDefinition, nil, plainTask, rows)
}

func constraintRows() []taskRow {
	constraints := func(n int, kind ecstypes.TaskDefinitionPlacementConstraintType, expression string) func(*task) {
		return all(ec2, func(in *task) {
			for range n {
				in.PlacementConstraints = append(in.PlacementConstraints, ecstypes.TaskDefinitionPlacementConstraint{Type: kind, Expression: &expression})
			}
		})
	}
	const linux = "attribute:ecs.os-type == linux"
	return []taskRow{
		{"ecs-placement-constraints", "eleven", constraints(11, "memberOf", linux), constraints(10, "memberOf", linux), "PlacementConstraints", client, "10"},
		{"ecs-task-constraint-type", "distinctInstance", constraints(1, "distinctInstance", ""), constraints(1, "memberOf", linux), "PlacementConstraints[0].Type", client, "constraint.type 'distinctInstance' is not supported."},
		{"ecs-member-of", "no subject", constraints(1, "memberOf", "linux"), constraints(1, "memberOf", "attribute:ecs.os-type == invalidOS"), "PlacementConstraints[0].Expression", client, "column"},
		{"ecs-member-of-unclear", "another group", constraints(1, "memberOf", "task:group != web"), constraints(1, "memberOf", "not(task:group == web)"), "PlacementConstraints[0].Expression", client, ""},
	}
}

func shapeRows() []taskRow {
	tag := func(key, value string) func(*task) {
		return func(in *task) { in.Tags = append(in.Tags, ecstypes.Tag{Key: &key, Value: &value}) }
	}
	many := func(n int) func(*task) {
		return func(in *task) {
			for i := range n {
				tag("k"+strings.Repeat("x", i), "v")(in)
			}
		}
	}
	return []taskRow{
		{"ecs-family", "empty", func(in *task) { in.Family = aws.String("") }, nil, "Family", client, "Family"},
		{"ecs-family", "256 characters", func(in *task) { in.Family = aws.String(strings.Repeat("x", 256)) },
			func(in *task) { in.Family = aws.String(strings.Repeat("x", 255)) }, "Family", client, "Family"},
		{"ecs-container-list-empty", "none", func(in *task) { in.ContainerDefinitions = nil }, nil, "ContainerDefinitions", client, "cannot be empty"},
		{"ecs-inference-accelerators", "one", func(in *task) { in.InferenceAccelerators = make([]ecstypes.InferenceAccelerator, 1) }, nil,
			"InferenceAccelerators", client, "inferenceAccelerators"},
		{"ecs-tags", "51 tags", many(51), many(50), "Tags", "InvalidParameterException", "50"},
		{"ecs-tags", "no key", tag("", "v"), tag("k", ""), "Tags[0]", "InvalidParameterException", ""},
		{"ecs-tags", "a key of 129", tag(strings.Repeat("k", 129), ""), tag(strings.Repeat("k", 128), ""), "Tags[" + strings.Repeat("k", 129) + "]", "InvalidParameterException", ""},
		{"ecs-tags", "a value of 257", tag("k", strings.Repeat("é", 257)), tag("k", strings.Repeat("é", 256)), "Tags[k]", "InvalidParameterException", ""},
		{"ecs-tags", "AWS's prefix", tag("AWS:k", ""), tag("awsk", ""), "Tags[AWS:k]", "InvalidParameterException", "invalid values"},
		{"ecs-tags", "a key twice", all(tag("k", "1"), tag("k", "2")), all(tag("k", "1"), tag("l", "2")), "Tags[k]", "InvalidParameterException", "Duplicate"},
	}
}

func containerRows() []taskRow {
	name := func(s string) func(*task) { return app(func(c *container) { c.Name = &s }) }
	restart := func(p ecstypes.ContainerRestartPolicy) func(*task) {
		return app(func(c *container) { c.RestartPolicy = &p })
	}
	period := func(n int32) func(*task) {
		return restart(ecstypes.ContainerRestartPolicy{Enabled: aws.Bool(true), RestartAttemptPeriod: &n})
	}
	codes := func(n int) func(*task) {
		return restart(ecstypes.ContainerRestartPolicy{Enabled: aws.Bool(true), IgnoredExitCodes: make([]int32, n)})
	}
	limit := func(soft, hard int32) func(*task) {
		return app(func(c *container) {
			c.Ulimits = []ecstypes.Ulimit{{Name: ecstypes.UlimitNameNofile, SoftLimit: soft, HardLimit: hard}}
		})
	}
	files := func(n int, arn string) func(*task) {
		return app(func(c *container) {
			for range n {
				c.EnvironmentFiles = append(c.EnvironmentFiles, ecstypes.EnvironmentFile{Value: &arn})
			}
		})
	}
	variable := func(s string) func(*task) {
		return app(func(c *container) { c.Environment = append(c.Environment, ecstypes.KeyValuePair{Name: &s}) })
	}
	secret := func(s, from string) func(*task) {
		return app(func(c *container) { c.Secrets = append(c.Secrets, ecstypes.Secret{Name: &s, ValueFrom: &from}) })
	}
	const file = "arn:aws:s3:::shop/web.env"
	const first = "ContainerDefinitions[app]"
	cycle := beside(container{Name: aws.String("b"), Essential: aws.Bool(false), DependsOn: []ecstypes.ContainerDependency{
		{ContainerName: aws.String("app"), Condition: ecstypes.ContainerConditionStart},
	}})
	healthy := container{Name: aws.String("b"), HealthCheck: &ecstypes.HealthCheck{Command: []string{"CMD", "true"}}}
	return []taskRow{
		{"ecs-container-name-empty", "none", app(func(c *container) { c.Name = nil }), nil, "ContainerDefinitions[0].Name", client, "name"},
		{"ecs-container-name", "256 characters", name(strings.Repeat("x", 256)), name(strings.Repeat("x", 255)), "ContainerDefinitions[" + strings.Repeat("x", 256) + "].Name", client, "invalid characters"},
		{"ecs-container-name", "a blank", name("a b"), name("a_b-C9"), "ContainerDefinitions[a b].Name", client, "invalid characters"},
		{"ecs-container-name-unique", "twice", beside(named("app")), beside(named("App")), first + ".Name", client, "unique"},
		{"ecs-container-image", "empty", app(func(c *container) { c.Image = aws.String("") }), nil, first + ".Image", client, "image"},
		{"ecs-essential", "none", app(func(c *container) { c.Essential = aws.Bool(false) }), app(func(c *container) { c.Essential = aws.Bool(true) }), "ContainerDefinitions", client, "essential"},
		{"ecs-depends-on", "a stranger", dependsOn("b", ecstypes.ContainerConditionStart),
			all(dependsOn("b", ecstypes.ContainerConditionStart), beside(named("b"))), first + ".DependsOn[b]", client, "'b' because it does not exist"},
		{"ecs-depends-on-condition", "another word", all(dependsOn("b", "STARTED"), beside(named("b"))), all(dependsOn("b", "START"), beside(named("b"))), first + ".DependsOn[b].Condition", client, ""},
		{"ecs-depends-on-essential", "the end of an essential one", all(dependsOn("b", ecstypes.ContainerConditionComplete), beside(container{Name: aws.String("b")})),
			all(dependsOn("b", ecstypes.ContainerConditionComplete), beside(named("b"))), first + ".DependsOn[b].Condition", client, "essential"},
		{"ecs-depends-on-healthy", "without check", all(dependsOn("b", ecstypes.ContainerConditionHealthy), beside(named("b"))),
			all(dependsOn("b", ecstypes.ContainerConditionHealthy), beside(healthy)), first + ".DependsOn[b].Condition", client, "health check"},
		{"ecs-depends-on-cycle", "of two", all(dependsOn("b", ecstypes.ContainerConditionStart), cycle), cycle, first + ".DependsOn", client, "cycle"},
		{"ecs-restart-policy", "59 s", period(59), period(60), first + ".RestartPolicy.RestartAttemptPeriod", client, "60"},
		{"ecs-restart-policy", "1801 s", period(1801), period(1800), first + ".RestartPolicy.RestartAttemptPeriod", client, "1800"},
		{"ecs-restart-policy", "51 codes", codes(51), codes(50), first + ".RestartPolicy.IgnoredExitCodes", client, ""},
		{"ecs-ulimit", "soft over hard", limit(2, 1), limit(2, 2), first + ".Ulimits[nofile]", client, "Soft limit"},
		{"ecs-environment-files", "eleven", files(11, file), files(10, file), first + ".EnvironmentFiles", client, "ten"},
		{"ecs-environment-file", "another ending", files(1, "arn:aws:s3:::shop/web.txt"), files(1, file), first + ".EnvironmentFiles[0].Value", client, "arn"},
		{"ecs-environment-file", "a URL", files(1, "s3://shop/web.env"), files(1, "arn:aws-cn:s3:::shop/web.env"), first + ".EnvironmentFiles[0].Value", client, "arn"},
		{"ecs-environment-unique", "a variable twice", all(variable("A"), variable("A")), all(variable("A"), variable("a")), first + ".Environment[A]", client, ""},
		{"ecs-secret", "from nowhere", secret("A", ""), secret("A", "a"), first + ".Secrets[A]", client, ""},
		{"ecs-secret", "no name", secret("", "a"), secret("A", "a"), first + ".Secrets[0]", client, ""},
		{"ecs-secret-unique", "twice", all(secret("A", "a"), secret("A", "b")), all(secret("A", "a"), secret("B", "a")), first + ".Secrets[A]", client, "Duplicate secret names found: A"},
		{"ecs-secret-variable", "a variable too", all(variable("A"), secret("A", "a")), all(variable("B"), secret("A", "a")), first + ".Secrets[A]", client, "such as 'A'"},
	}
}

func portRows() []taskRow {
	port := func(change func(*ecstypes.PortMapping)) func(*task) {
		return app(func(c *container) { change(&c.PortMappings[0]) })
	}
	number := func(n int32) func(*task) {
		return port(func(p *ecstypes.PortMapping) { p.ContainerPort = &n })
	}
	span := func(s string) func(*task) {
		return port(func(p *ecstypes.PortMapping) { p.ContainerPort, p.ContainerPortRange = nil, &s })
	}
	name := func(s string) func(*task) { return port(func(p *ecstypes.PortMapping) { p.Name = &s }) }
	more := func(p ecstypes.PortMapping) func(*task) {
		return app(func(c *container) { c.PortMappings = append(c.PortMappings, p) })
	}
	spans := func(n int) func(*task) {
		return app(func(c *container) {
			c.PortMappings = nil
			for i := range n {
				c.PortMappings = append(c.PortMappings, ecstypes.PortMapping{ContainerPortRange: aws.String(fmt.Sprintf("%d-%d", 1000+2*i, 1001+2*i))})
			}
		})
	}
	const first = "ContainerDefinitions[app].PortMappings[0]"
	return []taskRow{
		{"ecs-port", "0", number(0), number(1), first + ".ContainerPort", client, "'containerPort'"},
		{"ecs-port", "65536", number(65536), number(65535), first + ".ContainerPort", client, "'containerPort'"},
		{"ecs-port", "none", port(func(p *ecstypes.PortMapping) { p.ContainerPort = nil }), nil, first + ".ContainerPort", client, "'containerPort'"},
		{"ecs-port", "host port -1", port(func(p *ecstypes.PortMapping) { p.HostPort = aws.Int32(-1) }), port(func(p *ecstypes.PortMapping) { p.HostPort = aws.Int32(0) }), first + ".HostPort", client, "'hostPort'"},
		{"ecs-port-range", "backwards", span("90-80"), span("80-81"), first + ".ContainerPortRange", client, "'containerPortRange'"},
		{"ecs-port-range", "one port, as a range", span("80-80"), span("80-81"), first + ".ContainerPortRange", client, "'containerPortRange'"},
		{"ecs-port-ranges", "101", spans(101), spans(100), "ContainerDefinitions[app].PortMappings", client, ""},
		{"ecs-port-range", "from 0", span("0-80"), span("1-80"), first + ".ContainerPortRange", client, "'containerPortRange'"},
		{"ecs-port-range", "to 65536", span("1-65536"), span("1-65535"), first + ".ContainerPortRange", client, "'containerPortRange'"},
		{"ecs-port-range", "one port", span("80"), nil, first + ".ContainerPortRange", client, "'containerPortRange'"},
		{"ecs-port-range-with-port", "both", port(func(p *ecstypes.PortMapping) { p.ContainerPortRange = aws.String("80-81") }), span("80-81"), first, client, "both single port and port range"},
		{"ecs-port-name", "65 characters", name(strings.Repeat("x", 65)), name(strings.Repeat("x", 64)), "ContainerDefinitions[app].PortMappings[" + strings.Repeat("x", 65) + "].Name", client, "'name'"},
		{"ecs-port-name", "a hyphen first", name("-a"), name("_a-"), "ContainerDefinitions[app].PortMappings[-a].Name", client, "'name'"},
		{"ecs-port-name-unique", "twice", all(name("a"), more(ecstypes.PortMapping{Name: aws.String("a"), ContainerPort: aws.Int32(81)})),
			all(name("a"), more(ecstypes.PortMapping{Name: aws.String("b"), ContainerPort: aws.Int32(81)})), "ContainerDefinitions[app].PortMappings[a].Name", client, "unique"},
		{"ecs-app-protocol", "over UDP", port(func(p *ecstypes.PortMapping) { p.Protocol, p.AppProtocol = "udp", "http" }), port(func(p *ecstypes.PortMapping) { p.AppProtocol = "http" }), first + ".AppProtocol", client, "tcp"},
		{"ecs-awsvpc-host-port", "another", port(func(p *ecstypes.PortMapping) { p.HostPort = aws.Int32(81) }), port(func(p *ecstypes.PortMapping) { p.HostPort = aws.Int32(80) }), first + ".HostPort", client, "must match"},
		{"ecs-awsvpc-host-port", "on a bridge", port(func(p *ecstypes.PortMapping) { p.HostPort = aws.Int32(81) }), all(ec2, port(func(p *ecstypes.PortMapping) { p.HostPort = aws.Int32(81) })), first + ".HostPort", client, "must match"},
		{"ecs-awsvpc-port-once", "again", more(ecstypes.PortMapping{ContainerPort: aws.Int32(80)}), more(ecstypes.PortMapping{ContainerPort: aws.Int32(80), Protocol: "udp"}), "ContainerDefinitions[app].PortMappings[1]", client, "TCP container port '80' is used multiple times"},
		{"ecs-awsvpc-port-once", "within a range", more(ecstypes.PortMapping{ContainerPortRange: aws.String("79-81")}), more(ecstypes.PortMapping{ContainerPortRange: aws.String("81-83")}), "ContainerDefinitions[app].PortMappings[1]", client, "'80'"},
	}
}

func sizeRows() []taskRow {
	memory := func(of, reserved int32) func(*task) {
		return app(func(c *container) { c.Memory, c.MemoryReservation = aws.Int32(of), aws.Int32(reserved) })
	}
	cpu := func(n int32) func(*task) { return app(func(c *container) { c.Cpu = n }) }
	size := func(cpu, memory string) func(*task) {
		return func(in *task) { in.Cpu, in.Memory = &cpu, &memory }
	}
	storage := func(n int32) func(*task) {
		return func(in *task) { in.EphemeralStorage = &ecstypes.EphemeralStorage{SizeInGiB: n} }
	}
	return []taskRow{
		{"ecs-container-memory", "none anywhere", all(ec2, func(in *task) { in.Memory = nil }),
			all(ec2, func(in *task) { in.Memory = nil }, app(func(c *container) { c.MemoryReservation = aws.Int32(6) })), "ContainerDefinitions[app]", client, "'memoryReservation' must be specified"},
		{"ecs-memory-reservation", "more than the limit", memory(128, 129), memory(128, 128), "ContainerDefinitions[app].MemoryReservation", client, "greater than or equal"},
		{"ecs-container-cpu-sum", "257 of 256", cpu(257), cpu(256), "ContainerDefinitions", client, "'cpu'"},
		{"ecs-container-memory-sum", "513 of 512", memory(600, 513), memory(600, 512), "ContainerDefinitions", client, "'memoryReservation'"},
		{"ecs-fargate-size", "0.25 vCPU with 3 GB", size(".25 vCPU", "3 GB"), size(".25 vCPU", "2 GB"), "Memory", client, "256 CPU, 3072 memory"},
		{"ecs-fargate-size", "no number", size("much", "512"), size("256", "512"), "Cpu", client, "much CPU"},
		{"ecs-ephemeral-storage", "20 GiB", storage(20), storage(21), "EphemeralStorage.SizeInGiB", client, "at least 21"},
		{"ecs-ephemeral-storage", "201 GiB", storage(201), storage(200), "EphemeralStorage.SizeInGiB", client, "at most 200"},
	}
}

func TestSizesInWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cpu, memory string
		units, mib  int
		ok          bool
	}{
		{"1024", "2048", 1024, 2048, true},
		{"1 vCPU", "2 GB", 1024, 2048, true},
		{" .5vcpu ", "0.5GB", 512, 512, true},
		{"vCPU", "GB", 0, 0, false},
		{"1.5", "1.5", 0, 0, false},
	} {
		t.Run(test.cpu, func(t *testing.T) {
			t.Parallel()
			units, ok := ecsrules.CPU(test.cpu)
			require.Equal(t, test.ok, ok)
			mib, ok := ecsrules.Memory(test.memory)
			require.Equal(t, test.ok, ok)
			if test.ok {
				require.Equal(t, []int{test.units, test.mib}, []int{units, mib})
			}
		})
	}
}
