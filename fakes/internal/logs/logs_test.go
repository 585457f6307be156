// SPDX-License-Identifier: Apache-2.0

package logs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/fakes"
)

const group = "/ecs/web"

// open returns a client on a cloud with a group and a stream.
func open(t *testing.T) (*fakes.Cloud, *awslogs.Client) {
	t.Helper()
	cloud := fakes.New(fakes.Options{})
	client := awslogs.NewFromConfig(cloud.Config())
	_, err := client.CreateLogGroup(t.Context(), &awslogs.CreateLogGroupInput{
		LogGroupName: aws.String(group), Tags: map[string]string{"team": "shop"},
	})
	require.NoError(t, err)
	_, err = client.CreateLogStream(t.Context(), &awslogs.CreateLogStreamInput{
		LogGroupName: aws.String(group), LogStreamName: aws.String("app/1"),
	})
	require.NoError(t, err)
	return cloud, client
}

func put(t *testing.T, cloud *fakes.Cloud, client *awslogs.Client, lines ...string) {
	t.Helper()
	in := &awslogs.PutLogEventsInput{LogGroupName: aws.String(group), LogStreamName: aws.String("app/1")}
	at := cloud.Now().UnixMilli()
	for i, line := range lines {
		in.LogEvents = append(in.LogEvents, logstypes.InputLogEvent{Message: aws.String(line), Timestamp: aws.Int64(at + int64(i))})
	}
	_, err := client.PutLogEvents(t.Context(), in)
	require.NoError(t, err)
}

func TestGroups(t *testing.T) {
	t.Parallel()
	_, client := open(t)
	_, err := client.CreateLogGroup(t.Context(), &awslogs.CreateLogGroupInput{LogGroupName: aws.String(group)})
	var exists *logstypes.ResourceAlreadyExistsException
	require.ErrorAs(t, err, &exists)
	require.Equal(t, "The specified log group already exists", exists.ErrorMessage())

	_, err = client.PutRetentionPolicy(t.Context(), &awslogs.PutRetentionPolicyInput{
		LogGroupName: aws.String(group), RetentionInDays: aws.Int32(14),
	})
	require.NoError(t, err)
	out, err := client.DescribeLogGroups(t.Context(), &awslogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/ecs")})
	require.NoError(t, err)
	require.Len(t, out.LogGroups, 1)
	require.Equal(t, int32(14), *out.LogGroups[0].RetentionInDays)
	require.Equal(t, "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web:*", *out.LogGroups[0].Arn)

	_, err = client.DeleteRetentionPolicy(t.Context(), &awslogs.DeleteRetentionPolicyInput{LogGroupName: aws.String(group)})
	require.NoError(t, err)
	_, err = client.DeleteLogGroup(t.Context(), &awslogs.DeleteLogGroupInput{LogGroupName: aws.String(group)})
	require.NoError(t, err)
	_, err = client.DeleteLogGroup(t.Context(), &awslogs.DeleteLogGroupInput{LogGroupName: aws.String(group)})
	var missing *logstypes.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "The specified log group does not exist.", missing.ErrorMessage())
}

func TestGroupsArePaged(t *testing.T) {
	t.Parallel()
	client := awslogs.NewFromConfig(fakes.New(fakes.Options{}).Config())
	for i := range 7 {
		_, err := client.CreateLogGroup(t.Context(), &awslogs.CreateLogGroupInput{LogGroupName: aws.String(fmt.Sprint("g", i))})
		require.NoError(t, err)
	}
	var names []string
	pages := awslogs.NewDescribeLogGroupsPaginator(client, &awslogs.DescribeLogGroupsInput{Limit: aws.Int32(3)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.LogGroups), 3)
		for _, g := range page.LogGroups {
			names = append(names, *g.LogGroupName)
		}
	}
	require.Equal(t, []string{"g0", "g1", "g2", "g3", "g4", "g5", "g6"}, names)
}

func TestRefusedInputs(t *testing.T) {
	t.Parallel()
	_, client := open(t)
	for name, call := range map[string]func() error{
		"a name with a space": func() error {
			_, err := client.CreateLogGroup(t.Context(), &awslogs.CreateLogGroupInput{LogGroupName: aws.String("a b")})
			return err
		},
		"a stream with a colon": func() error {
			_, err := client.CreateLogStream(t.Context(), &awslogs.CreateLogStreamInput{
				LogGroupName: aws.String(group), LogStreamName: aws.String("a:b"),
			})
			return err
		},
		"a retention that AWS lacks": func() error {
			_, err := client.PutRetentionPolicy(t.Context(), &awslogs.PutRetentionPolicyInput{
				LogGroupName: aws.String(group), RetentionInDays: aws.Int32(2),
			})
			return err
		},
		"events out of order": func() error {
			_, err := client.PutLogEvents(t.Context(), &awslogs.PutLogEventsInput{
				LogGroupName: aws.String(group), LogStreamName: aws.String("app/1"), LogEvents: []logstypes.InputLogEvent{
					{Message: aws.String("b"), Timestamp: aws.Int64(2)}, {Message: aws.String("a"), Timestamp: aws.Int64(1)},
				},
			})
			return err
		},
	} {
		var invalid *logstypes.InvalidParameterException
		require.ErrorAs(t, call(), &invalid, name)
	}
	_, err := client.FilterLogEvents(t.Context(), &awslogs.FilterLogEventsInput{
		LogGroupName: aws.String(group), FilterPattern: aws.String("{ $.level = 3 }"),
	})
	var missing *fakes.NotModelledError
	require.ErrorAs(t, err, &missing, "what is not modelled is refused")
}

func TestTokensEndAndGoOn(t *testing.T) {
	t.Parallel()
	cloud, client := open(t)
	put(t, cloud, client, "a", "b", "c", "d", "e")
	get := func(token *string) *awslogs.GetLogEventsOutput {
		out, err := client.GetLogEvents(t.Context(), &awslogs.GetLogEventsInput{
			LogGroupName: aws.String(group), LogStreamName: aws.String("app/1"), StartFromHead: aws.Bool(true),
			Limit: aws.Int32(2), NextToken: token,
		})
		require.NoError(t, err)
		return out
	}
	first := get(nil)
	require.Equal(t, []string{"a", "b"}, messages(first))
	second := get(first.NextForwardToken)
	require.Equal(t, []string{"c", "d"}, messages(second))
	require.Equal(t, []string{"a", "b"}, messages(get(second.NextBackwardToken)), "backward")
	third := get(second.NextForwardToken)
	require.Equal(t, []string{"e"}, messages(third))
	end := get(third.NextForwardToken)
	require.Empty(t, end.Events)
	require.Equal(t, third.NextForwardToken, end.NextForwardToken, "the token of the end stays the same")
	cloud.Advance(time.Second)
	put(t, cloud, client, "f")
	require.Equal(t, []string{"f"}, messages(get(end.NextForwardToken)), "until there is more")
}

func messages(out *awslogs.GetLogEventsOutput) (all []string) {
	for _, e := range out.Events {
		all = append(all, *e.Message)
	}
	return all
}

func TestFilter(t *testing.T) {
	t.Parallel()
	cloud, client := open(t)
	put(t, cloud, client, "INFO ready", "ERROR disk full", "ERROR disk slow", "WARN disk")
	for name, c := range map[string]struct {
		pattern string
		want    []string
	}{
		"no pattern":        {"", []string{"INFO ready", "ERROR disk full", "ERROR disk slow", "WARN disk"}},
		"all words":         {"ERROR full", []string{"ERROR disk full"}},
		"a phrase":          {`"disk slow"`, []string{"ERROR disk slow"}},
		"one of the words":  {"?INFO ?WARN", []string{"INFO ready", "WARN disk"}},
		"without a word":    {"ERROR -full", []string{"ERROR disk slow"}},
		"case makes a word": {"error", nil},
	} {
		out, err := client.FilterLogEvents(t.Context(), &awslogs.FilterLogEventsInput{
			LogGroupName: aws.String(group), FilterPattern: aws.String(c.pattern),
		})
		require.NoError(t, err, name)
		var got []string
		for _, e := range out.Events {
			got = append(got, *e.Message)
		}
		require.Equal(t, c.want, got, name)
	}
}

func TestOldEventsAreRejected(t *testing.T) {
	t.Parallel()
	cloud, client := open(t)
	out, err := client.PutLogEvents(t.Context(), &awslogs.PutLogEventsInput{
		LogGroupName: aws.String(group), LogStreamName: aws.String("app/1"), LogEvents: []logstypes.InputLogEvent{
			{Message: aws.String("old"), Timestamp: aws.Int64(cloud.Now().AddDate(0, 0, -15).UnixMilli())},
		},
	})
	require.NoError(t, err)
	require.Equal(t, int32(1), *out.RejectedLogEventsInfo.TooOldLogEventEndIndex)
}

func TestTags(t *testing.T) {
	t.Parallel()
	_, client := open(t)
	arn := aws.String("arn:aws:logs:us-east-1:123456789012:log-group:/ecs/web")
	_, err := client.TagResource(t.Context(), &awslogs.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"a": "1"}})
	require.NoError(t, err)
	_, err = client.UntagResource(t.Context(), &awslogs.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"team"}})
	require.NoError(t, err)
	out, err := client.ListTagsForResource(t.Context(), &awslogs.ListTagsForResourceInput{ResourceArn: arn})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "1"}, out.Tags)
}
