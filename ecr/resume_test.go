// SPDX-License-Identifier: Apache-2.0

package ecr_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

// cutter listens, and cuts each connection after a random number of bytes.
type cutter struct {
	net.Listener
	mu   sync.Mutex
	rand *rand.Rand
	most int64
	cuts atomic.Int64
}

func (c *cutter) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	c.mu.Lock()
	defer c.mu.Unlock()
	return &cutConn{Conn: conn, left: 1 + c.rand.Int64N(c.most), cuts: &c.cuts}, err
}

// cutConn is cut when the server has read so many bytes.
type cutConn struct {
	net.Conn
	left int64
	cuts *atomic.Int64
}

func (c *cutConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		c.cuts.Add(1)
		return 0, errors.Join(net.ErrClosed, c.Close())
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// through has registry requests of cfg go to a server, and the others where they went.
func through(t testing.TB, cfg aws.Config, address string) aws.Config {
	t.Helper()
	socket, next := &http.Transport{}, cfg.HTTPClient
	t.Cleanup(socket.CloseIdleConnections)
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if !strings.HasPrefix(r.URL.Path, "/v2/") {
			return next.Do(r)
		}
		to := r.Clone(r.Context())
		to.URL.Scheme, to.URL.Host = "http", address
		response, err := socket.RoundTrip(to)
		if err == nil {
			response.Request = r
		}
		return response, err
	})}
	return cfg
}

// A push over connections that are cut at random bytes ends with the same image,
// and does not begin again and again.
func TestPushResumes(t *testing.T) {
	t.Parallel()
	const chunk, requestsMost = 1 << 20, 1 << 20 // and the API's requests
	for seed := range uint64(4) {
		cloud := fakes.New(fakes.Options{})
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		cut := &cutter{Listener: listener, rand: rand.New(rand.NewPCG(seed, 0)), most: 512 << 10}
		server := httptest.NewUnstartedServer(cloud.Registry())
		server.Listener = cut
		server.Start()
		t.Cleanup(server.Close)

		img := synthetic(t, 3, 2<<20)
		var seen recorder
		sent := &sentBytes{}
		cfg := sent.config(through(t, cloud.Config(), listener.Addr().String()))
		pushed, err := ecr.Push(t.Context(), cfg, ecr.NewRepository("web"), ecr.FromImage(img), ecr.Observe(&seen), ecr.Chunk(chunk))
		require.NoError(t, err, "seed %d", seed)
		require.Equal(t, digest(t, img), pushed.Digest())
		require.Equal(t, layers(t, img), layers(t, pull(t, cloud, pushed)), "every byte is where it was")
		require.Greater(t, cut.cuts.Load(), int64(5), "connections were cut")
		last := seen.last(t)
		require.Equal(t, last.Total, last.Done)
		require.LessOrEqual(t, sent.bytes.Load(), last.Total+cut.cuts.Load()*chunk+requestsMost, "a cut loses a chunk at most")
		t.Logf("seed %d: %d cuts, %d bytes sent for %d", seed, cut.cuts.Load(), sent.bytes.Load(), last.Total)
	}
}

// sentBytes counts what is read from bodies.
type sentBytes struct{ bytes atomic.Int64 }

func (s *sentBytes) config(cfg aws.Config) aws.Config {
	next := cfg.HTTPClient
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			r = r.Clone(r.Context())
			r.Body = countingBody{r.Body, &s.bytes}
		}
		return next.Do(r)
	})}
	return cfg
}

type countingBody struct {
	io.ReadCloser
	count *atomic.Int64
}

func (b countingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.count.Add(int64(n))
	return n, err
}

// faulty answers some requests itself: what fault returns, unless that is nil.
func faulty(cfg aws.Config, fault func(r *http.Request) (*http.Response, error)) aws.Config {
	next := cfg.HTTPClient
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if response, err := fault(r); response != nil || err != nil {
			return response, err
		}
		return next.Do(r)
	})}
	return cfg
}

func status(r *http.Request, code int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode: code, Status: http.StatusText(code), Header: header, Body: io.NopCloser(strings.NewReader(body)),
		Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

var errCut = errors.New("connection reset by peer")

// Registries fail in ways of their own.
func TestPushAgainstOddRegistries(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, reason string
		fault        func(n int, r *http.Request) (*http.Response, error) // n counts the requests of its method
		fails        string
	}{
		{
			name: "stale range", reason: "ECR tells less than it has: what it took counts",
			fault: func(n int, r *http.Request) (*http.Response, error) {
				switch {
				case r.Method == http.MethodPatch && n == 2:
					return nil, errCut
				case r.Method == http.MethodGet && isUpload(r):
					return status(r, http.StatusNoContent, http.Header{"Range": {"0-0"}, "Location": {r.URL.String()}}, ""), nil
				}
				return nil, nil
			},
		},
		{
			name: "no status", reason: "a registry that tells nothing goes on behind the last chunk",
			fault: func(n int, r *http.Request) (*http.Response, error) {
				switch {
				case r.Method == http.MethodPatch && n == 3:
					return nil, errCut
				case r.Method == http.MethodGet && isUpload(r):
					return status(r, http.StatusMethodNotAllowed, nil, ""), nil
				}
				return nil, nil
			},
		},
		{
			name: "upload forgotten", reason: "it begins anew",
			fault: func(n int, r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPatch && n == 3 {
					return status(r, http.StatusNotFound, nil, `{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"gone"}]}`), nil
				}
				if r.Method == http.MethodGet && isUpload(r) {
					return status(r, http.StatusNotFound, nil, `{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"gone"}]}`), nil
				}
				return nil, nil
			},
		},
		{
			name: "lies about what it has", reason: "the digest tells, and it begins anew",
			fault: func(n int, r *http.Request) (*http.Response, error) {
				switch {
				case r.Method == http.MethodPatch && n == 1:
					return nil, errCut
				case r.Method == http.MethodGet && isUpload(r):
					return status(r, http.StatusNoContent, http.Header{"Range": {"0-99"}, "Location": {r.URL.String()}}, ""), nil
				case r.Method == http.MethodPatch && r.Header.Get("Content-Range") != "" && strings.HasPrefix(r.Header.Get("Content-Range"), "100-"):
					r.Header.Del("Content-Range")
				}
				return nil, nil
			},
		},
		{
			name: "busy", reason: "it waits",
			fault: func(n int, r *http.Request) (*http.Response, error) {
				if n <= 2 && r.Method != http.MethodGet {
					return status(r, http.StatusTooManyRequests, nil, `{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}`), nil
				}
				return nil, nil
			},
		},
		{
			name: "busy with every upload", reason: "what is lost is nothing, so that it begins as often as it has patience",
			fault: func(n int, r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPatch && n <= 6 {
					return status(r, http.StatusServiceUnavailable, nil, ""), nil
				}
				return nil, nil
			},
		},
		{
			name: "slow to connect", reason: "a connection's deadline is not the push's",
			fault: func(n int, r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPatch && n == 2 {
					_, err := (&net.Dialer{Deadline: time.Unix(1, 0)}).DialContext(r.Context(), "tcp", "127.0.0.1:1")
					return nil, err
				}
				return nil, nil
			},
		},
		{
			name: "always busy", reason: "it gives up", fails: "slow down",
			fault: func(_ int, r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPatch {
					return status(r, http.StatusTooManyRequests, nil, `{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}`), nil
				}
				return nil, nil
			},
		},
		{
			name: "wrong digest", reason: "bytes that were sent at once are the source's fault", fails: "does not match",
			fault: func(_ int, r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodPut && isUpload(r) {
					return status(r, http.StatusBadRequest, nil, `{"errors":[{"code":"DIGEST_INVALID","message":"digest does not match"}]}`), nil
				}
				return nil, nil
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := fakes.New(fakes.Options{})
				img := synthetic(t, 1, 1<<20)
				counts, mu := map[string]int{}, sync.Mutex{}
				cfg := faulty(cloud.Config(), func(r *http.Request) (*http.Response, error) {
					if !strings.HasPrefix(r.URL.Path, "/v2/web/") {
						return nil, nil
					}
					mu.Lock()
					counts[r.Method]++
					n := counts[r.Method]
					mu.Unlock()
					return test.fault(n, r)
				})
				pushed, err := ecr.Push(t.Context(), cfg, ecr.NewRepository("web"), ecr.FromImage(img), ecr.Jobs(1), ecr.Chunk(256<<10))
				if test.fails != "" {
					require.ErrorContains(t, err, test.fails, test.reason)
					return
				}
				require.NoError(t, err, test.reason)
				require.Equal(t, layers(t, img), layers(t, pull(t, cloud, pushed)), test.reason)
			})
		})
	}
}

func isUpload(r *http.Request) bool { return strings.Contains(r.URL.Path, "/blobs/uploads/") }

// The last answer is lost: the blob is there all the same.
func TestPushWhoseLastAnswerIsLost(t *testing.T) {
	t.Parallel()
	cloud := fakes.New(fakes.Options{})
	next := cloud.Config().HTTPClient
	var lost atomic.Int64
	cfg := faulty(cloud.Config(), func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodPut || !isUpload(r) {
			return nil, nil
		}
		response, err := next.Do(r)
		if err != nil {
			return nil, err
		}
		lost.Add(1)
		return nil, errors.Join(errCut, response.Body.Close())
	})
	img := image(t, "linux", "amd64")
	pushed, err := ecr.Push(t.Context(), cfg, ecr.NewRepository("web"), ecr.FromImage(img))
	require.NoError(t, err)
	require.Equal(t, layers(t, img), layers(t, pull(t, cloud, pushed)))
	require.Equal(t, int64(4), lost.Load(), "no blob is sent twice")
}

// A push that is cancelled while a registry is busy ends at once.
func TestPushWaitsNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cfg := faulty(fakes.New(fakes.Options{}).Config(), func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPatch {
				cancel()
				return status(r, http.StatusServiceUnavailable, nil, ""), nil
			}
			return nil, nil
		})
		begun := time.Now()
		_, err := ecr.Push(ctx, cfg, ecr.NewRepository("web"), ecr.FromImage(image(t, "linux", "amd64")), ecr.Jobs(1))
		require.Error(t, err)
		require.Less(t, time.Since(begun), 50*time.Millisecond, "in the bubble's time: no pause is waited for")
	})
}
