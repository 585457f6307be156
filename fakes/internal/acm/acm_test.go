// SPDX-License-Identifier: Apache-2.0

package acm_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsacm "github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

func TestLifeOfACertificate(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), awsacm.NewFromConfig(fakes.New(fakes.Options{}).Config())
	in := &awsacm.RequestCertificateInput{
		DomainName: aws.String("shop.example.com"), SubjectAlternativeNames: []string{"*.shop.example.com", "shop.example.com"},
		ValidationMethod: acmtypes.ValidationMethodDns, IdempotencyToken: aws.String("once"), Tags: []acmtypes.Tag{{Key: aws.String("team"), Value: aws.String("web")}},
	}
	made, err := client.RequestCertificate(ctx, in)
	require.NoError(t, err)
	again, err := client.RequestCertificate(ctx, in)
	require.NoError(t, err)
	require.Equal(t, made.CertificateArn, again.CertificateArn, "the token stands for it")
	got, err := client.DescribeCertificate(ctx, &awsacm.DescribeCertificateInput{CertificateArn: made.CertificateArn})
	require.NoError(t, err)
	require.Equal(t, acmtypes.CertificateStatusIssued, got.Certificate.Status)
	require.Equal(t, []string{"shop.example.com", "*.shop.example.com"}, got.Certificate.SubjectAlternativeNames)
	require.Contains(t, *got.Certificate.DomainValidationOptions[0].ResourceRecord.Value, "acm-validations.aws.")

	_, err = client.AddTagsToCertificate(ctx, &awsacm.AddTagsToCertificateInput{CertificateArn: made.CertificateArn, Tags: []acmtypes.Tag{{Key: aws.String("team"), Value: aws.String("api")}}})
	require.NoError(t, err)
	tags, err := client.ListTagsForCertificate(ctx, &awsacm.ListTagsForCertificateInput{CertificateArn: made.CertificateArn})
	require.NoError(t, err)
	require.Equal(t, "api", *tags.Tags[0].Value)
	_, err = client.RemoveTagsFromCertificate(ctx, &awsacm.RemoveTagsFromCertificateInput{CertificateArn: made.CertificateArn, Tags: tags.Tags})
	require.NoError(t, err)

	list, err := client.ListCertificates(ctx, &awsacm.ListCertificatesInput{CertificateStatuses: []acmtypes.CertificateStatus{acmtypes.CertificateStatusIssued}})
	require.NoError(t, err)
	require.Len(t, list.CertificateSummaryList, 1)
	_, err = client.DeleteCertificate(ctx, &awsacm.DeleteCertificateInput{CertificateArn: made.CertificateArn})
	require.NoError(t, err)
	_, err = client.DescribeCertificate(ctx, &awsacm.DescribeCertificateInput{CertificateArn: made.CertificateArn})
	var missing *acmtypes.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
}

func TestWhatStaysPending(t *testing.T) {
	t.Parallel()
	client := awsacm.NewFromConfig(fakes.New(fakes.Options{}).Config())
	for name, in := range map[string]*awsacm.RequestCertificateInput{
		"no DNS":   {DomainName: aws.String("shop.test"), ValidationMethod: acmtypes.ValidationMethodDns},
		"by email": {DomainName: aws.String("shop.example.com"), ValidationMethod: acmtypes.ValidationMethodEmail},
	} {
		made, err := client.RequestCertificate(t.Context(), in)
		require.NoError(t, err)
		got, err := client.DescribeCertificate(t.Context(), &awsacm.DescribeCertificateInput{CertificateArn: made.CertificateArn})
		require.NoError(t, err)
		require.Equal(t, acmtypes.CertificateStatusPendingValidation, got.Certificate.Status, name)
	}
	_, err := client.RequestCertificate(t.Context(), &awsacm.RequestCertificateInput{DomainName: aws.String("not a name")})
	var invalid *acmtypes.ValidationException
	require.ErrorAs(t, err, &invalid)
}

func TestImport(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	client := awsacm.NewFromConfig(cloud.Config())
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for status, until := range map[acmtypes.CertificateStatus]time.Duration{acmtypes.CertificateStatusIssued: time.Hour, acmtypes.CertificateStatusExpired: -time.Hour} {
		of := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "own.example.com"}, DNSNames: []string{"own.example.com"}, NotAfter: cloud.Now().Add(until)}
		der, err := x509.CreateCertificate(rand.Reader, of, of, key.Public(), key)
		require.NoError(t, err)
		made, err := client.ImportCertificate(t.Context(), &awsacm.ImportCertificateInput{
			Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), PrivateKey: []byte("key"),
		})
		require.NoError(t, err)
		got, err := client.DescribeCertificate(t.Context(), &awsacm.DescribeCertificateInput{CertificateArn: made.CertificateArn})
		require.NoError(t, err)
		require.Equal(t, status, got.Certificate.Status)
		require.Equal(t, []string{"own.example.com"}, got.Certificate.SubjectAlternativeNames)
	}
	_, err = client.ImportCertificate(t.Context(), &awsacm.ImportCertificateInput{Certificate: []byte("no"), PrivateKey: []byte("key")})
	require.Error(t, err)
}
