// SPDX-License-Identifier: Apache-2.0

package compare_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/ecr"
	"github.com/slipway-go/slipway/fakes"
)

// Variables of the process that is measured.
const (
	hostVariable   = "SLIPWAY_COMPARE_HOST"
	sourceVariable = "SLIPWAY_COMPARE_SOURCE"
)

func TestMain(m *testing.M) {
	if host := os.Getenv(hostVariable); host != "" {
		if err := push(context.Background(), host, os.Getenv(sourceVariable)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// push pushes to the registry on the loopback as if it were ECR's.
func push(ctx context.Context, host, path string) error {
	cfg := fakes.New(fakes.Options{}).Config()
	if _, err := ecr.NewRepository("web").Stack().Apply(ctx, cfg); err != nil {
		return err
	}
	next := cfg.HTTPClient
	cfg.HTTPClient = &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		if !strings.HasPrefix(r.URL.Path, "/v2/") {
			return next.Do(r)
		}
		to := r.Clone(r.Context())
		to.URL.Scheme, to.URL.Host = "http", host
		return http.DefaultTransport.RoundTrip(to)
	})}
	source := ecr.FromLayout(path)
	if strings.HasSuffix(path, ".tar") {
		source = ecr.FromTarball(path)
	}
	_, err := ecr.Push(ctx, cfg, ecr.RepositoryNamed("web"), source, ecr.Tags("v1"))
	return err
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// sink is a registry that takes everything and keeps nothing, so that it is never
// what pushes wait for.
type sink struct {
	blobs    atomic.Int64
	manifest atomic.Bool
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/v2/":
		w.WriteHeader(http.StatusOK)
	case strings.Contains(r.URL.Path, "/manifests/") && r.Method == http.MethodPut:
		sum := sha256.New()
		_, _ = io.Copy(sum, r.Body)
		s.manifest.Store(true)
		w.Header().Set("Docker-Content-Digest", "sha256:"+hex.EncodeToString(sum.Sum(nil)))
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodPost, r.Method == http.MethodPatch, r.Method == http.MethodPut:
		n, _ := io.Copy(io.Discard, r.Body)
		total := s.blobs.Add(n)
		w.Header().Set("Location", "/v2/web/blobs/uploads/1")
		w.Header().Set("Range", fmt.Sprintf("0-%d", max(0, total-1)))
		w.WriteHeader(map[string]int{http.MethodPost: http.StatusAccepted, http.MethodPatch: http.StatusAccepted, http.MethodPut: http.StatusCreated}[r.Method])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// figures are what a push took.
type figures struct {
	wall, cpu time.Duration
	// memory is the peak of the resident set, in MiB.
	memory int64
	// sent is in MiB.
	sent int64
}

// program is what is compared.
type program struct {
	name    string
	command func(ctx context.Context, host, path string) *exec.Cmd
}

func programs(t *testing.T) []program {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	home := t.TempDir() // what skopeo remembers of blobs must not help it
	return []program{
		{"slipway", func(ctx context.Context, host, path string) *exec.Cmd {
			cmd := exec.CommandContext(ctx, self)
			cmd.Env = append(os.Environ(), hostVariable+"="+host, sourceVariable+"="+path)
			return cmd
		}},
		{"crane", func(ctx context.Context, host, path string) *exec.Cmd {
			return exec.CommandContext(ctx, "crane", "push", "--insecure", path, host+"/web:v1")
		}},
		{"skopeo", func(ctx context.Context, host, path string) *exec.Cmd {
			from := "oci:" + path
			if strings.HasSuffix(path, ".tar") {
				from = "docker-archive:" + path
			}
			cmd := exec.CommandContext(ctx, "skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false", from, "docker://"+host+"/web:v1")
			cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home)
			return cmd
		}},
	}
}

// measure runs a program against a fresh registry.
func measure(t *testing.T, p program, path string) figures {
	t.Helper()
	registry := &sink{}
	server := httptest.NewServer(registry)
	defer server.Close()
	cmd := p.command(t.Context(), strings.TrimPrefix(server.URL, "http://"), path)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	begin := time.Now()
	require.NoError(t, cmd.Start())
	ended, peak := make(chan struct{}), make(chan int64)
	go func() { peak <- watch(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	wall := time.Since(begin)
	close(ended)
	require.NoError(t, err, "%s: %s", p.name, out.String())
	require.True(t, registry.manifest.Load(), p.name)
	return figures{
		wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), memory: <-peak, sent: registry.blobs.Load() >> 20,
	}
}

// watch returns the peak of a process's resident set, in MiB, as the kernel knows it
// shortly before the process ends. What wait tells begins with the parent's.
func watch(pid int, ended <-chan struct{}) (peak int64) {
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		select {
		case <-ended:
			tick.Stop()
			return peak >> 10
		case <-tick.C:
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // it may be gone
			_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
			if fields := bytes.Fields(after); len(fields) > 0 {
				kib, _ := strconv.ParseInt(string(fields[0]), 10, 64)
				peak = max(peak, kib)
			}
		}
	}
}

// rounds are those of which the best counts: more where runs are short.
var rounds = map[string]int{"compressed": 15, "uncompressed": 3}

// rivals are those to compare with. The third program runs but once.
var rivals = map[string]string{"compressed": "crane", "uncompressed": "skopeo"}

const (
	// noise is by how much two runs of the same program differ.
	noise = 1.05
	// memoryMost is the budget, in MiB.
	memoryMost = 64
)

// The budget: compressed layers no slower than crane, uncompressed ones faster than
// skopeo, memory flat, all of the same image to the same kind of registry in one run.
// Pushes of compressed layers take half a second, and are judged only on a machine
// that is said to be quiet.
func TestPushAgainstOthers(t *testing.T) { //nolint:paralleltest // it measures
	if os.Getenv("SLIPWAY_COMPARE") == "" {
		t.Skip("moves some 20 GB: set SLIPWAY_COMPARE")
	}
	for name, write := range map[string]func(*testing.T) string{"compressed": compressed, "uncompressed": uncompressed} {
		t.Run(name, func(t *testing.T) {
			path, best := write(t), map[string]figures{}
			for round := range rounds[name] {
				for _, p := range programs(t) {
					if round > 0 && p.name != "slipway" && p.name != rivals[name] {
						continue
					}
					f := measure(t, p, path)
					if b, ok := best[p.name]; ok {
						f.wall, f.cpu, f.memory = min(f.wall, b.wall), min(f.cpu, b.cpu), max(f.memory, b.memory)
					}
					best[p.name] = f
				}
			}
			for _, p := range programs(t) {
				f := best[p.name]
				t.Logf("%-8s %6.2fs wall %6.2fs cpu %5d MiB peak %5d MiB sent", p.name, f.wall.Seconds(), f.cpu.Seconds(), f.memory, f.sent)
			}
			ours, theirs := best["slipway"], best[rivals[name]]
			ratio := ours.wall.Seconds() / theirs.wall.Seconds()
			t.Logf("%.2f times the time of the one to compare with", ratio)
			if name == "uncompressed" || os.Getenv("SLIPWAY_COMPARE") == "quiet" {
				require.Less(t, ratio, noise)
			}
			require.Less(t, ours.memory, int64(memoryMost))
		})
	}
}
