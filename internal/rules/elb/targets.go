// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/internal/rules"
)

const docRegister = docReference + "API_RegisterTargets.html"

// RegisterTargets are the rules of RegisterTargets.
var RegisterTargets = rules.Of[awselb.RegisterTargetsInput]{
	{
		Meta: rules.Meta{ID: "elb-targets", Code: invalid, Doc: docRegister},
		Check: func(r *rules.Report, in *awselb.RegisterTargetsInput) {
			if len(in.Targets) == 0 {
				r.Add(rules.Problem{Path: "Targets", Got: "none", Want: "at least one", Text: "At least one target must be specified"})
			}
			for i, t := range in.Targets {
				within(r, rules.Elem("Targets", t.Id, i)+".Port", "port", t.Port, 1, 65535, "")
			}
		},
	},
	{
		Meta: rules.Meta{ID: "elb-target-type", Code: invalid, Doc: docRegister},
		Check: func(r *rules.Report, in *awselb.RegisterTargetsInput) {
			g := group(r, in.TargetGroupArn)
			if g == nil {
				return
			}
			for i, t := range in.Targets {
				targetID(r, rules.Elem("Targets", t.Id, i)+".Id", g.Create.TargetType, aws.ToString(t.Id))
			}
		},
	},
}

// DeregisterTargets are the rules of DeregisterTargets.
var DeregisterTargets = rules.Of[awselb.DeregisterTargetsInput]{
	{
		Meta: rules.Meta{ID: "elb-targets", Code: invalid, Doc: docReference + "API_DeregisterTargets.html"},
		Check: func(r *rules.Report, in *awselb.DeregisterTargetsInput) {
			if len(in.Targets) == 0 {
				r.Add(rules.Problem{Path: "Targets", Got: "none", Want: "at least one", Text: "At least one target must be specified"})
			}
		},
	},
}

// targetID checks that the target is what the group's targets are.
func targetID(r *rules.Report, path string, kind elbtypes.TargetTypeEnum, id string) {
	switch kind {
	case elbtypes.TargetTypeEnumIp:
		address, err := netip.ParseAddr(id)
		if err != nil {
			r.Add(rules.Problem{
				Path: path, Got: id, Want: "an IP address, for the target type is ip",
				Text: fmt.Sprintf("The IP address '%s' is not a valid IPv4 address", id),
			})
		} else if !routable(address) {
			r.Add(rules.Problem{
				Path: path, Got: id, Want: "a private address", Code: "InvalidTarget",
				Text: fmt.Sprintf("The IP address '%s' is not within a supported private IP address range", id),
			})
		}
	case elbtypes.TargetTypeEnumInstance, "":
		if !strings.HasPrefix(id, "i-") {
			r.Add(rules.Problem{
				Path: path, Got: id, Want: "an instance id, for the target type is instance",
				Text: fmt.Sprintf("Instance ID '%s' is not valid", id),
			})
		}
	case elbtypes.TargetTypeEnumLambda, elbtypes.TargetTypeEnumAlb:
		if !strings.HasPrefix(id, "arn:") {
			r.Add(rules.Problem{
				Path: path, Got: id, Want: "an ARN, for the target type is " + string(kind),
				Text: fmt.Sprintf("The target ID '%s' is not a valid ARN", id),
			})
		}
	}
}

// shared is the range of RFC 6598.
var shared = netip.MustParsePrefix("100.64.0.0/10")

func routable(a netip.Addr) bool {
	return a.Is6() || a.IsPrivate() || shared.Contains(a)
}
