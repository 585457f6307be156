// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"slices"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// makeServiceGroup lets the load balancer, and nobody else, reach the container.
func (e *express) makeServiceGroup() error {
	s := e.s
	if e.made.group == "" {
		name := "ecs-express-" + s.cl.name + "-" + s.name + "-" + s.cl.r.f.sim.ID(4, "express-group", s.cl.r.name, s.cl.name, s.name)
		id, err := e.createGroup(name, "Tasks of the Amazon ECS Express service "+s.name, e.place.vpc)
		if err != nil {
			return err
		}
		e.made.group = id
	}
	port := e.port()
	if slices.Contains(e.made.ports, port) {
		return nil
	}
	if err := e.letOut(e.gateway.group, peer(port, e.made.group)); err != nil && code(err) != "InvalidPermission.Duplicate" {
		return err
	}
	err := e.admit(e.made.group, peer(port, e.gateway.group))
	if err == nil {
		e.made.ports = append(e.made.ports, port)
	}
	return err
}

func (e *express) unmakeServiceGroup() error {
	if e.made.group == "" {
		return nil
	}
	for len(e.made.ports) > 0 {
		if err := e.shut(e.gateway.group, peer(e.made.ports[0], e.made.group)); err != nil {
			return err
		}
		e.made.ports = e.made.ports[1:]
	}
	err := e.deleteGroup(e.made.group)
	if err == nil {
		e.made.group = ""
	}
	return err
}

// createGroup makes a security group.
func (e *express) createGroup(name, description, vpc string) (string, error) {
	out, err := as[awsec2.CreateSecurityGroupOutput](e, "EC2", "CreateSecurityGroup", &awsec2.CreateSecurityGroupInput{
		GroupName: &name, Description: &description, VpcId: &vpc, TagSpecifications: []ec2types.TagSpecification{{
			ResourceType: ec2types.ResourceTypeSecurityGroup, Tags: []ec2types.Tag{{Key: new(managedTag), Value: new(managedValue)}},
		}},
	})
	if err != nil {
		return "", err
	}
	return *out.GroupId, nil
}

func (e *express) admit(group string, permission ec2types.IpPermission) error {
	_, err := as[awsec2.AuthorizeSecurityGroupIngressOutput](e, "EC2", "AuthorizeSecurityGroupIngress", &awsec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &group, IpPermissions: []ec2types.IpPermission{permission},
	})
	return err
}

// letOut lets a security group's members reach somebody, and shut no longer.
func (e *express) letOut(group string, permission ec2types.IpPermission) error {
	_, err := as[awsec2.AuthorizeSecurityGroupEgressOutput](e, "EC2", "AuthorizeSecurityGroupEgress", &awsec2.AuthorizeSecurityGroupEgressInput{
		GroupId: &group, IpPermissions: []ec2types.IpPermission{permission},
	})
	return err
}

func (e *express) shut(group string, permission ec2types.IpPermission) error {
	_, err := as[awsec2.RevokeSecurityGroupEgressOutput](e, "EC2", "RevokeSecurityGroupEgress", &awsec2.RevokeSecurityGroupEgressInput{
		GroupId: &group, IpPermissions: []ec2types.IpPermission{permission},
	})
	if vanished(err) {
		return nil
	}
	return err
}

// peer is a TCP port of the members of a security group.
func peer(port int32, group string) ec2types.IpPermission {
	return ec2types.IpPermission{
		IpProtocol: new("tcp"), FromPort: &port, ToPort: &port, UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &group}},
	}
}

func everybody() []ec2types.IpRange { return []ec2types.IpRange{{CidrIp: new("0.0.0.0/0")}} }

func (e *express) deleteGroup(id string) error {
	_, err := as[awsec2.DeleteSecurityGroupOutput](e, "EC2", "DeleteSecurityGroup", &awsec2.DeleteSecurityGroupInput{GroupId: &id})
	return err
}
