// SPDX-License-Identifier: Apache-2.0

package ec2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes/internal/ec2"
)

// TestMatching: which types offer what is required.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceRequirementsRequest.html
func TestMatching(t *testing.T) {
	t.Parallel()
	least := func(vCPUs, memory int32) ec2types.InstanceRequirementsRequest {
		return ec2types.InstanceRequirementsRequest{VCpuCount: &ec2types.VCpuCountRangeRequest{Min: &vCPUs}, MemoryMiB: &ec2types.MemoryMiBRequest{Min: &memory}}
	}
	for name, c := range map[string]struct {
		change         func(*ec2types.InstanceRequirementsRequest)
		first          string
		without, among []string
	}{
		"the cheapest first": {nil, "", []string{"t3.large"}, []string{"m5.large", "m7g.large"}},
		"allowed":            {func(q *ec2types.InstanceRequirementsRequest) { q.AllowedInstanceTypes = []string{"m5.*"} }, "m5.large", []string{"m7g.large"}, nil},
		"excluded":           {func(q *ec2types.InstanceRequirementsRequest) { q.ExcludedInstanceTypes = []string{"c*", "m*"} }, "", []string{"m5.large"}, []string{"r5.large"}},
		"at most":            {func(q *ec2types.InstanceRequirementsRequest) { q.VCpuCount.Max = aws.Int32(2) }, "", []string{"m5.xlarge"}, []string{"m5.large"}},
		"memory at most":     {func(q *ec2types.InstanceRequirementsRequest) { q.MemoryMiB.Max = aws.Int32(8192) }, "", []string{"r5.large"}, []string{"m5.large"}},
		"memory of a vCPU": {func(q *ec2types.InstanceRequirementsRequest) {
			q.MemoryGiBPerVCpu = &ec2types.MemoryGiBPerVCpuRequest{Min: aws.Float64(8)}
		}, "", []string{"m5.large"}, []string{"r5.large"}},
		"burstable": {func(q *ec2types.InstanceRequirementsRequest) {
			q.BurstablePerformance = ec2types.BurstablePerformanceIncluded
		}, "", nil, []string{"t3.large", "m5.large"}},
		"burstable only": {func(q *ec2types.InstanceRequirementsRequest) {
			q.BurstablePerformance = ec2types.BurstablePerformanceRequired
		}, "", []string{"m5.large"}, []string{"t3.large"}},
		"of Amazon": {func(q *ec2types.InstanceRequirementsRequest) {
			q.CpuManufacturers = []ec2types.CpuManufacturer{ec2types.CpuManufacturerAmazonWebServices}
		}, "", []string{"m5.large"}, []string{"m7g.large"}},
		"of AMD": {func(q *ec2types.InstanceRequirementsRequest) {
			q.CpuManufacturers = []ec2types.CpuManufacturer{ec2types.CpuManufacturerAmd}
		}, "", []string{"m5.large", "m7g.large"}, []string{"m7a.large"}},
		"with GPUs": {func(q *ec2types.InstanceRequirementsRequest) {
			q.AcceleratorCount = &ec2types.AcceleratorCountRequest{Min: aws.Int32(1)}
		}, "", []string{"m5.large"}, []string{"g5.xlarge"}},
		"with no GPUs": {func(q *ec2types.InstanceRequirementsRequest) {
			q.AcceleratorCount = &ec2types.AcceleratorCountRequest{Max: aws.Int32(0)}
		}, "", []string{"g5.xlarge"}, []string{"m5.large"}},
		"with GPUs of a name": {func(q *ec2types.InstanceRequirementsRequest) {
			q.AcceleratorNames = []ec2types.AcceleratorName{ec2types.AcceleratorNameA10g}
		}, "", []string{"g4dn.xlarge"}, []string{"g5.xlarge"}},
		"with instance store": {func(q *ec2types.InstanceRequirementsRequest) {
			q.LocalStorage = ec2types.LocalStorageRequired
			q.AcceleratorTypes = []ec2types.AcceleratorType{ec2types.AcceleratorTypeGpu}
		}, "", []string{"m5.large"}, []string{"g5.xlarge"}},
		"without instance store": {func(q *ec2types.InstanceRequirementsRequest) { q.LocalStorage = ec2types.LocalStorageExcluded }, "", nil, []string{"m5.large"}},
		"bare metal":             {func(q *ec2types.InstanceRequirementsRequest) { q.BareMetal = ec2types.BareMetalRequired }, "", []string{"m5.large"}, nil},
		"with interfaces": {func(q *ec2types.InstanceRequirementsRequest) {
			q.NetworkInterfaceCount = &ec2types.NetworkInterfaceCountRequest{Min: aws.Int32(4)}
		}, "", []string{"m5.large"}, []string{"m5.xlarge"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := least(2, 8192)
			if c.change != nil {
				c.change(&q)
			}
			found, err := (*ec2.Fake)(nil).Matching(q)
			require.NoError(t, err)
			var names []string
			price := 0.0
			for _, f := range found {
				names = append(names, f.Name)
				require.GreaterOrEqual(t, f.Price(), price)
				price = f.Price()
			}
			for _, n := range c.without {
				require.NotContains(t, names, n)
			}
			for _, n := range c.among {
				require.Contains(t, names, n)
			}
			if c.first != "" {
				require.Equal(t, c.first, names[0])
			}
		})
	}
	q := least(2, 8192)
	q.NetworkBandwidthGbps = &ec2types.NetworkBandwidthGbpsRequest{Min: aws.Float64(10)}
	_, err := (*ec2.Fake)(nil).Matching(q)
	require.ErrorContains(t, err, "NetworkBandwidthGbps of instance requirements is not modelled")
}
