// SPDX-License-Identifier: Apache-2.0

package elb

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsclassic "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	classictypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/rules"
)

const (
	docClassic       = "https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/"
	docClassicCreate = docClassic + "API_CreateLoadBalancer.html"
	docClassicListen = "https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-listener-config.html"
	docClassicHealth = docClassic + "API_HealthCheck.html"
)

// CreateClassic are the rules of the older CreateLoadBalancer.
var CreateClassic = rules.Of[awsclassic.CreateLoadBalancerInput]{
	{
		Meta: rules.Meta{ID: "elb-classic-legacy", Warn: true, Doc: "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html"},
		Check: func(r *rules.Report, _ *awsclassic.CreateLoadBalancerInput) {
			r.Add(rules.Problem{
				Path: "LoadBalancerName", Got: "a Classic Load Balancer, which is legacy", Want: "an Application or Network Load Balancer",
			})
		},
	},
	{
		Meta: rules.Meta{ID: "elb-classic-name", Code: invalid, Doc: docClassicCreate},
		Check: func(r *rules.Report, in *awsclassic.CreateLoadBalancerInput) {
			if n := aws.ToString(in.LoadBalancerName); !slipway.HasRef(n) &&
				(len(n) > nameLimit || !namePattern.MatchString(n) || strings.HasPrefix(n, "-") || strings.HasSuffix(n, "-")) {
				r.Add(rules.Problem{
					Path: "LoadBalancerName", Got: quoted(n), Want: "1 to 32 letters, digits and hyphens, no hyphen at either end",
					Text: "LoadBalancer name must only contain alphanumeric characters or hyphens, and must not begin or end with a hyphen",
				})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "elb-classic-listeners", Code: invalid, Doc: docClassicListen},
		Check: func(r *rules.Report, in *awsclassic.CreateLoadBalancerInput) {
			if len(in.Listeners) == 0 {
				r.Add(rules.Problem{Path: "Listeners", Got: "none", Want: "at least one"})
			}
			classicListeners(r, in.Listeners)
		},
	},
	{
		Meta: rules.Meta{ID: "elb-classic-scheme", Code: "InvalidScheme", Doc: docClassicCreate},
		Check: func(r *rules.Report, in *awsclassic.CreateLoadBalancerInput) {
			if s := aws.ToString(in.Scheme); s != "" && s != "internal" && s != "internet-facing" {
				r.Add(rules.Problem{Path: "Scheme", Got: s, Want: "internal or internet-facing"})
			}
		},
	},
	{
		Meta: rules.Meta{ID: "elb-classic-subnets", Code: invalid, Doc: docClassicCreate},
		Check: func(r *rules.Report, in *awsclassic.CreateLoadBalancerInput) {
			switch {
			case len(in.Subnets) == 0 && len(in.AvailabilityZones) == 0:
				r.Add(rules.Problem{Path: "Subnets", Got: "none", Want: "subnets", Text: "Either AvailabilityZones or SubnetIds must be specified"})
			case len(in.Subnets) > 0:
				subnets(r, elbtypes.LoadBalancerTypeEnumNetwork, in.Subnets)
			}
		},
	},
	{
		Meta: rules.Meta{ID: "elb-classic-groups", Code: configuration, Doc: docClassicCreate},
		Check: func(r *rules.Report, in *awsclassic.CreateLoadBalancerInput) {
			groups(r, in.SecurityGroups)
			sameVPC(r, in.Subnets, in.SecurityGroups)
		},
	},
	{
		Meta: rules.Meta{ID: "elb-classic-tags", Code: invalid, Doc: docClassic + "API_AddTags.html"},
		Check: func(r *rules.Report, in *awsclassic.CreateLoadBalancerInput) {
			tags(r, laterTags(in.Tags))
		},
	},
}

// CreateClassicListeners are the rules of CreateLoadBalancerListeners.
var CreateClassicListeners = rules.Of[awsclassic.CreateLoadBalancerListenersInput]{
	{
		Meta: rules.Meta{ID: "elb-classic-listeners", Code: invalid, Doc: docClassicListen},
		Check: func(r *rules.Report, in *awsclassic.CreateLoadBalancerListenersInput) {
			classicListeners(r, in.Listeners)
		},
	},
}

func laterTags(list []classictypes.Tag) []elbtypes.Tag {
	var all []elbtypes.Tag
	for _, t := range list {
		all = append(all, elbtypes.Tag{Key: t.Key, Value: t.Value})
	}
	return all
}

// classicLayers are the protocols of Classic Load Balancers, by whether they are looked
// into. The instances must speak one of the same layer.
var classicLayers = map[string]bool{"HTTP": true, "HTTPS": true, "TCP": false, "SSL": false}

func classicListeners(r *rules.Report, list []classictypes.Listener) {
	seen := map[int32]bool{}
	for i, l := range list {
		path := fmt.Sprintf("Listeners[%d]", i)
		if seen[l.LoadBalancerPort] {
			r.Add(rules.Problem{
				Path: path + ".LoadBalancerPort", Got: fmt.Sprintf("%d twice", l.LoadBalancerPort), Want: "each port once", Code: "DuplicateListener",
			})
		}
		seen[l.LoadBalancerPort] = true
		within(r, path+".LoadBalancerPort", "loadBalancerPort", aws.Int32(l.LoadBalancerPort), 1, 65535, "")
		within(r, path+".InstancePort", "instancePort", l.InstancePort, 1, 65535, "")
		if l.InstancePort == nil {
			r.Add(rules.Problem{Path: path + ".InstancePort", Got: "none", Want: "1 to 65535"})
		}
		classicProtocols(r, path, l)
	}
}

func classicProtocols(r *rules.Report, path string, l classictypes.Listener) {
	front, back := strings.ToUpper(aws.ToString(l.Protocol)), strings.ToUpper(aws.ToString(l.InstanceProtocol))
	frontWeb, ok := classicLayers[front]
	if !ok {
		r.Add(rules.Problem{
			Path: path + ".Protocol", Got: quoted(front), Want: "HTTP, HTTPS, TCP or SSL", Code: "UnsupportedProtocol",
		})
		return
	}
	if backWeb, known := classicLayers[back]; back != "" && (!known || backWeb != frontWeb) {
		r.Add(rules.Problem{
			Path: path + ".InstanceProtocol", Got: back + " behind " + front, Want: "a protocol of the same layer", Code: configuration,
		})
	}
	certificate := aws.ToString(l.SSLCertificateId)
	switch encrypted := front == "HTTPS" || front == "SSL"; {
	case encrypted && certificate == "":
		r.Add(rules.Problem{
			Path: path + ".SSLCertificateId", Got: "none", Want: "the ARN of a certificate, for the protocol is " + front, Code: configuration,
		})
	case !encrypted && certificate != "":
		r.Add(rules.Problem{
			Path: path + ".SSLCertificateId", Got: certificate, Want: "none, for the protocol is " + front, Code: configuration,
		})
	case encrypted && !slipway.HasRef(certificate) && !strings.HasPrefix(certificate, "arn:"):
		r.Add(rules.Problem{Path: path + ".SSLCertificateId", Got: quoted(certificate), Want: "the ARN of a certificate of ACM or IAM", Code: "CertificateNotFound"})
	}
}

// ConfigureHealthCheck are the rules of ConfigureHealthCheck.
var ConfigureHealthCheck = rules.Of[awsclassic.ConfigureHealthCheckInput]{
	{
		Meta: rules.Meta{ID: "elb-classic-health", Code: invalid, Doc: docClassicHealth},
		Check: func(r *rules.Report, in *awsclassic.ConfigureHealthCheckInput) {
			h := in.HealthCheck
			if h == nil {
				return
			}
			classicTarget(r, aws.ToString(h.Target))
			within(r, "HealthCheck.Interval", "healthCheck.interval", h.Interval, 5, 300, "s")
			within(r, "HealthCheck.Timeout", "healthCheck.timeout", h.Timeout, 2, 60, "s")
			within(r, "HealthCheck.HealthyThreshold", "healthCheck.healthyThreshold", h.HealthyThreshold, 2, 10, "")
			within(r, "HealthCheck.UnhealthyThreshold", "healthCheck.unhealthyThreshold", h.UnhealthyThreshold, 2, 10, "")
			if h.Interval != nil && h.Timeout != nil && *h.Timeout >= *h.Interval {
				r.Add(rules.Problem{
					Path: "HealthCheck.Timeout", Got: fmt.Sprintf("%ds with an interval of %ds", *h.Timeout, *h.Interval), Want: "less than the interval",
				})
			}
		},
	},
}

var classicTargetPattern = regexp.MustCompile(`^(HTTP|HTTPS|TCP|SSL):(\d+)(/.*)?$`)

// ClassicTarget reads the target of a health check, such as "HTTP:80/ping".
func ClassicTarget(target string) (protocol string, port int32, path string, ok bool) {
	m := classicTargetPattern.FindStringSubmatch(target)
	if m == nil {
		return "", 0, "", false
	}
	n, err := strconv.ParseUint(m[2], 10, 16)
	return m[1], int32(n), m[3], err == nil && n > 0 && classicLayers[m[1]] == (m[3] != "")
}

func classicTarget(r *rules.Report, target string) {
	if _, _, _, ok := ClassicTarget(target); !ok && !slipway.HasRef(target) {
		r.Add(rules.Problem{
			Path: "HealthCheck.Target", Got: quoted(target), Want: `"TCP:<port>", "SSL:<port>", "HTTP:<port>/<path>" or "HTTPS:<port>/<path>"`,
		})
	}
}

// ModifyClassicAttributes are the rules of the older ModifyLoadBalancerAttributes.
var ModifyClassicAttributes = rules.Of[awsclassic.ModifyLoadBalancerAttributesInput]{
	{
		Meta: rules.Meta{ID: "elb-classic-attributes", Code: configuration, Doc: docClassic + "API_LoadBalancerAttributes.html"},
		Check: func(r *rules.Report, in *awsclassic.ModifyLoadBalancerAttributesInput) {
			a := in.LoadBalancerAttributes
			if a == nil {
				return
			}
			if a.ConnectionSettings != nil {
				within(r, "Attributes.ConnectionSettings.IdleTimeout", "idleTimeout", a.ConnectionSettings.IdleTimeout, 1, 4000, "s")
			}
			if a.ConnectionDraining != nil {
				within(r, "Attributes.ConnectionDraining.Timeout", "timeout", a.ConnectionDraining.Timeout, 1, 3600, "s")
			}
			if l := a.AccessLog; l != nil && l.Enabled {
				classicLogs(r, l)
			}
		},
	},
}

func classicLogs(r *rules.Report, l *classictypes.AccessLog) {
	if aws.ToString(l.S3BucketName) == "" {
		r.Add(rules.Problem{Path: "Attributes.AccessLog.S3BucketName", Got: "none", Want: "a bucket, for logs are on"})
	}
	if l.EmitInterval != nil && !slices.Contains([]int32{5, 60}, *l.EmitInterval) {
		r.Add(rules.Problem{Path: "Attributes.AccessLog.EmitInterval", Got: strconv.Itoa(int(*l.EmitInterval)), Want: "5 or 60 minutes"})
	}
}
