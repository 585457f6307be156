// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// status returns what the web server answers, such as "200 OK". The simulation
// answers at once; on AWS the name of a new load balancer is not known everywhere
// from the first moment.
func (s story) status(ctx context.Context, url string) (string, error) {
	if s.cloud != nil {
		return get(ctx, s.cfg.HTTPClient, url)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	client := &http.Client{Timeout: 10 * time.Second}
	for {
		status, err := get(ctx, client, url)
		if err == nil {
			return status, nil
		}
		select {
		case <-ctx.Done():
			return "", err
		case <-time.After(5 * time.Second):
		}
	}
}

func get(ctx context.Context, client aws.HTTPClient, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	return response.Status, response.Body.Close()
}
