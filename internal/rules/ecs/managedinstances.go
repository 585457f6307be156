// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	docManagedTemplate = api + "API_InstanceLaunchTemplate.html"
	docManagedErrors   = guide + "managed-instances-errors.html"
	managedPath        = "ManagedInstancesProvider."
	templatePath       = managedPath + "InstanceLaunchTemplate."
)

// The bounds of Managed Instances.
const (
	neverScalesIn   = -1
	longestScaleIn  = 3600 // seconds
	leastDataVolume = 1    // GiB
)

type (
	newProvider = awsecs.CreateCapacityProviderInput
	// managed is what the inputs of both operations have in common: Update lacks some of
	// it.
	managed struct {
		tags         []ecstypes.Tag
		propagate    ecstypes.PropagateMITags
		optimization *ecstypes.InfrastructureOptimization
		repair       *ecstypes.AutoRepairConfiguration
		template     ecstypes.InstanceLaunchTemplate
	}
	managedRule struct {
		rules.Meta
		check func(r *rules.Report, m *managed)
	}
)

// ofManaged makes rules of new capacity providers.
func ofManaged(list []managedRule) []rules.Rule[newProvider] {
	all := make([]rules.Rule[newProvider], len(list))
	for i, rule := range list {
		all[i] = rules.Rule[newProvider]{Meta: rule.Meta, Check: func(r *rules.Report, in *newProvider) {
			if p := in.ManagedInstancesProvider; p != nil {
				rule.check(r, &managed{in.Tags, p.PropagateTags, p.InfrastructureOptimization, p.AutoRepairConfiguration, value(p.InstanceLaunchTemplate)})
			}
		}}
	}
	return all
}

// ofManagedUpdate makes rules of changes.
func ofManagedUpdate(list []managedRule) []rules.Rule[awsecs.UpdateCapacityProviderInput] {
	all := make([]rules.Rule[awsecs.UpdateCapacityProviderInput], len(list))
	for i, rule := range list {
		all[i] = rules.Rule[awsecs.UpdateCapacityProviderInput]{Meta: rule.Meta, Check: func(r *rules.Report, in *awsecs.UpdateCapacityProviderInput) {
			if p := in.ManagedInstancesProvider; p != nil {
				rule.check(r, &managed{nil, p.PropagateTags, p.InfrastructureOptimization, p.AutoRepairConfiguration, updatedTemplate(p.InstanceLaunchTemplate)})
			}
		}}
	}
	return all
}

func updatedTemplate(u *ecstypes.InstanceLaunchTemplateUpdate) ecstypes.InstanceLaunchTemplate {
	t := value(u)
	return ecstypes.InstanceLaunchTemplate{
		CapacityReservations: t.CapacityReservations, Ec2InstanceProfileArn: t.Ec2InstanceProfileArn, InstanceRequirements: t.InstanceRequirements,
		InstanceMetadataTagsPropagation: t.InstanceMetadataTagsPropagation, LocalStorageConfiguration: t.LocalStorageConfiguration,
		Monitoring: t.Monitoring, NetworkConfiguration: t.NetworkConfiguration, StorageConfiguration: t.StorageConfiguration,
	}
}

// UpdateCapacityProvider has the rules of changes to capacity providers of one's own.
var UpdateCapacityProvider = rules.Of[awsecs.UpdateCapacityProviderInput](ofManagedUpdate(managedRules))

// newManagedRules look at what only new providers have.
var newManagedRules = []rules.Rule[newProvider]{
	{Meta: rules.Meta{ID: "ecs-capacity-provider-one", Code: clientException, Doc: docCapacityProvider}, Check: func(r *rules.Report, in *newProvider) {
		if in.AutoScalingGroupProvider != nil && in.ManagedInstancesProvider != nil {
			r.Add(rules.Problem{Path: "ManagedInstancesProvider", Got: "an Auto Scaling group and Managed Instances", Want: "either of the two"})
		}
	}},
	{Meta: rules.Meta{ID: "ecs-managed-cluster", Code: clientException, Doc: docManagedErrors}, Check: func(r *rules.Report, in *newProvider) {
		if in.ManagedInstancesProvider != nil && value(in.Cluster) == "" {
			r.Add(rules.Problem{Path: "Cluster", Got: "none", Want: "the cluster that Managed Instances belong to"})
		}
	}},
	{Meta: rules.Meta{ID: "ecs-managed-cluster-name", Code: clientException, Doc: docCapacityProvider}, Check: func(r *rules.Report, in *newProvider) {
		if c := value(in.Cluster); in.ManagedInstancesProvider != nil && c != "" && !slipway.HasRef(c) && !clusterPattern.MatchString(c) {
			r.Add(rules.Problem{Path: "Cluster", Got: quote(c), Want: "the name of a cluster, not its ARN"})
		}
	}},
	// The reference has the field for Managed Instances, and does not say that others are refused.
	{Meta: rules.Meta{
		ID: "ecs-capacity-provider-cluster", Code: clientException, Warn: true,
		Doc: "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ecs/capacity_provider.go",
	}, Check: func(r *rules.Report, in *newProvider) {
		if in.AutoScalingGroupProvider != nil && in.Cluster != nil {
			r.Add(rules.Problem{Path: "Cluster", Got: quote(*in.Cluster), Want: "none for an Auto Scaling group"})
		}
	}},
	{Meta: rules.Meta{ID: "ecs-managed-roles", Code: clientException, Doc: docManagedErrors}, Check: func(r *rules.Report, in *newProvider) {
		p := in.ManagedInstancesProvider
		if p == nil {
			return
		}
		if value(p.InfrastructureRoleArn) == "" {
			r.Add(rules.Problem{Path: managedPath + "InfrastructureRoleArn", Got: "none", Want: "the role by which ECS manages the instances"})
		}
		if value(value(p.InstanceLaunchTemplate).Ec2InstanceProfileArn) == "" {
			r.Add(rules.Problem{Path: templatePath + "Ec2InstanceProfileArn", Got: "none", Want: "the instance profile of the instances"})
		}
	}},
	{Meta: rules.Meta{ID: "ecs-managed-network", Code: clientException, Doc: docManagedTemplate}, Check: func(r *rules.Report, in *newProvider) {
		if p := in.ManagedInstancesProvider; p != nil && value(p.InstanceLaunchTemplate).NetworkConfiguration == nil {
			r.Add(rules.Problem{Path: templatePath + "NetworkConfiguration", Got: "none", Want: "subnets and security groups"})
		}
	}},
}

// managedRules look at the settings of Managed Instances. AWS's texts for them are not
// known.
var managedRules = slices.Concat([]managedRule{
	{rules.Meta{ID: "ecs-managed-choices", Code: clientException, Doc: docManagedTemplate}, managedChoices},
	{rules.Meta{ID: "ecs-managed-subnets", Code: clientException, Doc: api + "API_ManagedInstancesNetworkConfiguration.html", Warn: true}, managedSubnets},
	{rules.Meta{ID: "ecs-managed-storage", Code: clientException, Doc: api + "API_ManagedInstancesStorageConfiguration.html"}, managedStorage},
	{rules.Meta{ID: "ecs-managed-storage-unused", Code: clientException, Doc: api + "API_ManagedInstancesLocalStorageConfiguration.html", Warn: true}, managedStorageUnused},
	{rules.Meta{ID: "ecs-managed-scale-in", Code: clientException, Doc: api + "API_InfrastructureOptimization.html"}, managedScaleIn},
	{rules.Meta{ID: "ecs-managed-reservations", Code: clientException, Doc: api + "API_CapacityReservationRequest.html", Warn: true}, managedReservations},
	{rules.Meta{ID: "ecs-managed-metadata-tags", Code: clientException, Doc: docManagedTemplate, Warn: true}, managedMetadataTags},
}, requirementRules)

// choice reports a value that is none of an enumeration's.
func choice[S ~string](r *rules.Report, path string, got S, known []S) {
	if got == "" || slices.Contains(known, got) {
		return
	}
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = string(k)
	}
	r.Add(rules.Problem{Path: path, Got: quote(string(got)), Want: strings.Join(names, ", ")})
}

func managedChoices(r *rules.Report, m *managed) {
	t := &m.template
	choice(r, templatePath+"CapacityOptionType", t.CapacityOptionType, t.CapacityOptionType.Values())
	choice(r, templatePath+"Monitoring", t.Monitoring, t.Monitoring.Values())
	choice(r, managedPath+"PropagateTags", m.propagate, m.propagate.Values())
	if c := t.CapacityReservations; c != nil {
		choice(r, templatePath+"CapacityReservations.ReservationPreference", c.ReservationPreference, c.ReservationPreference.Values())
	}
	if a := m.repair; a != nil {
		choice(r, managedPath+"AutoRepairConfiguration.ActionsStatus", a.ActionsStatus, a.ActionsStatus.Values())
	}
}

func managedSubnets(r *rules.Report, m *managed) {
	if n := m.template.NetworkConfiguration; n != nil && len(n.Subnets) == 0 {
		r.Add(rules.Problem{Path: templatePath + "NetworkConfiguration.Subnets", Got: "none", Want: "subnets in which instances are launched"})
	}
}

func managedStorage(r *rules.Report, m *managed) {
	if s := m.template.StorageConfiguration; s != nil && s.StorageSizeGiB != nil && *s.StorageSizeGiB < leastDataVolume {
		r.Add(rules.Problem{Path: templatePath + "StorageConfiguration.StorageSizeGiB", Got: strconv.Itoa(int(*s.StorageSizeGiB)) + " GiB", Want: "1 GiB or more"})
	}
}

// managedStorageUnused: with local storage there is no data volume.
func managedStorageUnused(r *rules.Report, m *managed) {
	t := &m.template
	if t.LocalStorageConfiguration == nil || !t.LocalStorageConfiguration.UseLocalStorage {
		return
	}
	if q := t.InstanceRequirements; q != nil && q.LocalStorage == ecstypes.LocalStorageExcluded {
		r.Add(rules.Problem{Path: templatePath + "LocalStorageConfiguration.UseLocalStorage", Got: "true without types that have local storage", Want: "types with local storage"})
	}
	if q := t.InstanceRequirements; t.StorageConfiguration != nil && q != nil && q.LocalStorage == ecstypes.LocalStorageRequired {
		r.Add(rules.Problem{Path: templatePath + "StorageConfiguration", Got: "a data volume beside local storage", Want: "either of the two"})
	}
}

func managedScaleIn(r *rules.Report, m *managed) {
	if m.optimization != nil {
		between(r, managedPath+"InfrastructureOptimization.ScaleInAfter", m.optimization.ScaleInAfter, neverScalesIn, longestScaleIn, " s", "")
	}
}

func managedReservations(r *rules.Report, m *managed) {
	c, option := m.template.CapacityReservations, m.template.CapacityOptionType
	if c == nil {
		return
	}
	// An update does not say the option.
	if option == ecstypes.CapacityOptionTypeOnDemand || option == ecstypes.CapacityOptionTypeSpot {
		r.Add(rules.Problem{Path: templatePath + "CapacityReservations", Got: "reservations with " + string(option), Want: "the capacity option RESERVED"})
	}
	if c.ReservationGroupArn != nil && c.ReservationPreference == ecstypes.CapacityReservationPreferenceReservationsExcluded {
		r.Add(rules.Problem{Path: templatePath + "CapacityReservations.ReservationGroupArn", Got: "a group with RESERVATIONS_EXCLUDED", Want: "either of the two"})
	}
}

// metadataTag is what the instance metadata service takes as a key.
var metadataTag = regexp.MustCompile(`^[0-9a-zA-Z\-_+=,.@:]{1,255}$`)

func managedMetadataTags(r *rules.Report, m *managed) {
	shown := m.template.InstanceMetadataTagsPropagation
	if m.propagate != ecstypes.PropagateMITagsCapacityProvider || shown != nil && !*shown {
		return
	}
	for i, t := range m.tags {
		if !metadataTag.MatchString(value(t.Key)) {
			r.Add(rules.Problem{Path: rules.Elem("Tags", t.Key, i), Got: quote(value(t.Key)), Want: "a key of letters, digits and -_+=,.@: in the metadata of instances"})
		}
	}
}
