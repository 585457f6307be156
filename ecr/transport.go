// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// transportOf returns what carries a configuration's requests, so that registries
// are reached as AWS's APIs are: through the same proxy, or the same simulation.
func transportOf(cfg aws.Config) http.RoundTripper {
	switch client := cfg.HTTPClient.(type) {
	case nil:
		return awshttp.NewBuildableClient().GetTransport()
	case *http.Client:
		if client.Transport == nil {
			return http.DefaultTransport
		}
		return client.Transport
	case *awshttp.BuildableClient:
		return client.GetTransport()
	default:
		return doer{client}
	}
}

// doer is a transport made of any other client.
type doer struct{ client aws.HTTPClient }

// RoundTrip sends the request.
func (d doer) RoundTrip(r *http.Request) (*http.Response, error) { return d.client.Do(r) }
