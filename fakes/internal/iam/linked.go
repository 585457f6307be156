// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// linked is what IAM knows of a service's own role.
type linked struct {
	// role and policy are the names of the role and of AWS's policy for it.
	role, policy string
	// suffix: the caller may add one to the name.
	suffix bool
}

// linkedRoles are the service-linked roles, by service.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html.
var linkedRoles = map[string]linked{
	"ecs.amazonaws.com":                  {"AWSServiceRoleForECS", "AmazonECSServiceRolePolicy", false},
	"elasticloadbalancing.amazonaws.com": {"AWSServiceRoleForElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy", false},
	"autoscaling.amazonaws.com":          {"AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy", true},
	"ecr.amazonaws.com":                  {"AWSServiceRoleForECRTemplate", "ECRTemplateServiceRolePolicy", false},
	"replication.ecr.amazonaws.com":      {"AWSServiceRoleForECRReplication", "ECRReplicationServiceRolePolicy", false},
	"pullthroughcache.ecr.amazonaws.com": {"AWSServiceRoleForECRPullThroughCache", "AWSECRPullThroughCache_ServiceRolePolicy", false},
	"elasticfilesystem.amazonaws.com":    {"AWSServiceRoleForAmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy", false},
	"spot.amazonaws.com":                 {"AWSServiceRoleForEC2Spot", "AWSEC2SpotServiceRolePolicy", false},
	"eks.amazonaws.com":                  {"AWSServiceRoleForAmazonEKS", "AmazonEKSServiceRolePolicy", false},
	"eks-nodegroup.amazonaws.com":        {"AWSServiceRoleForAmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup", false},
	"eks-fargate.amazonaws.com":          {"AWSServiceRoleForAmazonEKSForFargate", "AmazonEKSForFargateServiceRolePolicy", false},
	"apprunner.amazonaws.com":            {"AWSServiceRoleForAppRunner", "AppRunnerServiceRolePolicy", false},
	"ecs-compute.amazonaws.com":          {"AWSServiceRoleForECSCompute", "AmazonECSComputeServiceRolePolicy", false},
	"servicediscovery.amazonaws.com":     {"AWSServiceRoleForCloudMap", "AWSCloudMapServiceRolePolicy", false},
	"ecs.application-autoscaling.amazonaws.com": {
		"AWSServiceRoleForApplicationAutoScaling_ECSService", "AWSApplicationAutoscalingECSServicePolicy", false,
	},
}

// deletion is a task that deletes a service-linked role; it ends at once.
type deletion struct{ role string }

func (f *Fake) serveLinked(s *sim.Service) {
	sim.Handle(s, "CreateServiceLinkedRole", f.createLinked,
		sim.Needs(func(_ *sim.Call, in *awsiam.CreateServiceLinkedRoleInput) []sim.Access {
			service := aws.ToString(in.AWSServiceName)
			return []sim.Access{{
				Action: "iam:CreateServiceLinkedRole", Resource: f.arn("role" + linkedPath(service) + linkedRoles[service].role),
				Context: map[string][]string{"iam:AWSServiceName": {service}},
			}}
		}))
	onRole(f, s, "DeleteServiceLinkedRole", f.deleteLinked,
		func(in *awsiam.DeleteServiceLinkedRoleInput) *string { return in.RoleName })
	sim.Handle(s, "GetServiceLinkedRoleDeletionStatus", f.deletionStatus)
}

func linkedPath(service string) string { return "/aws-service-role/" + service + "/" }

// ServiceLinkedRole returns the ARN of the service's own role, made if absent;
// "" for a service that has none.
func (f *Fake) ServiceLinkedRole(service string) string {
	l, ok := linkedRoles[service]
	if !ok {
		return ""
	}
	r, ok := f.roles[l.role]
	if !ok {
		r = f.makeLinked(service, l, l.role, nil)
	}
	return *r.Arn
}

// HasServiceLinkedRole reports whether the service's own role is there.
func (f *Fake) HasServiceLinkedRole(service string) bool {
	_, ok := f.roles[linkedRoles[service].role]
	return ok
}

func (f *Fake) makeLinked(service string, l linked, name string, description *string) role {
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service +
		`"},"Action":"sts:AssumeRole"}]}`
	r := role{
		Role: iamtypes.Role{
			RoleName: &name, Path: aws.String(linkedPath(service)), RoleId: aws.String(f.id("AROA", name)),
			Arn: aws.String(f.arn("role" + linkedPath(service) + name)), CreateDate: aws.Time(f.sim.Now().Truncate(time.Second)),
			AssumeRolePolicyDocument: &trust, MaxSessionDuration: aws.Int32(defaultSession), Description: description,
		},
		grants:  grants{attached: []string{"arn:aws:iam::aws:policy/aws-service-role/" + l.policy}},
		service: service,
	}
	f.roles[name] = r
	return r
}

func (f *Fake) createLinked(
	_ *sim.Call, in *awsiam.CreateServiceLinkedRoleInput,
) (*awsiam.CreateServiceLinkedRoleOutput, error) {
	service := aws.ToString(in.AWSServiceName)
	l, ok := linkedRoles[service]
	if !ok {
		return nil, invalid("Service Linked Role is not supported for the specified service: %s", service)
	}
	name := l.role
	if suffix := aws.ToString(in.CustomSuffix); suffix != "" {
		if !l.suffix {
			return nil, invalid("Custom suffix is not allowed for %s", service)
		}
		name += "_" + suffix
	}
	if _, taken := f.roles[name]; taken {
		return nil, invalid("Service role name %s has been taken in this account, please try a different suffix.", name)
	}
	r := f.makeLinked(service, l, name, in.Description)
	return &awsiam.CreateServiceLinkedRoleOutput{Role: r.shown()}, nil
}

func (f *Fake) deleteLinked(
	_ *sim.Call, in *awsiam.DeleteServiceLinkedRoleInput,
) (*awsiam.DeleteServiceLinkedRoleOutput, error) {
	r, err := f.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	if r.service == "" {
		return nil, invalid("Role %s is not a service-linked role.", *in.RoleName)
	}
	id := "task" + *r.Path + *r.RoleName + "/" + f.sim.UUID("deletion", *r.RoleName)
	f.tasks[id] = deletion{role: *r.RoleName}
	delete(f.roles, *r.RoleName)
	return &awsiam.DeleteServiceLinkedRoleOutput{DeletionTaskId: &id}, nil
}

func (f *Fake) deletionStatus(
	_ *sim.Call, in *awsiam.GetServiceLinkedRoleDeletionStatusInput,
) (*awsiam.GetServiceLinkedRoleDeletionStatusOutput, error) {
	if _, ok := f.tasks[aws.ToString(in.DeletionTaskId)]; !ok || !strings.HasPrefix(*in.DeletionTaskId, "task/") {
		return nil, missing("Deletion task %s cannot be found.", aws.ToString(in.DeletionTaskId))
	}
	return &awsiam.GetServiceLinkedRoleDeletionStatusOutput{Status: iamtypes.DeletionTaskStatusTypeSucceeded}, nil
}
