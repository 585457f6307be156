// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsquotas "github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/slipway-go/slipway"
)

const docFargate = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html"

// FargateVCPUs looks up whether the account's quota allows that many vCPUs at a time on
// Fargate, or Fargate Spot. What others use of it is not known.
// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html#service-quotas-fargate
func FargateVCPUs(ctx context.Context, c slipway.Call, spot bool, needed float64) slipway.Check {
	name := fargateQuota(spot)
	subject := fmt.Sprintf("quota %q allows %g vCPUs", name, needed)
	code, limit, err := fargateLimit(ctx, c, name)
	switch {
	case err != nil:
		return unanswered(subject, err)
	case limit >= needed:
		return passed(subject)
	}
	return failed(subject, slipway.Cause{
		Code: slipway.QuotaExceeded, Summary: fmt.Sprintf("the tasks need %g vCPUs, and the quota is %g", needed, limit),
		Evidence: []string{fmt.Sprintf("quota %s, %s, is %g", code, name, limit)},
		Remedy:   "have the quota increased, or run fewer or smaller tasks",
		Doc:      docFargate,
	})
}

// FargateExhausted tells of that quota once ECS has said that it is used up: how much it
// is, and how much of it a service's tasks have. Others of the account have the rest.
func FargateExhausted(ctx context.Context, c slipway.Call, spot bool, used, each float64) slipway.Check {
	name := fargateQuota(spot)
	subject := fmt.Sprintf("quota %q has room", name)
	code, limit, err := fargateLimit(ctx, c, name)
	if err != nil {
		return unanswered(subject, err)
	}
	return failed(subject, slipway.Cause{
		Code:     slipway.QuotaExceeded,
		Summary:  fmt.Sprintf("quota %q is %g vCPUs and used up: the service's tasks have %g of it, and each more needs %g", name, limit, used, each),
		Evidence: []string{fmt.Sprintf("quota %s, %s, is %g", code, name, limit), fmt.Sprintf("the service's tasks have %g vCPUs", used)},
		Remedy:   "have the quota increased, run fewer or smaller tasks, or stop others of the account in the region",
		Doc:      docFargate,
	})
}

func fargateQuota(spot bool) string {
	if spot {
		return "Fargate Spot vCPU resource count"
	}
	return "Fargate On-Demand vCPU resource count"
}

// fargateLimit reads a quota of Fargate by its name.
func fargateLimit(ctx context.Context, c slipway.Call, name string) (code string, limit float64, err error) {
	pages := awsquotas.NewListServiceQuotasPaginator(slipway.Client(c, awsquotas.NewFromConfig), &awsquotas.ListServiceQuotasInput{ServiceCode: aws.String("fargate")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", 0, err
		}
		for _, q := range page.Quotas {
			if aws.ToString(q.QuotaName) == name && q.Value != nil {
				return aws.ToString(q.QuotaCode), *q.Value, nil
			}
		}
	}
	return "", 0, fmt.Errorf("no quota named %q in Service Quotas", name)
}
