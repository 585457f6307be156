// SPDX-License-Identifier: Apache-2.0

package probe_test

import (
	"errors"
	"testing"

	awsacm "github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/internal/probe"
)

func TestQuotasOfFargate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.cloud.Fargate(fakes.FargateLimits{VCPUs: 2, SpotVCPUs: 1})
	for _, test := range []struct {
		name   string
		spot   bool
		needed float64
		want   want
	}{
		{"just enough", false, 2, want{}},
		{"too little", false, 2.25, want{code: slipway.QuotaExceeded, summary: "the tasks need 2.25 vCPUs, and the quota is 2"}},
		{"Spot has its own", true, 1, want{}},
		{"too little of Spot", true, 2, want{code: slipway.QuotaExceeded, summary: "the quota is 1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.want.of(t, probe.FargateVCPUs(t.Context(), s.call(), test.spot, test.needed))
		})
	}
	want{code: slipway.QuotaExceeded, summary: `quota "Fargate Spot vCPU resource count" is 1 vCPUs and used up: the service's tasks have 0.5 of it, and each more needs 0.5`}.
		of(t, probe.FargateExhausted(t.Context(), s.call(), true, 0.5, 0.5))
}

func TestRoom(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.NoError(t, s.cloud.Quota("ecs", "L-21C621EB", 5))
	used := func(n int, err error) func() (int, error) { return func() (int, error) { return n, err } }
	for _, test := range []struct {
		name string
		more int
		used func() (int, error)
		want want
	}{
		{"nothing is used", 5, nil, want{}},
		{"the rest", 2, used(3, nil), want{}},
		{"one too many", 3, used(3, nil), want{code: slipway.QuotaExceeded, summary: `quota "Clusters per account" is 5, of which 3 are used on shop, and 3 more are needed`}},
		{"not to be counted", 1, used(0, errors.New("no")), want{unknown: "no"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.want.of(t, probe.Clusters.Room(t.Context(), s.call(), "shop", test.more, test.used))
		})
	}
	unheard := probe.Quota{Service: "ecs", Code: "L-00000000", Name: "x"}
	require.NotEmpty(t, unheard.Room(t.Context(), s.call(), "", 1, nil).Unknown)
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := awsacm.NewFromConfig(s.cloud.Config())
	request := func(names ...string) string {
		out, err := client.RequestCertificate(t.Context(), &awsacm.RequestCertificateInput{
			DomainName: &names[0], SubjectAlternativeNames: names[1:], ValidationMethod: acmtypes.ValidationMethodDns,
		})
		require.NoError(t, err)
		return *out.CertificateArn
	}
	issued, pending := request("shop.example.com", "*.shop.example.com"), request("shop.test")
	const gone = "arn:aws:acm:" + region + ":" + account + ":certificate/00000000-0000-0000-0000-000000000000"
	for _, test := range []struct {
		name, certificate string
		want              want
	}{
		{"issued", issued, want{}},
		{"pending", pending, want{code: slipway.CertificateMismatch, summary: "PENDING_VALIDATION"}},
		{"gone", gone, want{code: slipway.CertificateMismatch, summary: "does not exist"}},
		{"of another region", "arn:aws:acm:eu-central-1:" + account + ":certificate/1", want{code: slipway.CertificateMismatch, summary: "of another region"}},
		{"of IAM", "arn:aws:iam::" + account + ":server-certificate/x", want{unknown: "it is not of ACM"}},
		{"no ARN", "x", want{unknown: "arn"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.want.of(t, probe.Certificate(t.Context(), s.call(), test.certificate))
		})
	}
	for host, want := range map[string]want{
		"shop.example.com": {}, "SHOP.example.com": {}, "www.shop.example.com": {},
		"a.b.shop.example.com": {code: slipway.CertificateMismatch, summary: "no certificate of the listener covers host name a.b.shop.example.com"},
		"example.com":          {code: slipway.CertificateMismatch, summary: "example.com"},
	} {
		want.of(t, probe.Covered(t.Context(), s.call(), host, []string{issued}))
	}
	want{unknown: "not of ACM"}.of(t, probe.Covered(t.Context(), s.call(), "x.test", []string{"arn:aws:iam::" + account + ":server-certificate/x"}))
}
