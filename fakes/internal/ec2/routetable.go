// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

type (
	routeTable = ec2types.RouteTable
	attachment = ec2types.RouteTableAssociation
)

func routesOf(t routeTable) []ec2types.Route { return t.Routes }
func associations(t routeTable) []attachment { return t.Associations }
func isMain(t routeTable) bool               { return slices.ContainsFunc(t.Associations, isMainLink) }
func isMainLink(a attachment) bool           { return aws.ToBool(a.Main) }
func routeFilter(f func(ec2types.Route) *string) func(routeTable) []string {
	return each(routesOf, f)
}

var routeTableView = view[routeTable]{
	prefix: "rtb-", id: func(t routeTable) string { return aws.ToString(t.RouteTableId) },
	filters: map[string]func(routeTable) []string{
		"route-table-id":                         one(func(t routeTable) *string { return t.RouteTableId }),
		"vpc-id":                                 one(func(t routeTable) *string { return t.VpcId }),
		"owner-id":                               one(func(t routeTable) *string { return t.OwnerId }),
		"association.route-table-association-id": each(associations, func(a attachment) *string { return a.RouteTableAssociationId }),
		"association.route-table-id":             each(associations, func(a attachment) *string { return a.RouteTableId }),
		"association.subnet-id":                  each(associations, func(a attachment) *string { return a.SubnetId }),
		"association.main": func(t routeTable) []string {
			if isMain(t) {
				return []string{"true"}
			}
			return []string{"false"}
		},
		"route.destination-cidr-block":     routeFilter(func(r ec2types.Route) *string { return r.DestinationCidrBlock }),
		"route.destination-prefix-list-id": routeFilter(func(r ec2types.Route) *string { return r.DestinationPrefixListId }),
		"route.gateway-id":                 routeFilter(func(r ec2types.Route) *string { return r.GatewayId }),
		"route.nat-gateway-id":             routeFilter(func(r ec2types.Route) *string { return r.NatGatewayId }),
		"route.state":                      routeFilter(func(r ec2types.Route) *string { return aws.String(string(r.State)) }),
		"route.origin":                     routeFilter(func(r ec2types.Route) *string { return aws.String(string(r.Origin)) }),
	},
}

func registerRouteTables(s *sim.Service, f *Fake) {
	handle(s, f, "CreateRouteTable", (*region).createRouteTable, sim.Needs(func(c *sim.Call, in *awsec2.CreateRouteTableInput) []sim.Access {
		return creating(c, in.TagSpecifications, access(c, "route-table/*", "vpc/"+aws.ToString(in.VpcId))...)
	}))
	handle(s, f, "DeleteRouteTable", (*region).deleteRouteTable, sim.Needs(func(c *sim.Call, in *awsec2.DeleteRouteTableInput) []sim.Access {
		return access(c, "route-table/"+aws.ToString(in.RouteTableId))
	}))
	handle(s, f, "DescribeRouteTables", (*region).describeRouteTables)
	handle(s, f, "AssociateRouteTable", (*region).associate, sim.Refuses[awsec2.AssociateRouteTableInput]("GatewayId", "PublicIpv4Pool"),
		sim.Needs(func(c *sim.Call, in *awsec2.AssociateRouteTableInput) []sim.Access {
			return access(c, "route-table/"+aws.ToString(in.RouteTableId), "subnet/"+aws.ToString(in.SubnetId))
		}))
	handle(s, f, "DisassociateRouteTable", (*region).disassociate)
	handle(s, f, "ReplaceRouteTableAssociation", (*region).replaceAssociation)
}

// makeTable makes a route table with the local route that every one has.
func (r *region) makeTable(v network, name string) routeTable {
	t := routeTable{
		RouteTableId: aws.String(r.id("rtb-", *v.VpcId, name)), VpcId: v.VpcId, OwnerId: aws.String(r.account),
		Routes: []ec2types.Route{{
			DestinationCidrBlock: v.CidrBlock, GatewayId: aws.String(localTarget), Origin: ec2types.RouteOriginCreateRouteTable,
			State: ec2types.RouteStateActive,
		}},
	}
	r.routeTables.put(*t.RouteTableId, t)
	return t
}

func (r *region) makeMainTable(v network) {
	r.link(r.makeTable(v, "main"), "")
}

// link makes a table that of a subnet, or the main one where subnet is "".
func (r *region) link(t routeTable, subnet string) attachment {
	a := attachment{
		RouteTableAssociationId: aws.String(r.id("rtbassoc-", *t.RouteTableId, subnet)), RouteTableId: t.RouteTableId,
		Main:             aws.Bool(subnet == ""),
		AssociationState: &ec2types.RouteTableAssociationState{State: ec2types.RouteTableAssociationStateCodeAssociated},
	}
	if subnet != "" {
		a.SubnetId = aws.String(subnet)
	}
	t.Associations = append(slices.Clip(t.Associations), a)
	r.routeTables.put(*t.RouteTableId, t)
	return a
}

func (r *region) dissociate(t routeTable, a attachment) {
	t.Associations = slices.DeleteFunc(slices.Clone(t.Associations), func(b attachment) bool {
		return *b.RouteTableAssociationId == *a.RouteTableAssociationId
	})
	r.routeTables.put(*t.RouteTableId, t)
}

// association finds an association and its table.
func (r *region) association(match func(attachment) bool) (routeTable, attachment, bool) {
	for _, t := range r.routeTables.all() {
		if i := slices.IndexFunc(t.Associations, match); i >= 0 {
			return t, t.Associations[i], true
		}
	}
	return routeTable{}, attachment{}, false
}

// mainTable returns the main route table that every VPC has.
func (r *region) mainTable(vpc string) routeTable {
	for _, t := range r.routeTables.all() {
		if *t.VpcId == vpc && isMain(t) {
			return t
		}
	}
	return routeTable{}
}

// tableOf returns the table by which a subnet routes.
func (r *region) tableOf(s subnet) routeTable {
	t, _, ok := r.association(func(a attachment) bool { return aws.ToString(a.SubnetId) == *s.SubnetId })
	if !ok {
		t = r.mainTable(*s.VpcId)
	}
	return r.describedTable(t)
}

func (r *region) createRouteTable(in *awsec2.CreateRouteTableInput) (*awsec2.CreateRouteTableOutput, error) {
	tags, err := specified(in.TagSpecifications, ec2types.ResourceTypeRouteTable)
	if err != nil {
		return nil, err
	}
	v, err := need(&r.vpcs, "vpc-", aws.ToString(in.VpcId))
	if err != nil {
		return nil, err
	}
	id, again := r.madeFor("rtb", in.ClientToken)
	t, ok := r.routeTables.get(id)
	if !again || !ok {
		t = r.makeTable(v, nameOf(tags))
		r.tag(*t.RouteTableId, tags)
		r.keepToken("rtb", in.ClientToken, *t.RouteTableId)
	}
	out := r.describedTable(t)
	return &awsec2.CreateRouteTableOutput{RouteTable: &out, ClientToken: in.ClientToken}, nil
}

// describedTable adds what is not stored with a table: its tags, the routes of
// gateway endpoints, and which routes lead nowhere.
func (r *region) describedTable(t routeTable) routeTable {
	if t.RouteTableId == nil {
		return t
	}
	t.Tags = r.tags[*t.RouteTableId]
	t.Routes = slices.Clone(t.Routes)
	for i, route := range t.Routes {
		if !r.alive(route, *t.VpcId) {
			t.Routes[i].State = ec2types.RouteStateBlackhole
		}
	}
	t.Routes = append(t.Routes, r.endpointRoutes(*t.RouteTableId)...)
	return t
}

func (r *region) deleteRouteTable(in *awsec2.DeleteRouteTableInput) (*awsec2.DeleteRouteTableOutput, error) {
	t, err := need(&r.routeTables, "rtb-", aws.ToString(in.RouteTableId))
	if err != nil {
		return nil, err
	}
	if len(t.Associations) > 0 {
		return nil, sim.Errorf("DependencyViolation", "The routeTable '%s' has dependencies and cannot be deleted.", *t.RouteTableId)
	}
	r.routeTables.drop(*t.RouteTableId)
	delete(r.tags, *t.RouteTableId)
	return &awsec2.DeleteRouteTableOutput{}, nil
}

func (r *region) describeRouteTables(in *awsec2.DescribeRouteTablesInput) (*awsec2.DescribeRouteTablesOutput, error) {
	all := r.routeTables.all()
	for i, t := range all {
		all[i] = r.describedTable(t)
	}
	list, next, err := describe(r, routeTableView, all, query{in.RouteTableIds, in.Filters, in.MaxResults, in.NextToken})
	if err != nil {
		return nil, err
	}
	return &awsec2.DescribeRouteTablesOutput{RouteTables: list, NextToken: next}, nil
}

func (r *region) associate(in *awsec2.AssociateRouteTableInput) (*awsec2.AssociateRouteTableOutput, error) {
	t, err := need(&r.routeTables, "rtb-", aws.ToString(in.RouteTableId))
	if err != nil {
		return nil, err
	}
	s, err := need(&r.subnets, "subnet-", aws.ToString(in.SubnetId))
	if err != nil {
		return nil, err
	}
	if *s.VpcId != *t.VpcId {
		return nil, sim.Errorf("InvalidParameterValue", "route table %s and subnet %s belong to different networks", *t.RouteTableId, *s.SubnetId)
	}
	old, a, ok := r.association(func(a attachment) bool { return aws.ToString(a.SubnetId) == *s.SubnetId })
	switch {
	case ok && *old.RouteTableId != *t.RouteTableId:
		return nil, sim.Errorf("Resource.AlreadyAssociated",
			"the specified association for route table %s conflicts with an existing association", *t.RouteTableId)
	case !ok:
		a = r.link(t, *s.SubnetId)
	}
	return &awsec2.AssociateRouteTableOutput{AssociationId: a.RouteTableAssociationId, AssociationState: a.AssociationState}, nil
}

func (r *region) findAssociation(id *string) (routeTable, attachment, error) {
	t, a, ok := r.association(func(a attachment) bool { return *a.RouteTableAssociationId == aws.ToString(id) })
	if !ok {
		return t, a, sim.Errorf("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", aws.ToString(id))
	}
	return t, a, nil
}

func (r *region) disassociate(in *awsec2.DisassociateRouteTableInput) (*awsec2.DisassociateRouteTableOutput, error) {
	t, a, err := r.findAssociation(in.AssociationId)
	if err != nil {
		return nil, err
	}
	if isMainLink(a) {
		return nil, sim.Errorf("InvalidParameterValue", "cannot disassociate the main route table association %s", *a.RouteTableAssociationId)
	}
	r.dissociate(t, a)
	return &awsec2.DisassociateRouteTableOutput{}, nil
}

// replaceAssociation moves a subnet, or the role of main table, to another table.
func (r *region) replaceAssociation(in *awsec2.ReplaceRouteTableAssociationInput) (*awsec2.ReplaceRouteTableAssociationOutput, error) {
	old, a, err := r.findAssociation(in.AssociationId)
	if err != nil {
		return nil, err
	}
	t, err := need(&r.routeTables, "rtb-", aws.ToString(in.RouteTableId))
	if err != nil {
		return nil, err
	}
	if *t.VpcId != *old.VpcId {
		return nil, sim.Errorf("InvalidParameterValue", "route tables %s and %s belong to different networks", *t.RouteTableId, *old.RouteTableId)
	}
	r.dissociate(old, a)
	t, _ = r.routeTables.get(*t.RouteTableId)
	a = r.link(t, aws.ToString(a.SubnetId))
	return &awsec2.ReplaceRouteTableAssociationOutput{NewAssociationId: a.RouteTableAssociationId, AssociationState: a.AssociationState}, nil
}
