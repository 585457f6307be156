// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awselb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	elbrules "github.com/slipway-go/slipway/internal/rules/elb"
)

func (f *Fake) accountOperations(s *sim.Service) {
	sim.Handle(s, "DescribeSSLPolicies", f.describeSSLPolicies)
	sim.Handle(s, "DescribeAccountLimits", f.describeAccountLimits)
}

func (f *Fake) describeSSLPolicies(
	_ *sim.Call, in *awselb.DescribeSSLPoliciesInput,
) (*awselb.DescribeSSLPoliciesOutput, error) {
	if in.LoadBalancerType == elbtypes.LoadBalancerTypeEnumGateway {
		return &awselb.DescribeSSLPoliciesOutput{}, nil // they have no listeners with TLS
	}
	names := in.Names
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(elbrules.SSLPolicies))
	}
	page, next, err := pageOf(names, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &awselb.DescribeSSLPoliciesOutput{NextMarker: next}
	for _, name := range page {
		protocols, ok := elbrules.SSLPolicies[name]
		if !ok {
			return nil, &elbtypes.SSLPolicyNotFoundException{Message: aws.String("SSL policy '" + name + "' not found")}
		}
		out.SslPolicies = append(out.SslPolicies, elbtypes.SslPolicy{
			Name: aws.String(name), SslProtocols: protocols,
			SupportedLoadBalancerTypes: []string{"application", "network"},
		})
	}
	return out, nil
}

// hostedZones of balancers' DNS names.
// https://docs.aws.amazon.com/general/latest/gr/elb.html
var hostedZones = map[string]string{
	"us-east-1": "Z35SXDOTRQ7X7K", "us-east-2": "Z3AADJGX6KTTL2", "us-west-1": "Z368ELLRRE2KJ0", "us-west-2": "Z1H1FL5HABSF5",
	"ap-northeast-1": "Z14GRHDCWA56QT", "ap-northeast-2": "ZWKZPGTI48KDX", "ap-south-1": "ZP97RAFLXTNZK",
	"ap-southeast-1": "Z1LMS91P8CMLE5", "ap-southeast-2": "Z1GM3OXH4ZPM65", "ca-central-1": "ZQSVJUPU6J1EY",
	"eu-central-1": "Z215JYRZR1TBD5", "eu-north-1": "Z23TAZ6LKFMNIO", "eu-west-1": "Z32O12XQLNTSW2",
	"eu-west-2": "ZHURV8PSTC4K8", "eu-west-3": "Z3Q77PNBQS71R4", "sa-east-1": "Z2P70J7HTTTPLU",
}

// hostedZone is that of a region; one that is not known gets one made up.
func hostedZone(f *Fake, region string) string {
	if zone, ok := hostedZones[region]; ok {
		return zone
	}
	return "Z" + strings.ToUpper(f.sim.ID(13, "hostedzone", region))
}

// networkZones are those of the DNS names of Network Load Balancers.
// https://docs.aws.amazon.com/general/latest/gr/elb.html
var networkZones = map[string]string{
	"us-east-1": "Z26RNL4JYFTOTI", "us-east-2": "ZLMOA37VPKANP", "us-west-1": "Z24FKFUX50B4VW", "us-west-2": "Z18D5FSROUN65G",
	"ap-northeast-1": "Z31USIVHYNEOWT", "ap-northeast-2": "ZIBE1TIR4HY56", "ap-south-1": "ZVDDRBQ08TROA",
	"ap-southeast-1": "ZKVM4W9LS7TM", "ap-southeast-2": "ZCT6FZBF4DROD", "ca-central-1": "Z2EPGBW3API2WT",
	"eu-central-1": "Z3F0SRJ5LGBH90", "eu-north-1": "Z1UDT6IFJ4EJM", "eu-west-1": "Z2IFOLAFXWLO4F",
	"eu-west-2": "ZD4D7Y8KGAS4G", "eu-west-3": "Z1CMS0P5QUZ6D5", "sa-east-1": "ZTK26PT1VY4CU",
}

// networkZone is that of a region; one that is not known gets one made up.
func networkZone(f *Fake, region string) string {
	if zone, ok := networkZones[region]; ok {
		return zone
	}
	return "Z" + strings.ToUpper(f.sim.ID(13, "networkzone", region))
}

// kindOf is the kind of thing that an ARN names, such as "targetgroup".
func kindOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	kind, _, _ := strings.Cut(parts[len(parts)-1], "/")
	return kind
}
