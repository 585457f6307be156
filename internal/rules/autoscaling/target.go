// SPDX-License-Identifier: Apache-2.0

// Package autoscaling holds what Application Auto Scaling rejects.
package autoscaling

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsaas "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	model "github.com/slipway-go/slipway/internal/model/autoscaling"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	validation = "ValidationException"
	api        = "https://docs.aws.amazon.com/autoscaling/application/APIReference/"
	preflight  = "https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/applicationautoscaling/"
)

// RegisterScalableTarget is in AWS's order, which looks at the shape of the
// resource ID and at the capacities before it looks for the resource.
var RegisterScalableTarget = rules.Of[awsaas.RegisterScalableTargetInput]{
	{Meta: rules.Meta{
		ID: "aas-resource-id", Code: validation, Text: "Unsupported service namespace, resource type or scalable dimension",
		Doc: preflight + "pf-appautoscaling-resource-id-shape",
	}, Check: func(r *rules.Report, in *awsaas.RegisterScalableTargetInput) {
		checkResource(r, in.ServiceNamespace, in.ResourceId)
	}},
	{Meta: rules.Meta{
		ID: "aas-dimension", Code: "AccessDeniedException", Text: "Account is not authorized",
		Doc: api + "API_RegisterScalableTarget.html",
	}, Check: func(r *rules.Report, in *awsaas.RegisterScalableTargetInput) {
		checkDimension(r, in.ServiceNamespace, in.ScalableDimension)
	}},
	{Meta: rules.Meta{
		ID: "aas-role-required", Code: validation, Text: "Role ARN must be specified",
		Doc: preflight + "pf-appautoscaling-rolearn-required-no-slr",
	}, Check: func(r *rules.Report, in *awsaas.RegisterScalableTargetInput) {
		if in.ServiceNamespace == aastypes.ServiceNamespaceEmr && aws.ToString(in.RoleARN) == "" {
			r.Add(rules.Problem{Path: "RoleARN", Got: "none", Want: "a role: EMR has no service-linked role"})
		}
	}},
	{Meta: rules.Meta{
		ID: "aas-capacity-negative", Code: validation, Doc: api + "API_RegisterScalableTarget.html",
	}, Check: func(r *rules.Report, in *awsaas.RegisterScalableTargetInput) {
		notNegative(r, "MinCapacity", "minCapacity", in.MinCapacity)
		notNegative(r, "MaxCapacity", "maxCapacity", in.MaxCapacity)
	}},
	{Meta: rules.Meta{
		ID: "aas-capacity-order", Code: validation, Text: "Minimum capacity cannot be greater than maximum capacity",
		Doc: api + "API_RegisterScalableTarget.html",
	}, Check: checkCapacityOrder},
	{Meta: rules.Meta{
		ID: "aas-capacity-required", Code: validation, Text: "MinCapacity and MaxCapacity must be specified for a new scalable target",
		Doc: api + "API_RegisterScalableTarget.html",
	}, Check: checkCapacityRequired},
	{Meta: rules.Meta{
		ID: "aas-cluster-arn", Warn: true, Doc: "https://github.com/aws/aws-cdk/issues/14297",
	}, Check: func(r *rules.Report, in *awsaas.RegisterScalableTargetInput) {
		if id := aws.ToString(in.ResourceId); strings.Contains(id, "service/arn:") {
			r.Add(rules.Problem{Path: "ResourceId", Got: id, Want: "the cluster's name: with its ARN nothing ever scales"})
		}
	}},
}

// prefixes are the resource types of namespaces, as resource IDs begin with them;
// other namespaces take ARNs or what their provider says.
var prefixes = map[aastypes.ServiceNamespace][]string{
	aastypes.ServiceNamespaceEcs:         {"service/"},
	aastypes.ServiceNamespaceEc2:         {"spot-fleet-request/"},
	aastypes.ServiceNamespaceEmr:         {"instancegroup/"},
	aastypes.ServiceNamespaceAppstream:   {"fleet/"},
	aastypes.ServiceNamespaceDynamodb:    {"table/"},
	aastypes.ServiceNamespaceRds:         {"cluster:"},
	aastypes.ServiceNamespaceSagemaker:   {"endpoint/", "inference-component/"},
	aastypes.ServiceNamespaceLambda:      {"function:"},
	aastypes.ServiceNamespaceCassandra:   {"keyspace/"},
	aastypes.ServiceNamespaceElasticache: {"replication-group/", "cache-cluster/"},
	aastypes.ServiceNamespaceNeptune:     {"cluster:"},
}

func checkResource(r *rules.Report, namespace aastypes.ServiceNamespace, id *string) {
	want, known := prefixes[namespace]
	got := aws.ToString(id)
	if !known {
		return
	}
	for _, prefix := range want {
		rest, ok := strings.CutPrefix(got, prefix)
		if ok && rest != "" && (namespace != aastypes.ServiceNamespaceEcs || isECS(rest)) {
			return
		}
	}
	form := strings.Join(want, "... or ") + "..."
	if namespace == aastypes.ServiceNamespaceEcs {
		form = "service/<cluster>/<service>"
	}
	r.Add(rules.Problem{Path: "ResourceId", Got: got, Want: form})
}

// isECS reports whether rest is "<cluster>/<service>". An ARN in place of the
// cluster passes AWS, too.
func isECS(rest string) bool {
	cut := strings.LastIndex(rest, "/")
	return cut > 0 && cut < len(rest)-1
}

func checkDimension(r *rules.Report, namespace aastypes.ServiceNamespace, d aastypes.ScalableDimension) {
	if !strings.HasPrefix(string(d), string(namespace)+":") {
		r.Add(rules.Problem{Path: "ScalableDimension", Got: string(d), Want: "a dimension of " + string(namespace)})
	}
}

func notNegative(r *rules.Report, path, name string, v *int32) {
	if v != nil && *v < 0 {
		r.Add(rules.Problem{
			Path: path, Got: strconv.Itoa(int(*v)), Want: "0 or more",
			Text: fmt.Sprintf("1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: "+
				"Member must have value greater than or equal to 0", *v, name),
		})
	}
}

func checkCapacityOrder(r *rules.Report, in *awsaas.RegisterScalableTargetInput) {
	if in.MinCapacity != nil && in.MaxCapacity != nil && *in.MinCapacity > *in.MaxCapacity {
		r.Add(rules.Problem{
			Path: "MinCapacity", Got: strconv.Itoa(int(*in.MinCapacity)),
			Want: fmt.Sprintf("at most MaxCapacity, %d", *in.MaxCapacity),
		})
	}
}

// checkCapacityRequired concerns new targets only; where it is not known whether
// the target exists, both are asked for.
func checkCapacityRequired(r *rules.Report, in *awsaas.RegisterScalableTargetInput) {
	if in.MinCapacity != nil && in.MaxCapacity != nil {
		return
	}
	if _, found, known := r.Get(model.KindScaling, TargetRef(in.ServiceNamespace, in.ResourceId, in.ScalableDimension)); known && found {
		return
	}
	for _, f := range []struct {
		path string
		v    *int32
	}{{"MinCapacity", in.MinCapacity}, {"MaxCapacity", in.MaxCapacity}} {
		if f.v == nil {
			r.Add(rules.Problem{Path: f.path, Got: "none", Want: "a number of tasks"})
		}
	}
}

// TargetRef names a scalable target for [rules.Refs]:
// "<namespace>|<resource ID>|<dimension>".
func TargetRef(namespace aastypes.ServiceNamespace, id *string, d aastypes.ScalableDimension) string {
	return string(namespace) + "|" + aws.ToString(id) + "|" + string(d)
}

// checkTarget demands that the scalable target is registered.
func checkTarget(r *rules.Report, namespace aastypes.ServiceNamespace, id *string, d aastypes.ScalableDimension) {
	if _, found, known := r.Get(model.KindScaling, TargetRef(namespace, id, d)); known && !found {
		r.Add(rules.Problem{
			Path: "ResourceId", Got: aws.ToString(id), Want: "a registered scalable target", Text: NoTarget(namespace, id, d),
		})
	}
}

// NoTarget is AWS's text for a scalable target that is not registered.
func NoTarget(namespace aastypes.ServiceNamespace, id *string, d aastypes.ScalableDimension) string {
	return fmt.Sprintf("No scalable target registered for service namespace: %s, resource ID: %s, scalable dimension: %s",
		namespace, aws.ToString(id), d)
}
