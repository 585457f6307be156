// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"reflect"
	"strconv"

	"github.com/slipway-go/slipway/autoscaling"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/iam"
	"github.com/slipway-go/slipway/vpc"
)

// exportImports are the packages that a source may import, by path.
func exportImports() map[string]string {
	const module, sdk = "github.com/slipway-go/slipway", "github.com/aws/aws-sdk-go-v2/"
	return map[string]string{
		module: "slipway", module + "/autoscaling": "autoscaling", module + "/ecs": "ecs", module + "/elb": "elb",
		module + "/iam": "iam", module + "/storage": "storage", module + "/vpc": "vpc", "time": "time", "context": "context", "fmt": "fmt", "os": "os",
		sdk + "config": "config", sdk + "service/autoscaling/types": "asgtypes",
		sdk + "service/ecs": "awsecs", sdk + "service/ecs/types": "ecstypes",
		sdk + "service/iam": "awsiam", sdk + "service/elasticloadbalancingv2": "awselb",
		sdk + "service/elasticloadbalancingv2/types": "elbtypes",
		sdk + "service/applicationautoscaling":       "awsaas",
		sdk + "service/applicationautoscaling/types": "aastypes",
	}
}

// exportSpecial writes what has a name of its own, or a unit.
func exportSpecial(v any) (string, bool) {
	switch known := v.(type) {
	case CPU:
		return cpuText(known), true
	case Memory:
		return memoryText(known), true
	case vpc.Ports:
		return portsText(known)
	case iam.Effect:
		return "iam." + known.String(), true
	}
	switch reflect.TypeOf(v).Kind() { //nolint:exhaustive // constants are of these
	case reflect.String, reflect.Int64:
	default:
		return "", false
	}
	name, ok := exportNames()[v]
	return name, ok
}

// exportNames are the constants of the builders.
func exportNames() map[any]string {
	return map[any]string{
		X86_64: "ecs.X86_64", ARM64: "ecs.ARM64", HTTP: "ecs.HTTP", HTTP2: "ecs.HTTP2", GRPC: "ecs.GRPC",
		Start: "ecs.Start", Complete: "ecs.Complete", Success: "ecs.Success", Healthy: "ecs.Healthy",
		Fargate: "ecs.Fargate", FargateSpot: "ecs.FargateSpot", OpenFiles: "ecs.OpenFiles",
		InsightsOff: "ecs.InsightsOff", InsightsOn: "ecs.InsightsOn", InsightsEnhanced: "ecs.InsightsEnhanced",
		RebalanceZones: "ecs.RebalanceZones", DontRebalanceZones: "ecs.DontRebalanceZones",
		TagsOfService: "ecs.TagsOfService", TagsOfTaskDefinition: "ecs.TagsOfTaskDefinition",
		StandardLogs: "ecs.StandardLogs", InfrequentAccessLogs: "ecs.InfrequentAccessLogs",
		AL2023: "ecs.AL2023", AL2023ARM64: "ecs.AL2023ARM64", AL2023GPU: "ecs.AL2023GPU", AL2023Neuron: "ecs.AL2023Neuron",
		AL2: "ecs.AL2", AL2ARM64: "ecs.AL2ARM64", AL2GPU: "ecs.AL2GPU",
		Bottlerocket: "ecs.Bottlerocket", BottlerocketARM64: "ecs.BottlerocketARM64", BottlerocketGPU: "ecs.BottlerocketGPU",
		Bridge: "ecs.Bridge", Host: "ecs.Host", AWSVPC: "ecs.AWSVPC", NoNetwork: "ecs.NoNetwork",
		SpreadByZone: "ecs.SpreadByZone", SpreadByInstance: "ecs.SpreadByInstance", BinpackCPU: "ecs.BinpackCPU", BinpackMemory: "ecs.BinpackMemory",
		GP2: "ecs.GP2", GP3: "ecs.GP3", IO1: "ecs.IO1", IO2: "ecs.IO2", ST1: "ecs.ST1", SC1: "ecs.SC1", EBSMagnetic: "ecs.EBSMagnetic",
		EXT3: "ecs.EXT3", EXT4: "ecs.EXT4", XFS: "ecs.XFS",
		autoscaling.NoCooldown:        "autoscaling.NoCooldown",
		autoscaling.CPUUtilization:    "autoscaling.CPUUtilization",
		autoscaling.MemoryUtilization: "autoscaling.MemoryUtilization",
		autoscaling.RequestsPerTarget: "autoscaling.RequestsPerTarget",
		elb.HTTP:                      "elb.HTTP", elb.HTTPS: "elb.HTTPS", elb.HTTP1: "elb.HTTP1", elb.HTTP2: "elb.HTTP2", elb.GRPC: "elb.GRPC",
		elb.HTTP1Only: "elb.HTTP1Only", elb.HTTP2Only: "elb.HTTP2Only", elb.HTTP2Optional: "elb.HTTP2Optional", elb.HTTP2Preferred: "elb.HTTP2Preferred",
		autoscaling.Launching: "autoscaling.Launching", autoscaling.Terminating: "autoscaling.Terminating",
		autoscaling.BalancerHealth: "autoscaling.BalancerHealth", autoscaling.VolumeHealth: "autoscaling.VolumeHealth",
		elb.TCP: "elb.TCP", elb.UDP: "elb.UDP", elb.TCPUDP: "elb.TCPUDP", elb.TLS: "elb.TLS", elb.SSL: "elb.SSL",
		elb.IPTargets: "elb.IPTargets", elb.InstanceTargets: "elb.InstanceTargets",
		elb.RoundRobin: "elb.RoundRobin", elb.LeastOutstandingRequests: "elb.LeastOutstandingRequests", elb.WeightedRandom: "elb.WeightedRandom",
		elb.IPv4: "elb.IPv4", elb.Dualstack: "elb.Dualstack", elb.DualstackWithoutPublicIPv4: "elb.DualstackWithoutPublicIPv4",
	}
}

func cpuText(n CPU) string {
	switch {
	case n == VCPU:
		return "ecs.VCPU"
	case n > 0 && n%VCPU == 0:
		return fmt.Sprintf("%d*ecs.VCPU", n/VCPU)
	case n > 0 && VCPU%n == 0:
		return fmt.Sprintf("ecs.VCPU/%d", VCPU/n)
	default:
		return strconv.Itoa(int(n))
	}
}

func memoryText(n Memory) string {
	if n > 0 && n%GiB == 0 {
		return fmt.Sprintf("%d*ecs.GiB", n/GiB)
	}
	return fmt.Sprintf("%d*ecs.MiB", n)
}

func portsText(p vpc.Ports) (string, bool) {
	switch {
	case p == vpc.AllTraffic():
		return "vpc.AllTraffic()", true
	case p == vpc.TCP(p.From):
		return fmt.Sprintf("vpc.TCP(%d)", p.From), true
	case p == vpc.UDP(p.From):
		return fmt.Sprintf("vpc.UDP(%d)", p.From), true
	case p == vpc.TCPRange(p.From, p.To):
		return fmt.Sprintf("vpc.TCPRange(%d, %d)", p.From, p.To), true
	default:
		return "", false
	}
}
