// SPDX-License-Identifier: Apache-2.0

package vpc_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/buildertest"
	model "github.com/slipway-go/slipway/internal/model/vpc"
	"github.com/slipway-go/slipway/vpc"
)

func group() vpc.SecurityGroup {
	return vpc.NewSecurityGroup("web", "web servers", vpc.Default())
}

func full() vpc.SecurityGroup {
	return group().WithTag("team", "shop").WithOverride(func(in *awsec2.CreateSecurityGroupInput) { in.Description = aws.String("changed") })
}

func fullRules() []vpc.SecurityGroupRule {
	rules := []vpc.SecurityGroupRule{
		vpc.Ingress(full(), vpc.AnyIPv4, vpc.TCP(443)), vpc.Ingress(full(), vpc.AnyIPv6, vpc.TCP(443)),
		vpc.Egress(full(), vpc.PrefixList("pl-0123456789abcdef0"), vpc.UDPRange(1000, 2000)),
		vpc.Ingress(full(), vpc.FromGroup(vpc.GroupID("sg-0123456789abcdef0")), vpc.TCPRange(8000, 9000)),
	}
	for i := range rules {
		rules[i] = rules[i].WithDescription("why").WithTag("team", "shop")
	}
	return rules
}

func build[S any](t *testing.T, r slipway.Resource) *S {
	t.Helper()
	desired, err := r.Build()
	require.NoError(t, err)
	state, ok := desired.State.(*S)
	require.True(t, ok)
	return state
}

func TestForks(t *testing.T) {
	t.Parallel()
	groupOverrides := []any{
		func(in *awsec2.CreateSecurityGroupInput) { in.DryRun = nil }, func(in *awsec2.CreateSecurityGroupInput) { in.VpcId = nil },
	}
	ruleOverrides := []any{func(p *ec2types.IpPermission) { p.FromPort = nil }, func(p *ec2types.IpPermission) { p.ToPort = nil }}
	buildertest.Fork(t, vpc.ByID("vpc-0123456789abcdef0"))
	buildertest.Fork(t, full(), groupOverrides...)
	buildertest.Fork(t, fullRules()[0], ruleOverrides...)
}

func TestDrift(t *testing.T) {
	t.Parallel()
	buildertest.Drift(t, &build[model.SecurityGroup](t, full()).Create)
	var permissions []any
	for _, r := range fullRules() {
		permissions = append(permissions, &build[model.SecurityGroupRule](t, r).Permission)
	}
	buildertest.Drift(t, permissions...)
}

func TestIDs(t *testing.T) {
	t.Parallel()
	existing := vpc.GroupID("sg-0123456789abcdef0")
	for _, c := range []struct {
		name string
		of   slipway.Resource
		want string
	}{
		{"default", vpc.Default(), "vpc:Network/default"},
		{"sides are outputs of one look-up", vpc.Default().Private(), "vpc:Network/default"},
		{"by ID", vpc.ByID("vpc-1"), "vpc:Network/vpc-1"},
		{"by tags", vpc.Lookup(map[string]string{"env": "prod", "a b": "#}"}), "vpc:Network/a+b=%23%7D,env=prod"},
		{"narrowed", vpc.Default().WithSubnets("subnet-1").WithSubnetTags(map[string]string{"tier": "db"}), "vpc:Network/default,subnet-1,subnet:tier=db"},
		{"group", group(), "vpc:SecurityGroup/web"},
		{"one port", vpc.Ingress(group(), vpc.AnyIPv4, vpc.TCP(80)), "vpc:SecurityGroupRule/web/ingress/tcp/80/0.0.0.0/0"},
		{"ports", vpc.Egress(group(), vpc.FromGroup(existing), vpc.UDPRange(1, 2)), "vpc:SecurityGroupRule/web/egress/udp/1-2/sg-0123456789abcdef0"},
		{"everything", vpc.Ingress(existing, vpc.FromGroup(group()), vpc.AllTraffic()), "vpc:SecurityGroupRule/sg-0123456789abcdef0/ingress/all/web"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, c.of.ID().String())
		})
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	n := vpc.Default()
	require.Equal(t, "${slipway:vpc:Network/default#id}", n.VPC())
	require.Equal(t, []string{"${slipway:vpc:Network/default#public}"}, n.Subnets())
	require.True(t, n.AssignsPublicIP())
	require.Equal(t, []string{"${slipway:vpc:Network/default#private}"}, n.Private().Subnets())
	require.False(t, n.Private().AssignsPublicIP())
	require.Equal(t, []string{"${slipway:vpc:Network/vpc-1#subnets}"}, vpc.ByID("vpc-1").Subnets())
	require.Equal(t, "${slipway:vpc:SecurityGroup/web#id}", group().GroupID())
	require.Equal(t, "${slipway:vpc:SecurityGroup/web#arn}", group().ARN())
	require.Equal(t, []slipway.Resource{group()}, group().Resources())
	require.Equal(t, "sg-1", vpc.GroupID("sg-1").GroupID())
	require.Empty(t, vpc.GroupID("sg-1").Resources())
}

func TestBuildDeclaresWhatItNeeds(t *testing.T) {
	t.Parallel()
	desired, err := vpc.Ingress(group(), vpc.FromGroup(vpc.NewSecurityGroup("lb", "lb", vpc.Default())), vpc.TCP(80)).Build()
	require.NoError(t, err)
	require.Len(t, desired.Uses, 2)
	require.Equal(t, "vpc:SecurityGroup/web", desired.Uses[0].ID().String())
	require.Equal(t, "vpc:SecurityGroup/lb", desired.Uses[1].ID().String())
	desired, err = group().Build()
	require.NoError(t, err)
	require.Equal(t, "vpc:Network/default", desired.Uses[0].ID().String())
}

func TestValidate(t *testing.T) {
	t.Parallel()
	web := vpc.GroupID("sg-0123456789abcdef0")
	for _, c := range []struct {
		name string
		of   interface{ Validate() error }
		want []string
	}{
		{"group", group(), nil},
		{"group's names", vpc.NewSecurityGroup("sg-web", "ünicode", vpc.Default()), []string{
			"vpc:SecurityGroup/sg-web GroupName: got sg-web", "Description: got ünicode",
		}},
		{"group without description", vpc.NewSecurityGroup("web", "", vpc.Default()), []string{"Description: want a value"}},
		{"network", vpc.Lookup(nil).WithSubnets("net-1"), []string{"VpcIds: got nothing", `SubnetIds[0]: got "net-1"`}},
		{"network's ID", vpc.ByID("default"), []string{"VpcIds: got default"}},
		{"all traffic", vpc.Ingress(web, vpc.AnyIPv4, vpc.AllTraffic()), nil},
		{"ports", vpc.Ingress(web, vpc.AnyIPv4, vpc.TCPRange(90, 80)), []string{"IpPermissions[0].FromPort: got 90 to 80"}},
		{"port", vpc.Ingress(web, vpc.AnyIPv4, vpc.TCP(70000)), []string{"FromPort: got 70000, want 0 to 65535"}},
		{"protocol", vpc.Ingress(web, vpc.AnyIPv4, vpc.Ports{Protocol: "http"}), []string{"IpProtocol: got http"}},
		{"range", vpc.Ingress(web, vpc.CIDR("10.0.0.0"), vpc.TCP(80)), []string{`CidrIp: got "10.0.0.0"`}},
		{"group's ID", vpc.Ingress(vpc.GroupID("web"), vpc.AnyIPv4, vpc.TCP(80)), []string{`GroupId: got "web"`}},
		{"description", vpc.Ingress(web, vpc.AnyIPv4, vpc.TCP(80)).WithDescription("a|b"), []string{"Description: got a|b"}},
		{"two peers", vpc.Ingress(web, vpc.AnyIPv4, vpc.TCP(80)).WithOverride(func(p *ec2types.IpPermission) {
			p.Ipv6Ranges = []ec2types.Ipv6Range{{CidrIpv6: aws.String("::/0")}}
		}), []string{"got 2 peers"}},
		{"no peer", vpc.Ingress(web, vpc.AnyIPv4, vpc.TCP(80)).WithOverride(func(p *ec2types.IpPermission) { p.IpRanges = nil }), []string{"got no peer"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.of.Validate()
			if len(c.want) == 0 {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, slipway.ErrInvalid)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

func TestOverridesAreTold(t *testing.T) {
	t.Parallel()
	ported := vpc.Ingress(group(), vpc.AnyIPv4, vpc.TCP(80)).
		WithOverride(func(p *ec2types.IpPermission) { p.ToPort = aws.Int32(81) })
	for _, c := range []struct {
		name string
		of   slipway.Resource
		want []string
	}{
		{"no override", group(), nil},
		{"a group", full(), []string{"Create.Description"}},
		{"a rule", ported, []string{"Permission.ToPort"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, err := c.of.Build()
			require.NoError(t, err)
			require.Equal(t, c.want, d.Overridden)
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   any
		want string
	}{
		{"group", &awsec2.CreateSecurityGroupInput{GroupName: aws.String("default"), Description: aws.String("x")}, "GroupName"},
		{"ingress", &awsec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String("sg-1"), IpProtocol: aws.String("tcp"), CidrIp: aws.String("x")}, "both a first and a last port"},
		{"egress", &awsec2.AuthorizeSecurityGroupEgressInput{GroupId: aws.String("sg-1"), CidrIp: aws.String("0.0.0.0/0")}, "the short form"},
		{"VPC", &awsec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/8")}, "/16 to /28"},
		{"subnet", &awsec2.CreateSubnetInput{CidrBlock: aws.String("10.0.0.0/30")}, "/16 to /28"},
		{"unknown", &awsec2.RunInstancesInput{}, "no rules for a *ec2.RunInstancesInput"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := vpc.Check(c.in)
			require.ErrorIs(t, err, slipway.ErrInvalid)
			require.ErrorContains(t, err, c.want)
		})
	}
	require.NoError(t, vpc.Check(&awsec2.CreateSecurityGroupInput{GroupName: aws.String("web"), Description: aws.String("web")}))
}

func TestIDsFitIntoTheirTag(t *testing.T) {
	t.Parallel()
	long := vpc.NewSecurityGroup(strings.Repeat("x", 230), "web servers", vpc.Default())
	require.NoError(t, long.Validate(), "the group's own ID is short enough")
	rule := vpc.Ingress(long, vpc.FromGroup(long), vpc.TCP(80))
	_, err := rule.Build()
	require.ErrorIs(t, err, slipway.ErrInvalid)
	require.ErrorContains(t, err, "at most 256, for it is the value of the tag slipway:resource")
	require.Error(t, rule.Validate())
	require.NoError(t, vpc.Ingress(group(), vpc.FromGroup(group()), vpc.TCP(80)).Validate())
	_, err = vpc.NewSecurityGroup(strings.Repeat("x", 255), "web servers", vpc.Default()).Build()
	require.ErrorIs(t, err, slipway.ErrInvalid)
}
