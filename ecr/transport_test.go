// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

// dialed is a connection that tells once when it is closed.
type dialed struct {
	net.Conn
	closed func()
}

func (d *dialed) Close() error {
	d.closed()
	return d.Conn.Close()
}

// The SDK's own client, which is the one that configurations have, carries a push
// through TLS and HTTP/2, and keeps no connection open.
func TestPushByTheSDKsClient(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		cloud := fakes.New(fakes.Options{})
		server := httptest.NewUnstartedServer(cloud.Registry())
		server.EnableHTTP2 = http2
		server.StartTLS()
		t.Cleanup(server.Close)
		var open sync.WaitGroup
		cfg := cloud.Config()
		cfg.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
			tr.IdleConnTimeout = 0                                     // else they would end by themselves
			tr.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // the certificate is for another host
			tr.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
				if err != nil {
					return nil, err
				}
				open.Add(1)
				return &dialed{Conn: conn, closed: sync.OnceFunc(open.Done)}, nil
			}
		})
		img := synthetic(t, 6, 256<<10)
		pushed, err := ecr.Push(t.Context(), cfg, ecr.NewRepository("web"), ecr.FromImage(img), ecr.Tags("v1"))
		require.NoError(t, err)
		require.Equal(t, layers(t, img), layers(t, pull(t, cloud, pushed)))
		if !http2 { // whose connections Go closes only when it has cleaned up behind the last answer
			open.Wait()
		}
	}
}
