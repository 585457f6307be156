// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"context"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/elb"
)

// listeners is the driver of elb:Listener.
type listeners struct{ family }

type liveListener = slipway.Live[model.Listener]

// Before names what stands on a listener.
func (listeners) Before() []string { return []string{"ecs:Service", model.KindListenerRule} }

// Defaults fills in AWS's security policy, attributes and form of actions.
func (listeners) Defaults(state *model.Listener) {
	model.FillListener(state)
	manageTags(&state.Create.Tags)
}

// Effects: all but the balancer and the port, which identify the listener.
func (listeners) Effects() slipway.Effects {
	return slipway.Effects{
		Fields: map[string]slipway.Effect{
			"Create.LoadBalancerArn": slipway.Replace,
			"Create.Port":            slipway.Replace,
		},
		Keys: map[string]string{
			"Create.Tags": "Key",
			"Create.DefaultActions.ForwardConfig.TargetGroups": "TargetGroupArn",
		},
		Sets:   []string{"Certificates"},
		Ignore: []string{"Shifts"},
	}
}

// Unmanaged: the weights that deployments shift.
func (listeners) Unmanaged(want *model.Listener) []string {
	return shiftedWeights(want.Shifts, "Create.DefaultActions")
}

// Read finds the listener by balancer and port.
func (d listeners) Read(ctx context.Context, c slipway.Call, want *model.Listener) (*liveListener, error) {
	return readOne(ctx, c, want, d.ReadMany)
}

// ReadMany finds listeners by balancer and port, with one call a balancer.
func (d listeners) ReadMany(ctx context.Context, calls []slipway.Call, want []*model.Listener) ([]*liveListener, error) {
	api := client(calls[0])
	var balancers []string
	for _, w := range want {
		if arn := w.Create.LoadBalancerArn; known(arn) && !slices.Contains(balancers, *arn) {
			balancers = append(balancers, *arn)
		}
	}
	all, err := listenersOf(ctx, api, balancers)
	if err != nil {
		return nil, err
	}
	found := make([]*elbtypes.Listener, len(want))
	for i, w := range want {
		for j := range all {
			if aws.ToString(all[j].LoadBalancerArn) == aws.ToString(w.Create.LoadBalancerArn) &&
				aws.ToInt32(all[j].Port) == aws.ToInt32(w.Create.Port) {
				found[i] = &all[j]
			}
		}
	}
	return d.complete(ctx, api, found)
}

// List returns the stack's own listeners, on whichever balancer.
func (d listeners) List(ctx context.Context, c slipway.Call) ([]*liveListener, error) {
	all, err := everyListener(ctx, client(c))
	if err != nil {
		return nil, err
	}
	return listOwned(ctx, c, all, func(l elbtypes.Listener) string { return aws.ToString(l.ListenerArn) }, d.complete)
}

// everyListener returns the listeners of all Application and Network Load Balancers.
func everyListener(ctx context.Context, api *awselb.Client) ([]elbtypes.Listener, error) {
	balancers, err := describeBalancers(ctx, api, &awselb.DescribeLoadBalancersInput{})
	if err != nil {
		return nil, err
	}
	var arns []string
	for _, b := range balancers {
		if b.Type != elbtypes.LoadBalancerTypeEnumGateway {
			arns = append(arns, aws.ToString(b.LoadBalancerArn))
		}
	}
	return listenersOf(ctx, api, arns)
}

// listenersOf returns the listeners of balancers; one that is gone has none.
func listenersOf(ctx context.Context, api *awselb.Client, balancers []string) ([]elbtypes.Listener, error) {
	found := make([][]elbtypes.Listener, len(balancers))
	err := each(ctx, len(balancers), func(ctx context.Context, i int) error {
		in := &awselb.DescribeListenersInput{LoadBalancerArn: aws.String(balancers[i])}
		for pages := awselb.NewDescribeListenersPaginator(api, in); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if absent(err) {
				return nil
			}
			if err != nil {
				return wrap("describe listeners", err)
			}
			found[i] = append(found[i], page.Listeners...)
		}
		return nil
	})
	return slices.Concat(found...), err
}

// complete adds certificates, attributes and tags to what was described; nil stays
// nil.
func (d listeners) complete(ctx context.Context, api *awselb.Client, found []*elbtypes.Listener) ([]*liveListener, error) {
	arn := func(l *elbtypes.Listener) string { return aws.ToString(l.ListenerArn) }
	return completeAll(ctx, api, found, arn, func(ctx context.Context, l *elbtypes.Listener, tags []elbtypes.Tag) (*liveListener, error) {
		out, err := api.DescribeListenerAttributes(ctx, &awselb.DescribeListenerAttributesInput{ListenerArn: l.ListenerArn})
		if absent(err) {
			return nil, nil //nolint:nilnil // gone since it was described
		}
		if err != nil {
			return nil, wrap("describe listener attributes", err)
		}
		attributes := map[string]string{}
		for _, a := range out.Attributes {
			attributes[aws.ToString(a.Key)] = aws.ToString(a.Value)
		}
		more, err := extraCertificates(ctx, api, l)
		if err != nil {
			return nil, err
		}
		return d.rebuild(l, attributes, more, tags), nil
	})
}

// extraCertificates are those beside the default one.
func extraCertificates(ctx context.Context, api *awselb.Client, l *elbtypes.Listener) ([]string, error) {
	if l.Protocol != elbtypes.ProtocolEnumHttps && l.Protocol != elbtypes.ProtocolEnumTls {
		return nil, nil
	}
	var more []string
	in := &awselb.DescribeListenerCertificatesInput{ListenerArn: l.ListenerArn}
	for pages := awselb.NewDescribeListenerCertificatesPaginator(api, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, wrap("describe listener certificates", err)
		}
		for _, certificate := range page.Certificates {
			if !aws.ToBool(certificate.IsDefault) {
				more = append(more, aws.ToString(certificate.CertificateArn))
			}
		}
	}
	return more, nil
}

func (listeners) rebuild(l *elbtypes.Listener, attributes map[string]string, more []string, tags []elbtypes.Tag) *liveListener {
	owner, rest := ownerOf(tags)
	state := model.Listener{
		Create: awselb.CreateListenerInput{
			LoadBalancerArn: l.LoadBalancerArn, Port: l.Port, Protocol: l.Protocol, SslPolicy: l.SslPolicy,
			AlpnPolicy: l.AlpnPolicy, MutualAuthentication: l.MutualAuthentication,
			DefaultActions: model.Actions(l.DefaultActions), Tags: rest,
		},
		Certificates: more, Attributes: attributes,
	}
	for _, certificate := range l.Certificates {
		state.Create.Certificates = append(state.Create.Certificates,
			elbtypes.Certificate{CertificateArn: certificate.CertificateArn})
	}
	return &liveListener{
		State: state, Owner: owner, Outputs: map[string][]string{"arn": {aws.ToString(l.ListenerArn)}},
	}
}

// Put creates the listener or changes it.
func (d listeners) Put(ctx context.Context, c slipway.Call, have *liveListener, want *model.Listener) error {
	state := *want
	d.Defaults(&state)
	if have == nil {
		return d.create(ctx, c, &state)
	}
	if state.Shifts {
		state.Create.DefaultActions = withWeightsOf(state.Create.DefaultActions, have.State.Create.DefaultActions)
	}
	arn := output(have, "arn")
	if change := modification(&state.Create); !reflect.DeepEqual(change, modification(&have.State.Create)) {
		change.ListenerArn = aws.String(arn)
		if _, err := client(c).ModifyListener(ctx, &change); err != nil {
			return wrap("modify listener", err)
		}
	}
	if err := d.putCertificates(ctx, c, arn, have.State.Certificates, state.Certificates); err != nil {
		return err
	}
	if err := d.putAttributes(ctx, c, arn, have.State.Attributes, state.Attributes); err != nil {
		return err
	}
	return putTags(ctx, c, arn, have.Owner, have.State.Create.Tags, state.Create.Tags)
}

func (d listeners) create(ctx context.Context, c slipway.Call, state *model.Listener) error {
	in := state.Create
	in.Tags = allTags(c, in.Tags)
	out, err := client(c).CreateListener(ctx, &in)
	if err != nil {
		return wrap("create listener", err)
	}
	for _, l := range out.Listeners {
		arn := aws.ToString(l.ListenerArn)
		if err := d.putCertificates(ctx, c, arn, nil, state.Certificates); err != nil {
			return err
		}
		if err := d.putAttributes(ctx, c, arn, model.ListenerAttributes(&state.Create), state.Attributes); err != nil {
			return err
		}
	}
	return nil
}

// putCertificates makes the certificates beside the default one what they should be.
func (listeners) putCertificates(ctx context.Context, c slipway.Call, arn string, have, want []string) error {
	api := client(c)
	for _, certificate := range want {
		if slices.Contains(have, certificate) {
			continue
		}
		in := &awselb.AddListenerCertificatesInput{
			ListenerArn: aws.String(arn), Certificates: []elbtypes.Certificate{{CertificateArn: aws.String(certificate)}},
		}
		if _, err := api.AddListenerCertificates(ctx, in); err != nil {
			return wrap("add certificate "+certificate, err)
		}
	}
	for _, certificate := range have {
		if slices.Contains(want, certificate) {
			continue
		}
		in := &awselb.RemoveListenerCertificatesInput{
			ListenerArn: aws.String(arn), Certificates: []elbtypes.Certificate{{CertificateArn: aws.String(certificate)}},
		}
		if _, err := api.RemoveListenerCertificates(ctx, in); err != nil {
			return wrap("remove certificate "+certificate, err)
		}
	}
	return nil
}

func (listeners) putAttributes(ctx context.Context, c slipway.Call, arn string, have, want map[string]string) error {
	changed := differing(have, want)
	if len(changed) == 0 {
		return nil
	}
	in := &awselb.ModifyListenerAttributesInput{ListenerArn: aws.String(arn)}
	for _, t := range tagList(changed) {
		in.Attributes = append(in.Attributes, elbtypes.ListenerAttribute{Key: t.Key, Value: t.Value})
	}
	_, err := client(c).ModifyListenerAttributes(ctx, in)
	return wrap("modify listener attributes", err)
}

// Delete deletes the listener with its rules.
func (listeners) Delete(ctx context.Context, c slipway.Call, have *liveListener) error {
	if have == nil {
		return nil
	}
	arn := output(have, "arn")
	return untilFree(ctx, c, func(ctx context.Context) error {
		_, err := client(c).DeleteListener(ctx, &awselb.DeleteListenerInput{ListenerArn: aws.String(arn)})
		return wrap("delete listener", err)
	})
}

// Tag marks the listener as the stack's.
func (listeners) Tag(ctx context.Context, c slipway.Call, have *liveListener) error {
	return tag(ctx, c, output(have, "arn"))
}

// Permissions are those of the calls above.
func (listeners) Permissions(have *liveListener, want *model.Listener) []slipway.Permission {
	family := "app"
	if have != nil && !isWeb(have.State.Create.Protocol) || want != nil && !isWeb(want.Create.Protocol) {
		family = "net"
	}
	resource := "listener/" + family + "/*/*/*"
	change := []string{
		"ModifyListener", "ModifyListenerAttributes", "AddListenerCertificates", "RemoveListenerCertificates", "AddTags", "RemoveTags",
	}
	all := reads("DescribeLoadBalancers", "DescribeListeners", "DescribeListenerAttributes", "DescribeListenerCertificates")
	switch {
	case want == nil && have == nil:
		return all
	case want == nil:
		return append(all, writes(resource, "DeleteListener"))
	case have == nil:
		return append(all, writes("loadbalancer/"+family+"/*/*", "CreateListener"), writes(resource, change...))
	default:
		return append(all, writes(resource, change...))
	}
}

func isWeb(p elbtypes.ProtocolEnum) bool {
	return p == elbtypes.ProtocolEnumHttp || p == elbtypes.ProtocolEnumHttps
}

// modification picks what ModifyListener can change.
func modification(in *awselb.CreateListenerInput) awselb.ModifyListenerInput {
	return awselb.ModifyListenerInput{
		Port: in.Port, Protocol: in.Protocol, SslPolicy: in.SslPolicy, AlpnPolicy: in.AlpnPolicy,
		Certificates: in.Certificates, DefaultActions: in.DefaultActions, MutualAuthentication: in.MutualAuthentication,
	}
}
