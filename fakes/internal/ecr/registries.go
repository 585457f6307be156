// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/internal/lifecycle"
)

func (f *Fake) handleRegistry(s *sim.Service) {
	sim.Handle(s, "GetAuthorizationToken", f.getToken)
	sim.Handle(s, "DescribeRegistry", f.describeRegistry)
	sim.Handle(s, "GetRegistryScanningConfiguration", f.getScanning)
	sim.Handle(s, "PutRegistryScanningConfiguration", f.putRegistryScanning)
	sim.Handle(s, "BatchGetRepositoryScanningConfiguration", f.repositoryScanning)
}

// getToken makes a token for the caller, whatever registries are named: ECR's
// tokens are good for every registry that the caller may use.
func (f *Fake) getToken(c *sim.Call, in *awsecr.GetAuthorizationTokenInput) (*awsecr.GetAuthorizationTokenOutput, error) {
	ids := in.RegistryIds //nolint:staticcheck // ECR still honours what it deprecates
	if len(ids) == 0 {
		ids = []string{c.Account}
	}
	expires := c.Now().Add(tokenLife)
	password, err := token{Principal: c.Caller, Expires: expires}.password()
	if err != nil {
		return nil, err
	}
	encoded := base64.StdEncoding.EncodeToString([]byte("AWS:" + password))
	out := &awsecr.GetAuthorizationTokenOutput{}
	for _, id := range ids {
		of := &registry{account: id, region: c.Region}
		out.AuthorizationData = append(out.AuthorizationData, ecrtypes.AuthorizationData{
			AuthorizationToken: &encoded, ExpiresAt: &expires, ProxyEndpoint: aws.String("https://" + of.host()),
		})
	}
	return out, nil
}

func (f *Fake) describeRegistry(c *sim.Call, _ *awsecr.DescribeRegistryInput) (*awsecr.DescribeRegistryOutput, error) {
	r := f.registries.In(c)
	return &awsecr.DescribeRegistryOutput{
		RegistryId: &r.account, ReplicationConfiguration: &ecrtypes.ReplicationConfiguration{Rules: []ecrtypes.ReplicationRule{}},
	}, nil
}

func (f *Fake) getScanning(c *sim.Call, _ *awsecr.GetRegistryScanningConfigurationInput) (*awsecr.GetRegistryScanningConfigurationOutput, error) {
	r := f.registries.In(c)
	scanning := r.scanning
	return &awsecr.GetRegistryScanningConfigurationOutput{RegistryId: &r.account, ScanningConfiguration: &scanning}, nil
}

func (f *Fake) putRegistryScanning(
	c *sim.Call, in *awsecr.PutRegistryScanningConfigurationInput,
) (*awsecr.PutRegistryScanningConfigurationOutput, error) {
	for _, rule := range in.Rules {
		if rule.ScanFrequency == ecrtypes.ScanFrequencyContinuousScan && in.ScanType != ecrtypes.ScanTypeEnhanced {
			return nil, invalid("Invalid parameter at 'scanFrequency' failed to satisfy constraint: 'CONTINUOUS_SCAN is only supported for ENHANCED'")
		}
	}
	r := f.registries.In(c)
	r.scanning = ecrtypes.RegistryScanningConfiguration{Rules: in.Rules, ScanType: in.ScanType}
	if r.scanning.ScanType == "" {
		r.scanning.ScanType = ecrtypes.ScanTypeBasic
	}
	scanning := r.scanning
	return &awsecr.PutRegistryScanningConfigurationOutput{RegistryScanningConfiguration: &scanning}, nil
}

// frequency is how often the registry's rules have a repository scanned.
func (r *registry) frequency(name string) ecrtypes.ScanFrequency {
	for _, rule := range r.scanning.Rules {
		if slices.ContainsFunc(rule.RepositoryFilters, func(f ecrtypes.ScanningRepositoryFilter) bool { return matches(f, name) }) {
			return rule.ScanFrequency
		}
	}
	return ecrtypes.ScanFrequencyManual
}

// matches: a filter without a wildcard fits every name that holds it.
func matches(f ecrtypes.ScanningRepositoryFilter, name string) bool {
	pattern := deref(f.Filter)
	if !strings.Contains(pattern, "*") {
		return strings.Contains(name, pattern)
	}
	return lifecycle.MatchTag(name, pattern)
}

func (f *Fake) repositoryScanning(
	c *sim.Call, in *awsecr.BatchGetRepositoryScanningConfigurationInput,
) (*awsecr.BatchGetRepositoryScanningConfigurationOutput, error) {
	r := f.registries.In(c)
	out := &awsecr.BatchGetRepositoryScanningConfigurationOutput{}
	for _, name := range in.RepositoryNames {
		repo, ok := r.repos[name]
		if !ok {
			out.Failures = append(out.Failures, ecrtypes.RepositoryScanningConfigurationFailure{
				FailureCode: ecrtypes.ScanningConfigurationFailureCodeRepositoryNotFound, RepositoryName: &name,
				FailureReason: aws.String("The repository does not exist in the registry"),
			})
			continue
		}
		frequency := r.frequency(name)
		if frequency == ecrtypes.ScanFrequencyManual && repo.ImageScanningConfiguration.ScanOnPush {
			frequency = ecrtypes.ScanFrequencyScanOnPush
		}
		out.ScanningConfigurations = append(out.ScanningConfigurations, ecrtypes.RepositoryScanningConfiguration{
			RepositoryArn: repo.RepositoryArn, RepositoryName: repo.RepositoryName, ScanFrequency: frequency,
			ScanOnPush: frequency == ecrtypes.ScanFrequencyScanOnPush,
		})
	}
	return out, nil
}
