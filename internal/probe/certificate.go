// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awsacm "github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

const docCertificates = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html"

// Certificate looks up whether a certificate of ACM can be used in the region.
func Certificate(ctx context.Context, c slipway.Call, certificate string) slipway.Check {
	subject := "certificate " + certificate + " is issued"
	d, check := describe(ctx, c, subject, certificate)
	if d == nil {
		return check
	}
	if d.Status != acmtypes.CertificateStatusIssued {
		return failed(subject, slipway.Cause{Code: slipway.CertificateMismatch, Summary: "certificate " + certificate + " is " + string(d.Status),
			Evidence: []string{"ACM says " + string(d.Status) + " of the certificate of " + aws.ToString(d.DomainName)},
			Remedy:   "have the certificate issued: validate its domain names, or request another one", Doc: docCertificates})
	}
	return passed(subject)
}

// describe reads a certificate; nil, and an answer, if there is none to judge.
func describe(ctx context.Context, c slipway.Call, subject, certificate string) (*acmtypes.CertificateDetail, slipway.Check) {
	a, err := arn.Parse(certificate)
	switch {
	case err != nil:
		return nil, unanswered(subject, err)
	case a.Service != "acm":
		return nil, unknown(subject, "it is not of ACM, and is not asked")
	case a.Region != c.Config.Region:
		return nil, failed(subject, slipway.Cause{Code: slipway.CertificateMismatch, Summary: "certificate " + certificate + " is of another region than the load balancer",
			Evidence: []string{"the load balancer is in " + c.Config.Region}, Remedy: "request the certificate in " + c.Config.Region, Doc: docCertificates})
	}
	out, err := slipway.Client(c, awsacm.NewFromConfig).DescribeCertificate(ctx, &awsacm.DescribeCertificateInput{CertificateArn: &certificate})
	if awserr.Is(err, "ResourceNotFoundException") {
		return nil, failed(subject, slipway.Cause{Code: slipway.CertificateMismatch, Summary: "certificate " + certificate + " does not exist",
			Evidence: []string{"ACM finds no such certificate"}, Remedy: "request or import the certificate, or correct its ARN", Doc: docCertificates})
	}
	if err != nil {
		return nil, unanswered(subject, err)
	}
	return out.Certificate, slipway.Check{}
}

// Covered looks up whether one of the certificates is for the host name.
func Covered(ctx context.Context, c slipway.Call, host string, certificates []string) slipway.Check {
	subject := "a certificate covers " + host
	var (
		names   []string
		unasked slipway.Check
	)
	for _, certificate := range certificates {
		d, check := describe(ctx, c, subject, certificate)
		if d == nil {
			if check.Cause == nil { // a cause is told of the certificate itself
				unasked = check
			}
			continue
		}
		names = append(append(names, aws.ToString(d.DomainName)), d.SubjectAlternativeNames...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if slices.ContainsFunc(names, func(name string) bool { return covers(name, host) }) {
		return passed(subject)
	}
	if unasked.Unknown != "" {
		return unasked
	}
	return failed(subject, slipway.Cause{Code: slipway.CertificateMismatch, Summary: "no certificate of the listener covers host name " + host,
		Evidence: []string{"the certificates are for " + strings.Join(names, ", ")}, Remedy: "add a certificate for " + host + " to the listener", Doc: docCertificates})
}

// covers reports whether a name of a certificate, whose asterisk stands for one label,
// is good for a host name, or for the pattern of a rule.
func covers(name, host string) bool {
	name, host = strings.ToLower(name), strings.ToLower(host)
	if name == host {
		return true
	}
	suffix, wild := strings.CutPrefix(name, "*.")
	_, parent, ok := strings.Cut(host, ".")
	return wild && ok && parent == suffix
}
