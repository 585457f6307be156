// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// transportOf returns what carries a configuration's requests, so that registries
// are reached as AWS's APIs are: through the same proxy, or the same simulation. The
// SDK's own client only lends a copy: hangUp ends the connections that it keeps.
func transportOf(cfg aws.Config) (rt http.RoundTripper, hangUp func()) {
	switch client := cfg.HTTPClient.(type) {
	case nil:
		return own(awshttp.NewBuildableClient())
	case *awshttp.BuildableClient:
		return own(client)
	case *http.Client:
		if client.Transport == nil {
			return http.DefaultTransport, func() {}
		}
		return client.Transport, func() {}
	default:
		return doer{client}, func() {}
	}
}

func own(client *awshttp.BuildableClient) (http.RoundTripper, func()) {
	t := client.GetTransport()
	return t, t.CloseIdleConnections
}

// doer is a transport made of any other client.
type doer struct{ client aws.HTTPClient }

// RoundTrip sends the request.
func (d doer) RoundTrip(r *http.Request) (*http.Response, error) { return d.client.Do(r) }
