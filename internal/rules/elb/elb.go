// SPDX-License-Identifier: Apache-2.0

// Package elb knows what Elastic Load Balancing rejects.
package elb

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsclassic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

// Kinds of what rules look up beside the kinds of this service. Only an account
// knows them, so a stack stays silent.
const (
	// KindSubnet looks up a [Subnet] by id.
	KindSubnet = "ec2:Subnet"
	// KindVPC looks up a VPC by id; only whether it exists.
	KindVPC = "ec2:Vpc"
	// KindGroup looks up a security group by id: a *string with its VPC.
	KindGroup = "ec2:SecurityGroup"
)

// Subnet is what rules ask of a subnet.
type Subnet struct{ VPC, Zone, CIDR string }

// The pages on which most limits stand.
const (
	docReference     = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/"
	docBalancer      = docReference + "API_CreateLoadBalancer.html"
	docListener      = docReference + "API_CreateListener.html"
	docRule          = docReference + "API_CreateRule.html"
	docGroup         = docReference + "API_CreateTargetGroup.html"
	docLimits        = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"
	docNetworkGroups = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html"
	docPreflight     = "https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/elbv2"
)

// AWS's error codes.
const (
	invalid       = "ValidationError"
	configuration = "InvalidConfigurationRequest"
)

// All runs the rules of the input's own operation; ok is false for a type that
// this package has no rules for.
func All(in any) (found []slipway.FieldError, ok bool) {
	switch in := in.(type) {
	case *awselb.CreateLoadBalancerInput:
		return CreateLoadBalancer.All(nil, in), true
	case *awselb.ModifyLoadBalancerAttributesInput:
		return ModifyLoadBalancerAttributes.All(nil, in), true
	case *awselb.SetSubnetsInput:
		return SetSubnets.All(nil, in), true
	case *awselb.SetSecurityGroupsInput:
		return SetSecurityGroups.All(nil, in), true
	case *awselb.SetIpAddressTypeInput:
		return SetIPAddressType.All(nil, in), true
	case *awselb.CreateListenerInput:
		return CreateListener.All(nil, in), true
	case *awselb.ModifyListenerInput:
		return ModifyListener.All(nil, in), true
	case *awselb.ModifyListenerAttributesInput:
		return ModifyListenerAttributes.All(nil, in), true
	case *awselb.AddListenerCertificatesInput:
		return AddListenerCertificates.All(nil, in), true
	default:
		return rulesAndGroups(in)
	}
}

func rulesAndGroups(in any) (found []slipway.FieldError, ok bool) {
	switch in := in.(type) {
	case *awselb.CreateRuleInput:
		return CreateRule.All(nil, in), true
	case *awselb.ModifyRuleInput:
		return ModifyRule.All(nil, in), true
	case *awselb.SetRulePrioritiesInput:
		return SetRulePriorities.All(nil, in), true
	case *awselb.CreateTargetGroupInput:
		return CreateTargetGroup.All(nil, in), true
	case *awselb.ModifyTargetGroupInput:
		return ModifyTargetGroup.All(nil, in), true
	case *awselb.ModifyTargetGroupAttributesInput:
		return ModifyTargetGroupAttributes.All(nil, in), true
	case *awselb.RegisterTargetsInput:
		return RegisterTargets.All(nil, in), true
	case *awselb.DeregisterTargetsInput:
		return DeregisterTargets.All(nil, in), true
	case *awselb.AddTagsInput:
		return AddTags.All(nil, in), true
	default:
		return classic(in)
	}
}

func classic(in any) (found []slipway.FieldError, ok bool) {
	switch in := in.(type) {
	case *awsclassic.CreateLoadBalancerInput:
		return CreateClassic.All(nil, in), true
	case *awsclassic.CreateLoadBalancerListenersInput:
		return CreateClassicListeners.All(nil, in), true
	case *awsclassic.ConfigureHealthCheckInput:
		return ConfigureHealthCheck.All(nil, in), true
	case *awsclassic.ModifyLoadBalancerAttributesInput:
		return ModifyClassicAttributes.All(nil, in), true
	default:
		return nil, false
	}
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

const nameLimit = 32 // characters

// checkName checks a name. Its length is looked at first, whatever else is wrong.
func checkName(r *rules.Report, what, member string, name *string) {
	if name == nil || slipway.HasRef(*name) {
		return
	}
	n := *name
	switch {
	case len(n) > nameLimit:
		r.Add(rules.Problem{
			Path: "Name", Got: n, Want: "at most 32 characters",
			Text: fmt.Sprintf("%s name '%s' cannot be longer than '%d' characters", what, n, nameLimit),
		})
	case !namePattern.MatchString(n), strings.HasPrefix(n, "-"), strings.HasSuffix(n, "-"):
		r.Add(rules.Problem{
			Path: "Name", Got: quoted(n), Want: "letters, digits and hyphens, no hyphen at either end",
			Text: fmt.Sprintf("Value '%s' at '%s' failed to satisfy constraint: Member must satisfy regular expression "+
				`pattern: (?!^-)(?!.*-$)^[A-Za-z0-9-]+$`, n, member),
		})
	}
}

// within reports a number outside its range, as AWS's front does.
func within(r *rules.Report, path, member string, v *int32, least, most int32, unit string) {
	if v == nil || *v >= least && *v <= most {
		return
	}
	bound, side := least, "greater"
	if *v > most {
		bound, side = most, "less"
	}
	r.Add(rules.Problem{
		Path: path, Got: fmt.Sprintf("%d%s", *v, unit), Want: fmt.Sprintf("%d%s to %d%s", least, unit, most, unit),
		Text: fmt.Sprintf("1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: "+
			"Member must have value %s than or equal to %d", *v, member, side, bound),
	})
}

// tags checks tags: at most 50, each key once.
func tags(r *rules.Report, list []elbtypes.Tag) {
	seen := map[string]bool{}
	for i, t := range list {
		key := aws.ToString(t.Key)
		path := rules.Elem("Tags", t.Key, i)
		switch {
		case seen[key]:
			r.Add(rules.Problem{
				Path: path, Got: "the key twice", Want: "each key once", Code: "DuplicateTagKeys",
				Text: "Tag keys must be unique: " + key,
			})
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			r.Add(rules.Problem{
				Path: path, Got: key, Want: "a key that does not begin with aws:",
				Text: "aws: prefixed tag key names are not allowed for external use.",
			})
		case key == "" || len([]rune(key)) > 128:
			r.Add(rules.Problem{Path: path, Got: quoted(key), Want: "a key of 1 to 128 characters"})
		case len([]rune(aws.ToString(t.Value))) > 256:
			r.Add(rules.Problem{Path: path, Got: "a longer value", Want: "a value of at most 256 characters"})
		}
		seen[key] = true
	}
	if len(list) > 50 {
		r.Add(rules.Problem{
			Path: "Tags", Got: fmt.Sprintf("%d tags", len(list)), Want: "at most 50", Code: "TooManyTags",
			Text: "You've reached the limit on the number of tags for this resource",
		})
	}
}

// AddTags are the rules of AddTags.
var AddTags = rules.Of[awselb.AddTagsInput]{
	{
		Meta: rules.Meta{ID: "elb-tags", Code: invalid, Doc: docReference + "API_AddTags.html"},
		Check: func(r *rules.Report, in *awselb.AddTagsInput) {
			tags(r, in.Tags)
		},
	},
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }
