// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"context"
	"maps"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsclassic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	classictypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

// classics is the driver of elb:ClassicLoadBalancer.
type classics struct{ family }

type liveClassic = slipway.Live[model.Classic]

func classicClient(c slipway.Call) *awsclassic.Client {
	return slipway.Client(c, awsclassic.NewFromConfig)
}

// Before names what registers instances with a balancer.
func (classics) Before() []string { return []string{"ecs:Service"} }

// Defaults fills in AWS's scheme, health check and attributes.
func (classics) Defaults(state *model.Classic) {
	model.FillClassic(state)
	if state.Create.Tags == nil {
		state.Create.Tags = []classictypes.Tag{}
	}
}

// Check reports what AWS would reject.
func (classics) Check(refs slipway.Refs, state *model.Classic) []slipway.FieldError {
	found := elbrules.CreateClassic.All(refs, &state.Create)
	if state.Health != nil {
		h := *state.Health
		full := model.Classic{Create: state.Create, Health: &h}
		model.FillClassic(&full)
		found = append(found, elbrules.ConfigureHealthCheck.All(refs, &awsclassic.ConfigureHealthCheckInput{
			LoadBalancerName: state.Create.LoadBalancerName, HealthCheck: full.Health,
		})...)
	}
	return append(found, elbrules.ModifyClassicAttributes.All(refs, &awsclassic.ModifyLoadBalancerAttributesInput{
		LoadBalancerName: state.Create.LoadBalancerName, LoadBalancerAttributes: state.Attributes,
	})...)
}

// Effects: name and scheme are chosen for good.
func (classics) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{
			"Create.LoadBalancerName": slipway.NewName,
			"Create.Scheme":           slipway.NewName,
		},
		Keys: map[string]string{"Create.Tags": "Key", "Attributes.AdditionalAttributes": "Key"},
		Sets: []string{"Create.Subnets", "Create.SecurityGroups", "Create.Listeners"},
		// AWS derives them from the subnets.
		Ignore: []string{"Create.AvailabilityZones"},
	}
}

// Read finds the balancer by name.
func (d classics) Read(ctx context.Context, c slipway.Call, want *model.Classic) (*liveClassic, error) {
	all, err := describeClassics(ctx, c, aws.ToString(want.Create.LoadBalancerName))
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return d.complete(ctx, c, &all[0])
}

// List returns the stack's own balancers.
func (d classics) List(ctx context.Context, c slipway.Call) ([]*liveClassic, error) {
	all, err := describeClassics(ctx, c)
	if err != nil {
		return nil, err
	}
	live := make([]*liveClassic, len(all))
	err = each(ctx, len(all), func(ctx context.Context, i int) error {
		var err error
		live[i], err = d.complete(ctx, c, &all[i])
		return err
	})
	return slices.DeleteFunc(live, func(l *liveClassic) bool { return l == nil || l.Owner.Stack != c.Stack }), err
}

func describeClassics(ctx context.Context, c slipway.Call, names ...string) ([]classictypes.LoadBalancerDescription, error) {
	var all []classictypes.LoadBalancerDescription
	in := &awsclassic.DescribeLoadBalancersInput{LoadBalancerNames: names}
	for pages := awsclassic.NewDescribeLoadBalancersPaginator(classicClient(c), in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if absent(err) {
			return nil, nil
		}
		if err != nil {
			return nil, wrap("describe classic load balancers", err)
		}
		all = append(all, page.LoadBalancerDescriptions...)
	}
	return all, nil
}

// complete adds attributes and tags; nil if the balancer is gone by now.
func (classics) complete(ctx context.Context, c slipway.Call, b *classictypes.LoadBalancerDescription) (*liveClassic, error) {
	api, name := classicClient(c), b.LoadBalancerName
	attributes, err := api.DescribeLoadBalancerAttributes(ctx, &awsclassic.DescribeLoadBalancerAttributesInput{LoadBalancerName: name})
	if absent(err) {
		return nil, nil //nolint:nilnil // gone since it was described
	}
	if err != nil {
		return nil, wrap("describe classic load balancer attributes", err)
	}
	tags, err := api.DescribeTags(ctx, &awsclassic.DescribeTagsInput{LoadBalancerNames: []string{aws.ToString(name)}})
	if absent(err) {
		return nil, nil //nolint:nilnil // gone since it was described
	}
	if err != nil {
		return nil, wrap("describe tags", err)
	}
	m := map[string]string{}
	for _, d := range tags.TagDescriptions {
		for _, t := range d.Tags {
			m[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
	}
	return rebuildClassic(b, attributes.LoadBalancerAttributes, m), nil
}

func rebuildClassic(
	b *classictypes.LoadBalancerDescription, attributes *classictypes.LoadBalancerAttributes, tags map[string]string,
) *liveClassic {
	owner := slipway.Owner{Stack: tags[slipway.TagStack], Resource: tags[slipway.TagResource]}
	delete(tags, slipway.TagStack)
	delete(tags, slipway.TagResource)
	state := model.Classic{
		Create: awsclassic.CreateLoadBalancerInput{
			LoadBalancerName: b.LoadBalancerName, Scheme: b.Scheme, Subnets: b.Subnets, SecurityGroups: b.SecurityGroups,
			AvailabilityZones: b.AvailabilityZones, Tags: classicTags(tags),
		},
		Health: b.HealthCheck, Attributes: attributes,
	}
	for _, l := range b.ListenerDescriptions {
		if l.Listener != nil {
			state.Create.Listeners = append(state.Create.Listeners, *l.Listener)
		}
	}
	return &liveClassic{
		State: state, Owner: owner,
		Outputs: map[string][]string{
			"name": {aws.ToString(b.LoadBalancerName)}, "dns": {aws.ToString(b.DNSName)}, "zone": {aws.ToString(b.CanonicalHostedZoneNameID)},
		},
	}
}

// Put creates the balancer or changes what can be changed.
func (d classics) Put(ctx context.Context, c slipway.Call, have *liveClassic, want *model.Classic) error {
	state := *want
	d.Defaults(&state)
	name := aws.ToString(state.Create.LoadBalancerName)
	if have == nil {
		in := state.Create
		in.Tags = append(slices.Clip(in.Tags), classicTags(c.Tags())...)
		if _, err := classicClient(c).CreateLoadBalancer(ctx, &in); err != nil {
			return wrap("create classic load balancer", err)
		}
		have = fresh(c, state.Create)
	}
	for _, step := range []func(context.Context, *awsclassic.Client, *model.Classic, *model.Classic) error{
		putClassicNetwork, putClassicListeners, putClassicHealth, putClassicAttributes,
	} {
		if err := step(ctx, classicClient(c), &have.State, &state); err != nil {
			return err
		}
	}
	return putClassicTags(ctx, c, name, have, state.Create.Tags)
}

// fresh is a balancer as it has just been made.
func fresh(c slipway.Call, in awsclassic.CreateLoadBalancerInput) *liveClassic {
	live := &liveClassic{State: model.Classic{Create: in}, Owner: c.Owner()}
	model.FillClassic(&live.State)
	return live
}

func putClassicNetwork(ctx context.Context, api *awsclassic.Client, have, want *model.Classic) error {
	name := want.Create.LoadBalancerName
	added, gone := setDifference(have.Create.Subnets, want.Create.Subnets)
	if len(added) > 0 {
		if _, err := api.AttachLoadBalancerToSubnets(ctx, &awsclassic.AttachLoadBalancerToSubnetsInput{
			LoadBalancerName: name, Subnets: added,
		}); err != nil {
			return wrap("attach to subnets", err)
		}
	}
	if len(gone) > 0 && len(want.Create.Subnets) > 0 {
		if _, err := api.DetachLoadBalancerFromSubnets(ctx, &awsclassic.DetachLoadBalancerFromSubnetsInput{
			LoadBalancerName: name, Subnets: gone,
		}); err != nil {
			return wrap("detach from subnets", err)
		}
	}
	if sameSet(have.Create.SecurityGroups, want.Create.SecurityGroups) || len(want.Create.SecurityGroups) == 0 {
		return nil
	}
	_, err := api.ApplySecurityGroupsToLoadBalancer(ctx, &awsclassic.ApplySecurityGroupsToLoadBalancerInput{
		LoadBalancerName: name, SecurityGroups: want.Create.SecurityGroups,
	})
	return wrap("apply security groups", err)
}

// setDifference returns what want has and have lacks, and the other way round.
func setDifference(have, want []string) (added, gone []string) {
	for _, s := range want {
		if !slices.Contains(have, s) {
			added = append(added, s)
		}
	}
	for _, s := range have {
		if !slices.Contains(want, s) {
			gone = append(gone, s)
		}
	}
	return added, gone
}

// putClassicListeners replaces the listeners that differ: AWS changes none but their
// certificates.
func putClassicListeners(ctx context.Context, api *awsclassic.Client, have, want *model.Classic) error {
	name, before := want.Create.LoadBalancerName, byPort(have.Create.Listeners)
	after := byPort(want.Create.Listeners)
	var (
		gone []int32
		made []classictypes.Listener
	)
	for _, port := range slices.Sorted(maps.Keys(before)) {
		if !reflect.DeepEqual(before[port], after[port]) {
			gone = append(gone, port)
		}
	}
	for _, port := range slices.Sorted(maps.Keys(after)) {
		if !reflect.DeepEqual(before[port], after[port]) {
			made = append(made, after[port])
		}
	}
	if len(gone) > 0 {
		if _, err := api.DeleteLoadBalancerListeners(ctx, &awsclassic.DeleteLoadBalancerListenersInput{
			LoadBalancerName: name, LoadBalancerPorts: gone,
		}); err != nil {
			return wrap("delete listeners", err)
		}
	}
	if len(made) == 0 {
		return nil
	}
	_, err := api.CreateLoadBalancerListeners(ctx, &awsclassic.CreateLoadBalancerListenersInput{LoadBalancerName: name, Listeners: made})
	return wrap("create listeners", err)
}

func byPort(list []classictypes.Listener) map[int32]classictypes.Listener {
	m := map[int32]classictypes.Listener{}
	for _, l := range list {
		m[l.LoadBalancerPort] = l
	}
	return m
}

func putClassicHealth(ctx context.Context, api *awsclassic.Client, have, want *model.Classic) error {
	if reflect.DeepEqual(have.Health, want.Health) {
		return nil
	}
	_, err := api.ConfigureHealthCheck(ctx, &awsclassic.ConfigureHealthCheckInput{
		LoadBalancerName: want.Create.LoadBalancerName, HealthCheck: want.Health,
	})
	return wrap("configure health check", err)
}

func putClassicAttributes(ctx context.Context, api *awsclassic.Client, have, want *model.Classic) error {
	if reflect.DeepEqual(have.Attributes, want.Attributes) {
		return nil
	}
	_, err := api.ModifyLoadBalancerAttributes(ctx, &awsclassic.ModifyLoadBalancerAttributesInput{
		LoadBalancerName: want.Create.LoadBalancerName, LoadBalancerAttributes: want.Attributes,
	})
	return wrap("modify classic load balancer attributes", err)
}

func putClassicTags(ctx context.Context, c slipway.Call, name string, have *liveClassic, want []classictypes.Tag) error {
	before, after := classicTagMap(have.State.Create.Tags), classicTagMap(want)
	var gone []classictypes.TagKeyOnly
	for _, k := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[k]; !ok {
			gone = append(gone, classictypes.TagKeyOnly{Key: aws.String(k)})
		}
	}
	if have.Owner != c.Owner() {
		maps.Copy(after, c.Tags())
	}
	api := classicClient(c)
	if added := differing(before, after); len(added) > 0 {
		in := &awsclassic.AddTagsInput{LoadBalancerNames: []string{name}, Tags: classicTags(added)}
		if _, err := api.AddTags(ctx, in); err != nil {
			return wrap("tag "+name, err)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	_, err := api.RemoveTags(ctx, &awsclassic.RemoveTagsInput{LoadBalancerNames: []string{name}, Tags: gone})
	return wrap("untag "+name, err)
}

// Delete deletes the balancer with its listeners. AWS answers the same when it is gone.
func (classics) Delete(ctx context.Context, c slipway.Call, have *liveClassic) error {
	if have == nil {
		return nil
	}
	name := have.State.Create.LoadBalancerName
	_, err := classicClient(c).DeleteLoadBalancer(ctx, &awsclassic.DeleteLoadBalancerInput{LoadBalancerName: name})
	return wrap("delete classic load balancer", err)
}

// Tag marks the balancer as the stack's.
func (classics) Tag(ctx context.Context, c slipway.Call, have *liveClassic) error {
	name := output(have, "name")
	_, err := classicClient(c).AddTags(ctx, &awsclassic.AddTagsInput{LoadBalancerNames: []string{name}, Tags: classicTags(c.Tags())})
	return wrap("tag "+name, err)
}

// Permissions are those of the calls above.
func (classics) Permissions(have *liveClassic, want *model.Classic) []slipway.Permission {
	change := []string{
		"AttachLoadBalancerToSubnets", "DetachLoadBalancerFromSubnets", "ApplySecurityGroupsToLoadBalancer",
		"CreateLoadBalancerListeners", "DeleteLoadBalancerListeners", "ConfigureHealthCheck", "ModifyLoadBalancerAttributes",
		"AddTags", "RemoveTags",
	}
	all := reads("DescribeLoadBalancers", "DescribeLoadBalancerAttributes")
	switch {
	case want == nil && have == nil:
		return all
	case want == nil:
		return append(all, writes("loadbalancer/*", "DeleteLoadBalancer"))
	case have == nil:
		return append(all, writes("loadbalancer/*", append(change, "CreateLoadBalancer")...))
	default:
		return append(all, writes("loadbalancer/*", change...))
	}
}

// classicTags returns tags as the SDK wants them, sorted by key.
func classicTags(tags map[string]string) []classictypes.Tag {
	var list []classictypes.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, classictypes.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return list
}

func classicTagMap(tags []classictypes.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}
