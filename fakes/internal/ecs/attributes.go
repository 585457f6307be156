// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"encoding/json"
	"maps"
	"slices"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) handleAttributes() {
	sim.Handle(f.api, "PutAttributes", f.putAttributes, sim.Needs(onNodes("ecs:PutAttributes",
		func(in *awsecs.PutAttributesInput) (*string, []string) { return in.Cluster, targetsOf(in.Attributes) })))
	sim.Handle(f.api, "DeleteAttributes", f.deleteAttributes, sim.Needs(onNodes("ecs:DeleteAttributes",
		func(in *awsecs.DeleteAttributesInput) (*string, []string) {
			return in.Cluster, targetsOf(in.Attributes)
		})))
	sim.Handle(f.api, "ListAttributes", f.listAttributes,
		sim.Needs(onCluster("ecs:ListAttributes", func(in *awsecs.ListAttributesInput) *string { return in.Cluster })))
}

func targetsOf(list []ecstypes.Attribute) []string {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = value(list[i].TargetId)
	}
	return ids
}

// maxAttributes is how many attributes of one's own one call sets.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutAttributes.html
const maxAttributes = 10

// targets finds the instances of attributes.
func (cl *cluster) targets(list []ecstypes.Attribute) ([]*node, error) {
	if len(list) == 0 || len(list) > maxAttributes {
		return nil, invalid("Between 1 and %d attributes must be specified.", maxAttributes)
	}
	nodes := make([]*node, len(list))
	for i := range list {
		n := cl.node(value(list[i].TargetId))
		if n == nil || n.status == inactive {
			return nil, &ecstypes.TargetNotFoundException{Message: new("Unable to find the specified target: " + value(list[i].TargetId))}
		}
		nodes[i] = n
	}
	return nodes, nil
}

func (f *Fake) putAttributes(c *sim.Call, in *awsecs.PutAttributesInput) (*awsecs.PutAttributesOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	nodes, err := cl.targets(in.Attributes)
	if err != nil {
		return nil, err
	}
	for i, n := range nodes {
		n.setAttribute(value(in.Attributes[i].Name), in.Attributes[i].Value)
	}
	cl.nodesChanged()
	return &awsecs.PutAttributesOutput{Attributes: in.Attributes}, nil
}

// setAttribute replaces the attributes; publish hands them on.
func (n *node) setAttribute(name string, v *string) {
	n.attributes = maps.Clone(n.attributes)
	n.attributes[name] = value(v)
	n.publish()
}

func (f *Fake) deleteAttributes(c *sim.Call, in *awsecs.DeleteAttributesInput) (*awsecs.DeleteAttributesOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	nodes, err := cl.targets(in.Attributes)
	if err != nil {
		return nil, err
	}
	for i, n := range nodes {
		n.attributes = maps.Clone(n.attributes)
		delete(n.attributes, value(in.Attributes[i].Name))
		n.publish()
	}
	cl.nodesChanged()
	return &awsecs.DeleteAttributesOutput{Attributes: in.Attributes}, nil
}

func (f *Fake) listAttributes(c *sim.Call, in *awsecs.ListAttributesInput) (*awsecs.ListAttributesOutput, error) {
	cl, err := f.of(c).cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if in.AttributeValue != nil && in.AttributeName == nil {
		return nil, invalid("An attribute name must be specified with an attribute value.")
	}
	var list []ecstypes.Attribute
	for _, n := range cl.sortedNodes() {
		if n.status == inactive {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(n.attributes)) {
			v := n.attributes[name]
			if in.AttributeName != nil && *in.AttributeName != name || in.AttributeValue != nil && *in.AttributeValue != v {
				continue
			}
			list = append(list, ecstypes.Attribute{Name: &name, Value: optional(v), TargetId: &n.arn})
		}
	}
	page, next, err := paged(list, in.NextToken, in.MaxResults, maxDescribed)
	if err != nil {
		return nil, err
	}
	return &awsecs.ListAttributesOutput{Attributes: page, NextToken: next}, nil
}

// documentID is the EC2 instance of an instance identity document.
func documentID(document string) string {
	var d struct {
		ID string `json:"instanceId"`
	}
	_ = json.Unmarshal([]byte(document), &d) // what cannot be read names no instance
	return d.ID
}
