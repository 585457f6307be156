// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"regexp"
	"strings"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

// CreateCluster has the rules of new clusters.
var CreateCluster = rules.Of[awsecs.CreateClusterInput]{
	{Meta: clusterNameMeta, Check: func(r *rules.Report, in *awsecs.CreateClusterInput) {
		if in.ClusterName != nil {
			clusterName(r, "ClusterName", *in.ClusterName)
		}
	}},
	{Meta: clusterSettingMeta, Check: func(r *rules.Report, in *awsecs.CreateClusterInput) { clusterSettings(r, in.Settings) }},
	{Meta: execLoggingMeta, Check: func(r *rules.Report, in *awsecs.CreateClusterInput) { execLogging(r, in.Configuration) }},
	{Meta: execLoggingUnusedMeta, Check: func(r *rules.Report, in *awsecs.CreateClusterInput) { execLoggingUnused(r, in.Configuration) }},
	{Meta: capacityProviderNameMeta, Check: func(r *rules.Report, in *awsecs.CreateClusterInput) { capacityProviderNames(r, in.CapacityProviders) }},
	{Meta: strategyWeightMeta, Check: func(r *rules.Report, in *awsecs.CreateClusterInput) {
		strategyWeights(r, defaultStrategy, in.DefaultCapacityProviderStrategy)
	}},
	{Meta: strategyMeta, Check: func(r *rules.Report, in *awsecs.CreateClusterInput) {
		strategy(r, defaultStrategy, in.DefaultCapacityProviderStrategy)
	}},
	{Meta: defaultStrategyMeta, Check: func(r *rules.Report, in *awsecs.CreateClusterInput) {
		defaultProviders(r, in.DefaultCapacityProviderStrategy, in.CapacityProviders)
	}},
	{Meta: tagMeta, Check: func(r *rules.Report, in *awsecs.CreateClusterInput) { tags(r, in.Tags) }},
}

// UpdateCluster has the rules of changes to a cluster's settings.
var UpdateCluster = rules.Of[awsecs.UpdateClusterInput]{
	{Meta: clusterSettingMeta, Check: func(r *rules.Report, in *awsecs.UpdateClusterInput) { clusterSettings(r, in.Settings) }},
	{Meta: execLoggingMeta, Check: func(r *rules.Report, in *awsecs.UpdateClusterInput) { execLogging(r, in.Configuration) }},
	{Meta: execLoggingUnusedMeta, Check: func(r *rules.Report, in *awsecs.UpdateClusterInput) { execLoggingUnused(r, in.Configuration) }},
}

// PutClusterCapacityProviders has the rules of a cluster's capacity providers.
var PutClusterCapacityProviders = rules.Of[awsecs.PutClusterCapacityProvidersInput]{
	{Meta: capacityProviderNameMeta, Check: func(r *rules.Report, in *awsecs.PutClusterCapacityProvidersInput) {
		capacityProviderNames(r, in.CapacityProviders)
	}},
	{Meta: strategyWeightMeta, Check: func(r *rules.Report, in *awsecs.PutClusterCapacityProvidersInput) {
		strategyWeights(r, defaultStrategy, in.DefaultCapacityProviderStrategy)
	}},
	{Meta: strategyMeta, Check: func(r *rules.Report, in *awsecs.PutClusterCapacityProvidersInput) {
		strategy(r, defaultStrategy, in.DefaultCapacityProviderStrategy)
	}},
	{Meta: defaultStrategyMeta, Check: func(r *rules.Report, in *awsecs.PutClusterCapacityProvidersInput) {
		defaultProviders(r, in.DefaultCapacityProviderStrategy, in.CapacityProviders)
	}},
}

const defaultStrategy = "DefaultCapacityProviderStrategy"

var (
	clusterNameMeta = rules.Meta{
		ID: "ecs-cluster-name", Code: invalidParameter, Doc: docCluster,
		Text: `Invalid request retrieving cluster: ClusterName must match ^[a-zA-Z0-9\\-_]{1,255}$`,
	}
	clusterSettingMeta = rules.Meta{ID: "ecs-cluster-setting", Code: invalidParameter, Doc: api + "API_ClusterSetting.html"}
	execLoggingMeta    = rules.Meta{
		ID: "ecs-cluster-exec-logging", Code: invalidParameter, Doc: api + "API_ExecuteCommandConfiguration.html",
		Text: "A CloudWatch log group name or S3 bucket name must be specified when overriding the default log configuration.",
	}
	execLoggingUnusedMeta = rules.Meta{
		ID: "ecs-cluster-exec-logging-unused", Code: invalidParameter, Doc: api + "API_ExecuteCommandConfiguration.html", Warn: true,
	}
	capacityProviderNameMeta = rules.Meta{ID: "ecs-cluster-capacity-provider", Code: invalidParameter, Doc: docCluster}
	defaultStrategyMeta      = rules.Meta{
		ID: "ecs-cluster-default-strategy", Code: invalidParameter, Doc: docCluster,
		Text: "The default capacity provider strategy contains a capacity provider that is not associated with the cluster. " +
			"Associate the capacity provider with the cluster and try again.",
	}
	clusterPattern = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)
)

func clusterName(r *rules.Report, path, name string) {
	if !clusterPattern.MatchString(name) {
		r.Add(rules.Problem{Path: path, Got: quote(name), Want: "1 to 255 letters, digits, hyphens and underscores"})
	}
}

func clusterSettings(r *rules.Report, settings []ecstypes.ClusterSetting) {
	for i, s := range settings {
		name := string(s.Name)
		switch value(s.Value) {
		case "enabled", "disabled", "enhanced":
		default:
			r.Add(rules.Problem{
				Path: rules.Elem("Settings", &name, i) + ".Value", Got: quote(value(s.Value)), Want: "enabled, enhanced or disabled",
				Text: "Invalid value '" + value(s.Value) + "' for setting " + name + ".",
			})
		}
	}
}

const execLogPath = "Configuration.ExecuteCommandConfiguration.LogConfiguration"

func execLogging(r *rules.Report, c *ecstypes.ClusterConfiguration) {
	if c == nil || c.ExecuteCommandConfiguration == nil || c.ExecuteCommandConfiguration.Logging != ecstypes.ExecuteCommandLoggingOverride {
		return
	}
	l := c.ExecuteCommandConfiguration.LogConfiguration
	if l == nil || (value(l.CloudWatchLogGroupName) == "" && value(l.S3BucketName) == "") {
		r.Add(rules.Problem{Path: execLogPath, Got: "neither a log group nor a bucket", Want: "one of them with logging OVERRIDE"})
	}
}

// execLoggingUnused warns of a destination that logging does not use.
func execLoggingUnused(r *rules.Report, c *ecstypes.ClusterConfiguration) {
	if c == nil || c.ExecuteCommandConfiguration == nil {
		return
	}
	e := c.ExecuteCommandConfiguration
	if e.LogConfiguration != nil && e.Logging != ecstypes.ExecuteCommandLoggingOverride {
		r.Add(rules.Problem{Path: execLogPath, Got: "logging " + quote(string(e.Logging)), Want: "logging OVERRIDE"})
	}
}

// capacityProviderNames checks what can be known without asking: AWS's own names.
func capacityProviderNames(r *rules.Report, names []string) {
	for i, n := range names {
		lower := strings.ToLower(n)
		reserved := strings.HasPrefix(lower, "fargate") || strings.HasPrefix(lower, "ecs") || strings.HasPrefix(lower, "aws")
		if reserved && !ownProvider(n) {
			r.Add(rules.Problem{
				Path: rules.Elem("CapacityProviders", &n, i), Got: quote(n), Want: "FARGATE, FARGATE_SPOT or one of one's own",
				Text: "The specified capacity provider '" + n + "' was not found. Specify a valid name or ARN and try again.",
			})
		}
	}
}

// ownProvider reports whether it is one of AWS's own.
func ownProvider(name string) bool { return name == "FARGATE" || name == "FARGATE_SPOT" }

func defaultProviders(r *rules.Report, items []ecstypes.CapacityProviderStrategyItem, providers []string) {
	has := map[string]bool{}
	for _, p := range providers {
		has[p] = true
		if slipway.HasRef(p) {
			return
		}
	}
	for i, item := range items {
		if p := value(item.CapacityProvider); !has[p] && !managedProvider(r, p) {
			r.Add(rules.Problem{Path: rules.Elem(defaultStrategy, item.CapacityProvider, i), Got: quote(p), Want: "one of CapacityProviders"})
		}
	}
}
