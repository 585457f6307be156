// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsquotas "github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/slipway-go/slipway"
)

// FargateVCPUs looks up whether the account's quota allows that many vCPUs at a time on
// Fargate, or Fargate Spot. What others use of it is not known.
// https://docs.aws.amazon.com/general/latest/gr/ecs-service.html#service-quotas-fargate
func FargateVCPUs(ctx context.Context, c slipway.Call, spot bool, needed float64) slipway.Check {
	name := "Fargate On-Demand vCPU resource count"
	if spot {
		name = "Fargate Spot vCPU resource count"
	}
	subject := fmt.Sprintf("quota %q allows %g vCPUs", name, needed)
	pages := awsquotas.NewListServiceQuotasPaginator(slipway.Client(c, awsquotas.NewFromConfig), &awsquotas.ListServiceQuotasInput{ServiceCode: aws.String("fargate")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unanswered(subject, err)
		}
		for _, q := range page.Quotas {
			if aws.ToString(q.QuotaName) != name || q.Value == nil {
				continue
			}
			if *q.Value >= needed {
				return passed(subject)
			}
			return failed(subject, slipway.Cause{
				Code: slipway.QuotaExceeded, Summary: fmt.Sprintf("the tasks need %g vCPUs, and the quota is %g", needed, *q.Value),
				Evidence: []string{fmt.Sprintf("quota %s, %s, is %g", aws.ToString(q.QuotaCode), name, *q.Value)},
				Remedy:   "have the quota increased, or run fewer or smaller tasks",
				Doc:      "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html",
			})
		}
	}
	return unknown(subject, "Service Quotas has none of that name")
}
