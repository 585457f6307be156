// SPDX-License-Identifier: Apache-2.0

package cloudmap

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
	"github.com/slipway-go/slipway/internal/driver"
	model "github.com/slipway-go/slipway/internal/model/servicediscovery"
)

// namespaces is the driver of cloudmap:Namespace.
type namespaces struct{ family }

type liveNamespace = slipway.Live[model.Namespace]

// Before names what stands in a namespace: its services, and those of ECS that take part
// in Service Connect.
func (namespaces) Before() []string { return []string{model.KindService, "ecs:Service", "ecs:Cluster"} }

// Read finds the namespace by its name. Several may have the same one: the stack's own is
// preferred, and one of another type, or that is known to be of another VPC, is another one.
func (namespaces) Read(ctx context.Context, c slipway.Call, want *model.Namespace) (*liveNamespace, error) {
	p := partsOf(want)
	if !known(*p.name) {
		return nil, nil
	}
	all, err := listNamespaces(ctx, c, sdtypes.NamespaceFilter{Name: sdtypes.NamespaceFilterNameName, Values: []string{**p.name}})
	if err != nil {
		return nil, err
	}
	var found *liveNamespace
	for i := range all {
		tags, gone, err := tagsOf(ctx, c, all[i].Arn)
		if err != nil {
			return nil, err
		}
		if gone {
			continue
		}
		live := rebuildNamespace(&all[i], tags)
		if live.Owner == c.Owner() {
			found = live
			break
		}
		if found == nil && live.Outputs["name"][0] == **p.name && all[i].Type == p.kind && !elsewhere(live, want) {
			found = live
		}
	}
	if found != nil && found.Owner != c.Owner() && found.State.Private != nil && found.State.Private.Vpc == nil && want.Private != nil {
		found.State.Private.Vpc = want.Private.Vpc // it was not made here, and Cloud Map does not tell
	}
	return found, nil
}

// elsewhere reports whether a namespace is known to be of another VPC than is wanted.
func elsewhere(live *liveNamespace, want *model.Namespace) bool {
	return live.State.Private != nil && want.Private != nil && live.State.Private.Vpc != nil && *live.State.Private.Vpc != aws.ToString(want.Private.Vpc)
}

// self leaves out what other accounts share, whose tags nobody here may see.
// https://docs.aws.amazon.com/cloud-map/latest/dg/sharing-namespaces.html
const self = "SELF"

// listNamespaces lists the account's own namespaces.
func listNamespaces(ctx context.Context, c slipway.Call, filters ...sdtypes.NamespaceFilter) ([]sdtypes.NamespaceSummary, error) {
	var all []sdtypes.NamespaceSummary
	filters = append(filters, sdtypes.NamespaceFilter{Name: sdtypes.NamespaceFilterNameResourceOwner, Values: []string{self}})
	for pages := awssd.NewListNamespacesPaginator(client(c), &awssd.ListNamespacesInput{Filters: filters}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list namespaces")
		}
		all = append(all, page.Namespaces...)
	}
	return all, nil
}

// Put creates the namespace, or changes what can be changed. It looks once more before: what
// a run had asked for that was cut off may have come meanwhile, and of most names AWS would
// make a second one.
func (d namespaces) Put(ctx context.Context, c slipway.Call, have *liveNamespace, want *model.Namespace) error {
	if have == nil {
		late, err := d.Read(ctx, c, want)
		if err != nil {
			return err
		}
		if late == nil || late.Owner != c.Owner() {
			return createNamespace(ctx, c, want)
		}
		have = late
	}
	if err := retag(ctx, c, have.Outputs["arn"][0], namespaceTags(&have.State, have.Owner), namespaceTags(want, c.Owner())); err != nil {
		return err
	}
	return updateNamespace(ctx, c, have.Outputs["id"][0], &have.State, want)
}

// createNamespace waits until the namespace is there. A request that another run has made
// is waited for. AWS may remember one for longer than the namespace lived that it made: if
// it has ended and there is none, another request is made.
func createNamespace(ctx context.Context, c slipway.Call, want *model.Namespace) error {
	op := "create namespace " + aws.ToString(*partsOf(want).name)
	operation, err := begin(ctx, c, want, "")
	id, err := finished(ctx, c, operation, err, op)
	if err != nil {
		return err
	}
	_, err = client(c).GetNamespace(ctx, &awssd.GetNamespaceInput{Id: &id})
	if !awserr.Is(err, "NamespaceNotFound") {
		return awserr.Wrap(err, op)
	}
	operation, err = begin(ctx, c, want, id)
	_, err = finished(ctx, c, operation, err, op)
	return err
}

// begin asks for the namespace. To ask again in the same words, after the same others, is the
// same request.
func begin(ctx context.Context, c slipway.Call, want *model.Namespace, after string) (operation *string, err error) {
	tags, description, token := tagList(namespaceTags(want, c.Owner())), unblank(*partsOf(want).description), aws.String(c.Token([]any{want, after}))
	switch {
	case want.Private != nil:
		in := *want.Private
		in.Tags, in.Description, in.CreatorRequestId = tags, description, token
		out, err := client(c).CreatePrivateDnsNamespace(ctx, &in)
		if err != nil {
			return nil, err
		}
		return out.OperationId, nil
	case want.Public != nil:
		in := *want.Public
		in.Tags, in.Description, in.CreatorRequestId = tags, description, token
		out, err := client(c).CreatePublicDnsNamespace(ctx, &in)
		if err != nil {
			return nil, err
		}
		return out.OperationId, nil
	default:
		in := *want.HTTP
		in.Tags, in.Description, in.CreatorRequestId = tags, description, token
		out, err := client(c).CreateHttpNamespace(ctx, &in)
		if err != nil {
			return nil, err
		}
		return out.OperationId, nil
	}
}

// unblank is nil for an empty text.
func unblank(s *string) *string {
	if aws.ToString(s) == "" {
		return nil
	}
	return s
}

// updateNamespace changes the description and the SOA record, if they differ.
func updateNamespace(ctx context.Context, c slipway.Call, id string, have, want *model.Namespace) error {
	old, ttl := negativeTTL(have), negativeTTL(want)
	if aws.ToString(*partsOf(have).description) == aws.ToString(*partsOf(want).description) && (ttl == nil || old != nil && *old == *ttl) {
		return nil
	}
	operation, err := change(ctx, c, id, *partsOf(want).description, ttl, partsOf(want).kind)
	_, err = finished(ctx, c, operation, err, "update namespace "+id)
	return err
}

// change asks for a change. That is the same whenever it is asked for again, so it has no
// token of its own.
func change(ctx context.Context, c slipway.Call, id string, description *string, ttl *int64, kind sdtypes.NamespaceType) (operation *string, err error) {
	switch kind {
	case sdtypes.NamespaceTypeDnsPrivate:
		to := &sdtypes.PrivateDnsNamespaceChange{Description: description}
		if ttl != nil {
			to.Properties = &sdtypes.PrivateDnsNamespacePropertiesChange{
				DnsProperties: &sdtypes.PrivateDnsPropertiesMutableChange{SOA: &sdtypes.SOAChange{TTL: ttl}},
			}
		}
		out, err := client(c).UpdatePrivateDnsNamespace(ctx, &awssd.UpdatePrivateDnsNamespaceInput{Id: &id, Namespace: to})
		if err != nil {
			return nil, err
		}
		return out.OperationId, nil
	case sdtypes.NamespaceTypeDnsPublic:
		to := &sdtypes.PublicDnsNamespaceChange{Description: description}
		if ttl != nil {
			to.Properties = &sdtypes.PublicDnsNamespacePropertiesChange{
				DnsProperties: &sdtypes.PublicDnsPropertiesMutableChange{SOA: &sdtypes.SOAChange{TTL: ttl}},
			}
		}
		out, err := client(c).UpdatePublicDnsNamespace(ctx, &awssd.UpdatePublicDnsNamespaceInput{Id: &id, Namespace: to})
		if err != nil {
			return nil, err
		}
		return out.OperationId, nil
	default:
		out, err := client(c).UpdateHttpNamespace(ctx, &awssd.UpdateHttpNamespaceInput{
			Id: &id, Namespace: &sdtypes.HttpNamespaceChange{Description: description},
		})
		if err != nil {
			return nil, err
		}
		return out.OperationId, nil
	}
}

// Delete deletes the namespace, which must be empty. What ECS made in it for Service
// Connect is waited for: ECS deletes that.
func (namespaces) Delete(ctx context.Context, c slipway.Call, have *liveNamespace) error {
	id := have.Outputs["id"][0]
	return untilEmpty(ctx, "delete namespace "+id, func(ctx context.Context) error {
		out, err := client(c).DeleteNamespace(ctx, &awssd.DeleteNamespaceInput{Id: &id})
		if awserr.Is(err, "NamespaceNotFound") {
			return nil
		}
		if err != nil {
			_, err = finished(ctx, c, nil, err, "delete namespace "+id)
			return err
		}
		_, err = finished(ctx, c, out.OperationId, nil, "delete namespace "+id)
		return err
	}, func(ctx context.Context) (string, error) {
		names, err := strangers(ctx, c, id)
		return listed("the services ", names, " are in it, which this stack has not made"), err
	})
}

// tagECS marks the services that ECS makes for Service Connect.
const tagECS = "AmazonECSManaged"

// strangers are the names of the services of a namespace that neither a stack of ours nor
// ECS will delete.
func strangers(ctx context.Context, c slipway.Call, namespace string) ([]string, error) {
	all, err := listServices(ctx, c, &namespace)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range all {
		tags, gone, err := tagsOf(ctx, c, s.Arn)
		if err != nil {
			return nil, err
		}
		if _, managed := tags[tagECS]; !gone && !managed && ownerOf(tags).Stack != c.Stack {
			names = append(names, aws.ToString(s.Name))
		}
	}
	return names, nil
}

// Tag marks the namespace as the stack's, and with the VPC that Read took it to be of.
func (namespaces) Tag(ctx context.Context, c slipway.Call, have *liveNamespace) error {
	tags := c.Tags()
	if have.State.Private != nil && aws.ToString(have.State.Private.Vpc) != "" {
		tags[model.TagVPC] = *have.State.Private.Vpc
	}
	return retag(ctx, c, have.Outputs["arn"][0], nil, tags)
}

// List finds the namespaces that the stack owns.
func (namespaces) List(ctx context.Context, c slipway.Call) ([]*liveNamespace, error) {
	all, err := listNamespaces(ctx, c)
	if err != nil {
		return nil, err
	}
	return driver.Each(ctx, all, func(ctx context.Context, n sdtypes.NamespaceSummary) (*liveNamespace, error) {
		tags, gone, err := tagsOf(ctx, c, n.Arn)
		if err != nil || gone || ownerOf(tags).Stack != c.Stack {
			return nil, err
		}
		return rebuildNamespace(&n, tags), nil
	})
}
