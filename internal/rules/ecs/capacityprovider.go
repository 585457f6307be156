// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"regexp"
	"slices"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/slipway-go/slipway/internal/rules"
)

const docCapacityProvider = api + "API_CreateCapacityProvider.html"

var (
	providerPattern  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)
	reservedProvider = regexp.MustCompile(`^(?i:aws|ecs|fargate)`)
)

// CreateCapacityProvider has the rules of capacity providers of one's own.
var CreateCapacityProvider = rules.Of[awsecs.CreateCapacityProviderInput](slices.Concat(providerRules, newManagedRules, ofManaged(managedRules)))

var providerRules = []rules.Rule[awsecs.CreateCapacityProviderInput]{
	{Meta: rules.Meta{
		ID: "ecs-capacity-provider-name", Code: clientException, Doc: docCapacityProvider,
		Text: "The specified capacity provider name is invalid. Up to 255 characters are allowed, including letters (upper and lowercase), " +
			"numbers, underscores, and hyphens. The name cannot be prefixed with \"aws\", \"ecs\", or \"fargate\". Specify a valid name and try again.",
	}, Check: func(r *rules.Report, in *awsecs.CreateCapacityProviderInput) {
		if n := value(in.Name); !providerPattern.MatchString(n) || reservedProvider.MatchString(n) {
			r.Add(rules.Problem{
				Path: "Name", Got: quote(n), Want: "up to 255 letters, digits, hyphens and underscores, not beginning with aws, ecs or fargate",
			})
		}
	}},
	{Meta: providerScalingMeta, Check: ofGroupProvider(providerScaling)},
	{Meta: providerStepsMeta, Check: ofGroupProvider(providerSteps)},
	{Meta: providerProtectionMeta, Check: ofGroupProvider(providerProtection)},
	{Meta: tagMeta, Check: func(r *rules.Report, in *awsecs.CreateCapacityProviderInput) { tags(r, in.Tags) }},
}

// CreateTaskSet has the rules of task sets, which external deployment controllers
// make.
var CreateTaskSet = rules.Of[awsecs.CreateTaskSetInput](shape(ofTaskSet))

func ofTaskSet(_ *rules.Report, in *awsecs.CreateTaskSetInput) launch {
	return launch{
		cluster: value(in.Cluster), taskDefinition: value(in.TaskDefinition), launchType: in.LaunchType,
		strategy: in.CapacityProviderStrategy, network: in.NetworkConfiguration, platformVersion: in.PlatformVersion, tags: in.Tags,
	}
}
