// SPDX-License-Identifier: Apache-2.0

package servicediscovery_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssd "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
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

// TestWhatHappensMeanwhile: an operation that could begin fails if it cannot end.
func TestWhatHappensMeanwhile(t *testing.T) {
	t.Parallel()
	s := open(t, fakes.Realistic)
	create := func() *string {
		out, err := s.client.CreateHttpNamespace(t.Context(), &awssd.CreateHttpNamespaceInput{Name: aws.String("shop")})
		require.NoError(t, err)
		return out.OperationId
	}
	first, second := create(), create()
	id := s.target(first, "NAMESPACE")
	require.Equal(t, sdtypes.OperationStatusFail, s.operation(second).Status, "there is one of that name by now")
	require.Equal(t, "Namespace already exists.", *s.operation(second).ErrorMessage)

	gone, err := s.client.DeleteNamespace(t.Context(), &awssd.DeleteNamespaceInput{Id: id})
	require.NoError(t, err)
	web := s.service(id, "web")
	s.cloud.Advance(time.Minute)
	require.Equal(t, sdtypes.OperationStatusFail, s.operation(gone.OperationId).Status, "it is not empty any more")
	_, err = s.client.DeleteService(t.Context(), &awssd.DeleteServiceInput{Id: web.Id})
	require.NoError(t, err)
	gone, err = s.client.DeleteNamespace(t.Context(), &awssd.DeleteNamespaceInput{Id: id})
	require.NoError(t, err)
	s.target(gone.OperationId, "NAMESPACE")
}

func TestUnknownFilters(t *testing.T) {
	t.Parallel()
	s := open(t, fakes.Timing{})
	s.service(s.http("shop"), "web")
	var invalid *sdtypes.InvalidInput
	_, err := s.client.ListNamespaces(t.Context(), &awssd.ListNamespacesInput{Filters: []sdtypes.NamespaceFilter{{Name: "COLOUR", Values: []string{"SELF"}}}})
	require.ErrorAs(t, err, &invalid)
	_, err = s.client.ListServices(t.Context(), &awssd.ListServicesInput{Filters: []sdtypes.ServiceFilter{{Name: "COLOUR", Values: []string{"SELF"}}}})
	require.ErrorAs(t, err, &invalid)
}
