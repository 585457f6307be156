// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	awscloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/slipway-go/slipway/fakes"
)

// testHeader marks test traffic.
const testHeader = "X-Test"

// version is one of the service: nginx that answers everything with a status.
type version struct {
	tag    string
	status int
}

// The statuses tell the versions apart.
var (
	one   = version{"1.28", http.StatusOK}
	two   = version{"1.28-alpine", http.StatusServiceUnavailable}
	three = version{"1.29", http.StatusAccepted}
)

func (v version) image() string { return "public.ecr.aws/nginx/nginx:" + v.tag }

// script has nginx answer so, and be healthy all the same.
func (v version) script() string {
	return fmt.Sprintf("echo 'server { listen 80; location /health { return 200; } location / { return %d; } }' "+
		"> /etc/nginx/conf.d/default.conf && exec nginx -g 'daemon off;'", v.status)
}

// program is the same for the simulation.
func (v version) program() fakes.Program {
	return fakes.Program{Status: func(path string, _ time.Duration) int {
		if path == "/health" {
			return http.StatusOK
		}
		return v.status
	}}
}

// story is what is told. client reaches the balancer.
type story struct {
	cfg    aws.Config
	client aws.HTTPClient
	out    io.Writer
	url    string
}

func begin(ctx context.Context, out io.Writer, onAWS bool) (*story, error) {
	s := &story{out: out, client: &http.Client{Timeout: 10 * time.Second}}
	if onAWS {
		cfg, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return nil, err
		}
		s.cfg = cfg
		err = s.guard(ctx)
		return s, err
	}
	cloud := fakes.New(fakes.Options{Timing: fakes.Realistic, Speed: 240})
	for _, v := range []version{one, two, three} {
		cloud.Image(v.image(), v.program())
	}
	s.cfg = cloud.Config()
	s.client = s.cfg.HTTPClient
	err := s.guard(ctx)
	return s, err
}

func (s *story) title(text string) { fmt.Fprintf(s.out, "\n== %s\n\n", text) }

func (s *story) sayf(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// requests is how many show how the traffic is split.
const requests = 100

// show says how requests are answered, and test requests.
func (s *story) show(ctx context.Context) error {
	for _, test := range []bool{false, true} {
		counts := map[int]int{}
		for range requests {
			status, err := s.ask(ctx, test)
			if err != nil {
				return err
			}
			counts[status]++
		}
		var parts []string
		for _, status := range slices.Sorted(maps.Keys(counts)) {
			parts = append(parts, fmt.Sprintf("%d are answered with %d %s", counts[status], status, http.StatusText(status)))
		}
		kind := "requests"
		if test {
			kind = "test requests"
		}
		s.sayf("Of %d %s %s.", requests, kind, strings.Join(parts, ", "))
	}
	return nil
}

func (s *story) ask(ctx context.Context, test bool) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return 0, err
	}
	if test {
		request.Header.Set(testHeader, "yes")
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// guard makes the alarm. In earnest it would look at the balancer's own metrics; here the
// story tells it when to go off.
func (s *story) guard(ctx context.Context) error {
	_, err := awscloudwatch.NewFromConfig(s.cfg).PutMetricAlarm(ctx, &awscloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String(alarm), Namespace: aws.String("Canary"), MetricName: aws.String("Errors"), Statistic: cwtypes.StatisticSum,
		Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(5), TreatMissingData: aws.String("ignore"),
		ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold,
	})
	if err != nil {
		return err
	}
	return s.ring(ctx, false)
}

// ring sets the state of the alarm.
func (s *story) ring(ctx context.Context, on bool) error {
	state := cwtypes.StateValueOk
	if on {
		state = cwtypes.StateValueAlarm
	}
	_, err := awscloudwatch.NewFromConfig(s.cfg).SetAlarmState(ctx, &awscloudwatch.SetAlarmStateInput{
		AlarmName: aws.String(alarm), StateValue: state, StateReason: aws.String("errors were counted"),
	})
	return err
}

func (s *story) forget(ctx context.Context) error {
	_, err := awscloudwatch.NewFromConfig(s.cfg).DeleteAlarms(ctx, &awscloudwatch.DeleteAlarmsInput{AlarmNames: []string{alarm}})
	return err
}
