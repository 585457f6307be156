// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsquotas "github.com/aws/aws-sdk-go-v2/service/servicequotas"
	quotastypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// Quota is how many of something an account may have, as Service Quotas names it.
type Quota struct{ Service, Code, Name, Doc string }

const (
	docELB = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"
	docVPC = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
	docECS = "https://docs.aws.amazon.com/general/latest/gr/ecs-service.html#limits_ecs"
)

// Quotas of what stacks make.
//
// https://docs.aws.amazon.com/general/latest/gr/elb.html
// https://docs.aws.amazon.com/general/latest/gr/vpc-service.html
// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html
var (
	Balancers      = Quota{"elasticloadbalancing", "L-53DA6B97", "Application Load Balancers per Region", docELB}
	TargetGroups   = Quota{"elasticloadbalancing", "L-B22855CB", "Target Groups per Region", docELB}
	UsedGroups     = Quota{"elasticloadbalancing", "L-822D1B1B", "Target Groups per Application Load Balancer", docELB}
	Listeners      = Quota{"elasticloadbalancing", "L-B6DF7632", "Listeners per Application Load Balancer", docELB}
	ListenerRules  = Quota{"elasticloadbalancing", "L-7EED9B64", "Rules per Application Load Balancer", docELB}
	SecurityGroups = Quota{"vpc", "L-E79EC296", "VPC security groups per Region", docVPC}
	GroupRules     = Quota{"vpc", "L-0EA8095F", "Inbound or outbound rules per security group", docVPC}
	Clusters       = Quota{"ecs", "L-21C621EB", "Clusters per account", docECS}
	Services       = Quota{"ecs", "L-9EF96962", "Services per cluster", docECS}
)

// Room looks up whether a quota leaves room for more of what it limits. where says of
// what, such as "load balancer shop"; empty if that follows from the quota's name. used
// counts what there is; nil if there is nothing.
func (q Quota) Room(ctx context.Context, c slipway.Call, where string, more int, used func() (int, error)) slipway.Check {
	if where != "" {
		where = " on " + where
	}
	subject := fmt.Sprintf("quota %q leaves room for %d more%s", q.Name, more, where)
	limit, adjustable, err := q.applied(ctx, c)
	if err != nil {
		return unanswered(subject, err)
	}
	n := 0
	if used != nil {
		if n, err = used(); err != nil {
			return unanswered(subject, err)
		}
	}
	if n+more <= limit {
		return passed(subject)
	}
	remedy := "have the quota increased in Service Quotas, or delete what is no longer needed"
	if !adjustable {
		remedy = "delete what is no longer needed, or spread it: AWS does not raise this quota"
	}
	return failed(subject, slipway.Cause{
		Code: slipway.QuotaExceeded, Remedy: remedy, Doc: q.Doc,
		Summary:  fmt.Sprintf("quota %q is %d, of which %d are used%s, and %d more are needed", q.Name, limit, n, where, more),
		Evidence: []string{fmt.Sprintf("quota %s of %s, %s, is %d", q.Code, q.Service, q.Name, limit), fmt.Sprintf("there are %d%s", n, where)},
	})
}

// applied is what the account has of the quota, or else AWS's default: for some quotas
// Service Quotas has no other.
func (q Quota) applied(ctx context.Context, c slipway.Call) (limit int, adjustable bool, err error) {
	client := slipway.Client(c, awsquotas.NewFromConfig)
	var found *quotastypes.ServiceQuota
	out, err := client.GetServiceQuota(ctx, &awsquotas.GetServiceQuotaInput{ServiceCode: &q.Service, QuotaCode: &q.Code})
	switch {
	case awserr.Is(err, "NoSuchResourceException"):
		usual, err := client.GetAWSDefaultServiceQuota(ctx, &awsquotas.GetAWSDefaultServiceQuotaInput{ServiceCode: &q.Service, QuotaCode: &q.Code})
		if err != nil {
			return 0, false, awserr.Wrap(err, "read quota "+q.Code)
		}
		found = usual.Quota
	case err != nil:
		return 0, false, awserr.Wrap(err, "read quota "+q.Code)
	default:
		found = out.Quota
	}
	if found == nil || found.Value == nil {
		return 0, false, fmt.Errorf("%w: quota %s of %s has no value", slipway.ErrNotFound, q.Code, q.Service)
	}
	return int(aws.ToFloat64(found.Value)), found.Adjustable, nil
}
