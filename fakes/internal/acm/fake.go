// SPDX-License-Identifier: Apache-2.0

// Package acm is the simulated AWS Certificate Manager. Certificates are requested or
// imported; those that are requested are issued at once if a domain name ends in none
// of the reserved top-level domains, for whose DNS nobody answers.
package acm

import (
	"crypto/x509"
	"encoding/pem"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsacm "github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// Fake is the simulated service.
type Fake struct {
	sim     *sim.Sim
	regions sim.Regional[region]
}

// region has the certificates of a region, by ARN.
type region struct {
	name         string
	certificates map[string]*certificate
}

type certificate struct {
	detail acmtypes.CertificateDetail
	tags   []acmtypes.Tag
	token  string
}

// New returns the service without certificates.
func New(s *sim.Sim) *Fake {
	f := &Fake{sim: s}
	f.regions.New = func(_, name string) *region { return &region{name: name, certificates: map[string]*certificate{}} }
	return f
}

// Services returns the operations of Certificate Manager.
func (f *Fake) Services() []*sim.Service {
	s := sim.NewService("ACM", "acm")
	s.Things = f.things
	sim.Handle(s, "RequestCertificate", f.request, sim.Refuses[awsacm.RequestCertificateInput]("CertificateAuthorityArn", "ManagedBy"))
	sim.Handle(s, "ImportCertificate", f.importOne, on("ImportCertificate", func(in *awsacm.ImportCertificateInput) *string { return in.CertificateArn }))
	sim.Handle(s, "DescribeCertificate", f.describe, on("DescribeCertificate", func(in *awsacm.DescribeCertificateInput) *string { return in.CertificateArn }))
	sim.Handle(s, "DeleteCertificate", f.remove, on("DeleteCertificate", func(in *awsacm.DeleteCertificateInput) *string { return in.CertificateArn }))
	sim.Handle(s, "ListCertificates", f.list, sim.Refuses[awsacm.ListCertificatesInput]("Includes", "SortBy", "SortOrder", "CertificateKeyPairOrigins"))
	f.tagOperations(s)
	return []*sim.Service{s}
}

func on[I any](action string, arn func(in *I) *string) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		resource := aws.ToString(arn(in))
		if resource == "" {
			resource = c.ARN("acm", "certificate/*")
		}
		return []sim.Access{{Action: "acm:" + action, Resource: resource}}
	})
}

func missing(arn string) error {
	return &acmtypes.ResourceNotFoundException{Message: aws.String("Could not find certificate " + arn + ".")}
}

func (f *Fake) find(c *sim.Call, arn *string) (*certificate, error) {
	one, ok := f.regions.In(c).certificates[aws.ToString(arn)]
	if !ok {
		return nil, missing(aws.ToString(arn))
	}
	return one, nil
}

// domains is what ACM takes as a domain name.
// https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
var domains = regexp.MustCompile(`^(\*\.)?(([A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+([A-Za-z0-9-]{1,62}[A-Za-z0-9])$`)

// reserved are top-level domains without DNS.
// https://www.rfc-editor.org/rfc/rfc2606
var reserved = []string{".invalid", ".test", ".localhost"}

const yearOf = 395 * 24 * time.Hour

func (f *Fake) request(c *sim.Call, in *awsacm.RequestCertificateInput) (*awsacm.RequestCertificateOutput, error) {
	r := f.regions.In(c)
	names := slices.Compact(append([]string{*in.DomainName}, slices.DeleteFunc(slices.Clone(in.SubjectAlternativeNames), func(n string) bool { return n == *in.DomainName })...))
	for _, n := range names {
		if !domains.MatchString(n) {
			return nil, &acmtypes.ValidationException{Message: aws.String("1 validation error detected: Value '" + n +
				"' at 'domainName' failed to satisfy constraint: Member must satisfy regular expression pattern: " + domains.String())}
		}
	}
	if token := aws.ToString(in.IdempotencyToken); token != "" {
		for arn, one := range r.certificates {
			if one.token == token && aws.ToString(one.detail.DomainName) == *in.DomainName {
				return &awsacm.RequestCertificateOutput{CertificateArn: &arn}, nil
			}
		}
	}
	now := c.Now()
	d := acmtypes.CertificateDetail{
		CertificateArn: aws.String(c.ARN("acm", "certificate/"+f.sim.UUID("certificate", r.name))), DomainName: in.DomainName, SubjectAlternativeNames: names,
		CreatedAt: &now, Type: acmtypes.CertificateTypeAmazonIssued, Status: acmtypes.CertificateStatusIssued, Options: in.Options,
		KeyAlgorithm: in.KeyAlgorithm, RenewalEligibility: acmtypes.RenewalEligibilityIneligible, InUseBy: []string{},
	}
	if d.KeyAlgorithm == "" {
		d.KeyAlgorithm = acmtypes.KeyAlgorithmRsa2048
	}
	valid := f.validate(&d, in, now)
	if !valid {
		d.Status = acmtypes.CertificateStatusPendingValidation
	} else {
		d.IssuedAt, d.NotBefore, d.NotAfter, d.Issuer = &now, &now, aws.Time(now.Add(yearOf)), aws.String("Amazon")
	}
	r.certificates[*d.CertificateArn] = &certificate{detail: d, tags: in.Tags, token: aws.ToString(in.IdempotencyToken)}
	return &awsacm.RequestCertificateOutput{CertificateArn: d.CertificateArn}, nil
}

// validate has the domain names validated, and reports whether all are.
func (f *Fake) validate(d *acmtypes.CertificateDetail, in *awsacm.RequestCertificateInput, _ time.Time) bool {
	method := in.ValidationMethod
	if method == "" {
		method = acmtypes.ValidationMethodEmail
	}
	all := true
	for _, n := range d.SubjectAlternativeNames {
		status := acmtypes.DomainStatusSuccess
		if method == acmtypes.ValidationMethodEmail || slices.ContainsFunc(reserved, func(tld string) bool { return strings.HasSuffix(n, tld) }) {
			status, all = acmtypes.DomainStatusPendingValidation, false
		}
		v := acmtypes.DomainValidation{DomainName: &n, ValidationDomain: &n, ValidationMethod: method, ValidationStatus: status}
		if method == acmtypes.ValidationMethodDns {
			host := strings.TrimPrefix(n, "*.")
			token := strings.ReplaceAll(f.sim.UUID("validation", host), "-", "")
			v.ResourceRecord = &acmtypes.ResourceRecord{
				Name: aws.String("_" + token + "." + host + "."), Type: acmtypes.RecordTypeCname, Value: aws.String("_" + token + ".acm-validations.aws."),
			}
		}
		d.DomainValidationOptions = append(d.DomainValidationOptions, v)
	}
	return all
}

func (f *Fake) importOne(c *sim.Call, in *awsacm.ImportCertificateInput) (*awsacm.ImportCertificateOutput, error) {
	block, _ := pem.Decode(in.Certificate)
	if block == nil {
		return nil, &acmtypes.ValidationException{Message: aws.String("The certificate field contains more than one certificate, or is not PEM.")}
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, &acmtypes.ValidationException{Message: aws.String("Unable to parse certificate. " + err.Error())}
	}
	arn := c.ARN("acm", "certificate/"+f.sim.UUID("certificate", c.Region))
	if in.CertificateArn != nil {
		if _, err := f.find(c, in.CertificateArn); err != nil {
			return nil, err
		}
		arn = *in.CertificateArn
	}
	now, names := c.Now(), parsed.DNSNames
	name := parsed.Subject.CommonName
	if name == "" && len(names) > 0 {
		name = names[0]
	}
	status := acmtypes.CertificateStatusIssued
	if now.After(parsed.NotAfter) {
		status = acmtypes.CertificateStatusExpired
	}
	f.regions.In(c).certificates[arn] = &certificate{tags: in.Tags, detail: acmtypes.CertificateDetail{
		CertificateArn: &arn, DomainName: &name, SubjectAlternativeNames: names, ImportedAt: &now, Type: acmtypes.CertificateTypeImported, Status: status,
		NotBefore: &parsed.NotBefore, NotAfter: &parsed.NotAfter, Issuer: aws.String(parsed.Issuer.CommonName), InUseBy: []string{},
	}}
	return &awsacm.ImportCertificateOutput{CertificateArn: &arn}, nil
}

func (f *Fake) describe(c *sim.Call, in *awsacm.DescribeCertificateInput) (*awsacm.DescribeCertificateOutput, error) {
	one, err := f.find(c, in.CertificateArn)
	if err != nil {
		return nil, err
	}
	d := one.detail
	if d.Status == acmtypes.CertificateStatusIssued && d.NotAfter != nil && c.Now().After(*d.NotAfter) && d.Type == acmtypes.CertificateTypeImported {
		d.Status = acmtypes.CertificateStatusExpired
	}
	return &awsacm.DescribeCertificateOutput{Certificate: &d}, nil
}

func (f *Fake) remove(c *sim.Call, in *awsacm.DeleteCertificateInput) (*awsacm.DeleteCertificateOutput, error) {
	if _, err := f.find(c, in.CertificateArn); err != nil {
		return nil, err
	}
	delete(f.regions.In(c).certificates, *in.CertificateArn)
	return &awsacm.DeleteCertificateOutput{}, nil
}

const pageSize = 1000

func (f *Fake) list(c *sim.Call, in *awsacm.ListCertificatesInput) (*awsacm.ListCertificatesOutput, error) {
	r := f.regions.In(c)
	var all []acmtypes.CertificateSummary
	for _, arn := range slices.Sorted(maps.Keys(r.certificates)) {
		d := r.certificates[arn].detail
		if len(in.CertificateStatuses) > 0 && !slices.Contains(in.CertificateStatuses, d.Status) {
			continue
		}
		all = append(all, acmtypes.CertificateSummary{
			CertificateArn: &arn, DomainName: d.DomainName, Status: d.Status, Type: d.Type, CreatedAt: d.CreatedAt, ImportedAt: d.ImportedAt,
			NotBefore: d.NotBefore, NotAfter: d.NotAfter, SubjectAlternativeNameSummaries: d.SubjectAlternativeNames,
		})
	}
	size := pageSize
	if in.MaxItems != nil {
		size = int(*in.MaxItems)
	}
	page, next, err := sim.Page(all, in.NextToken, size)
	if err != nil {
		return nil, &acmtypes.ValidationException{Message: aws.String("Invalid NextToken.")}
	}
	return &awsacm.ListCertificatesOutput{CertificateSummaryList: page, NextToken: next}, nil
}
