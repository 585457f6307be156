// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
)

// story is what is told. cloud is nil on AWS.
type story struct {
	cfg   aws.Config
	cloud *fakes.Cloud
	out   io.Writer
	timeline
}

func begin(ctx context.Context, out io.Writer, onAWS bool) (*story, error) {
	if onAWS {
		cfg, err := config.LoadDefaultConfig(ctx)
		return &story{cfg: cfg, out: out, timeline: newTimeline()}, err
	}
	cloud := fakes.New(fakes.Options{Timing: fakes.Realistic, Speed: 240})
	return &story{cfg: cloud.Config(), cloud: cloud, out: out, timeline: newTimeline()}, nil
}

// now is what AWS's clock shows.
func (s *story) now() time.Time {
	if s.cloud == nil {
		return time.Now()
	}
	return s.cloud.Now()
}

func (s *story) title(text string) { fmt.Fprintf(s.out, "\n== %s\n\n", text) }

// scale deploys the service with so many tasks, and waits until the cluster has so many
// instances.
func (s *story) scale(ctx context.Context, tasks, instances int32) error {
	began := s.now()
	if _, err := shop(int(tasks)).Apply(ctx, s.cfg); err != nil {
		return err
	}
	return s.wait(ctx, began, tasks, instances)
}

// wait waits until so many tasks run on so many instances, and tells what has happened.
func (s *story) wait(ctx context.Context, began time.Time, tasks, instances int32) error {
	err := slipway.Poll(ctx, func(ctx context.Context) (bool, error) {
		out, err := awsecs.NewFromConfig(s.cfg).DescribeClusters(ctx, &awsecs.DescribeClustersInput{Clusters: []string{name}})
		if err != nil {
			return false, err
		}
		c := out.Clusters[0]
		done := c.RunningTasksCount == tasks && c.PendingTasksCount == 0 && c.RegisteredContainerInstancesCount == instances
		return done, s.look(ctx, s.cfg)
	})
	if err != nil {
		return err
	}
	s.tell(s.out, began)
	fmt.Fprintf(s.out, "%d tasks run on %d instances.\n", tasks, instances)
	return nil
}
