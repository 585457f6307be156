// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/internal/awserr"
)

// taskBatch is how many tasks one call describes.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
const taskBatch = 100

// listTasks returns the ARNs of a service's tasks.
func listTasks(ctx context.Context, c slipway.Call, s *ecstypes.Service, status ecstypes.DesiredStatus) ([]string, error) {
	var all []string
	pages := awsecs.NewListTasksPaginator(client(c), &awsecs.ListTasksInput{Cluster: s.ClusterArn, ServiceName: s.ServiceName, DesiredStatus: status})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, awserr.Wrap(err, "list tasks")
		}
		all = append(all, page.TaskArns...)
	}
	return all, nil
}

// describeTasks returns the tasks that ECS still knows, the newest first.
func describeTasks(ctx context.Context, c slipway.Call, cluster string, arns []string) ([]ecstypes.Task, error) {
	var all []ecstypes.Task
	for batch := range slices.Chunk(arns, taskBatch) {
		out, err := client(c).DescribeTasks(ctx, &awsecs.DescribeTasksInput{Cluster: aws.String(cluster), Tasks: batch})
		if err != nil {
			return nil, awserr.Wrap(err, "describe tasks")
		}
		all = append(all, out.Tasks...)
	}
	slices.SortStableFunc(all, func(a, b ecstypes.Task) int { return aws.ToTime(b.CreatedAt).Compare(aws.ToTime(a.CreatedAt)) })
	return all, nil
}

// describeTask returns a task, or that ECS does not know it.
func describeTask(ctx context.Context, c slipway.Call, cluster, taskARN string) (*ecstypes.Task, error) {
	tasks, err := describeTasks(ctx, c, cluster, []string{taskARN})
	if err != nil {
		return nil, err
	}
	if len(tasks) == 0 {
		return nil, fmt.Errorf("%w: task %s; ECS forgets stopped tasks after about an hour", slipway.ErrNotFound, lastPart(taskARN))
	}
	return &tasks[0], nil
}

// tasksOf describes the tasks of a service that are to run, or to stop, the newest
// first.
func tasksOf(ctx context.Context, c slipway.Call, s *ecstypes.Service, status ecstypes.DesiredStatus) ([]ecstypes.Task, error) {
	arns, err := listTasks(ctx, c, s, status)
	if err != nil {
		return nil, err
	}
	return describeTasks(ctx, c, aws.ToString(s.ClusterArn), arns)
}

// describeRevision returns a service revision; nil if ECS does not know it.
func describeRevision(ctx context.Context, c slipway.Call, arn string) (*ecstypes.ServiceRevision, error) {
	out, err := client(c).DescribeServiceRevisions(ctx, &awsecs.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{arn}})
	if err != nil {
		return nil, awserr.Wrap(err, "describe service revision")
	}
	if len(out.ServiceRevisions) == 0 {
		return nil, nil
	}
	return &out.ServiceRevisions[0], nil
}
