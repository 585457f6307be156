// SPDX-License-Identifier: Apache-2.0

package servicediscovery_test

import (
	"testing"
	"time"

	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

// TestNamespacesAreListedInTheirOrder: that in which they came, also of those that were under
// way together.
func TestNamespacesAreListedInTheirOrder(t *testing.T) {
	t.Parallel()
	s := open(t, fakes.Realistic)
	names := []string{"f", "c", "a", "e", "b", "d"}
	for _, name := range names {
		_, err := s.client.CreateHttpNamespace(t.Context(), &awssd.CreateHttpNamespaceInput{Name: &name})
		require.NoError(t, err)
	}
	s.cloud.Advance(time.Minute)
	list, err := s.client.ListNamespaces(t.Context(), &awssd.ListNamespacesInput{})
	require.NoError(t, err)
	var listed []string
	for _, n := range list.Namespaces {
		listed = append(listed, *n.Name)
	}
	require.Equal(t, names, listed)
}
