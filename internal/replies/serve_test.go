// SPDX-License-Identifier: Apache-2.0

package replies_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go/middleware"
)

// served is AWS with one published reply for each operation.
type served map[string]json.RawMessage

// config is that of SDK clients which get the replies.
func (s served) config() aws.Config {
	return aws.Config{
		Region:     "us-west-2",
		HTTPClient: &http.Client{Transport: s},
		Retryer:    func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "not-a-secret"}, nil
		}),
		APIOptions: []func(*middleware.Stack) error{s.answerEC2},
	}
}

// RoundTrip answers in the protocol of the request, so that the SDK's own
// deserializers read the replies: JSON, or the XML of the query protocol.
func (s served) RoundTrip(r *http.Request) (*http.Response, error) {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return s.json(target[strings.LastIndexByte(target, '.')+1:])
	}
	if operation, ok := restOperation(r); ok {
		return s.json(operation)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	return s.query(form.Get("Action"))
}

// restOperation tells the operation of EFS from the path.
func restOperation(r *http.Request) (string, bool) {
	operation, ok := map[string]string{
		"file-systems": "DescribeFileSystems", "mount-targets": "DescribeMountTargets", "access-points": "DescribeAccessPoints",
		"lifecycle-configuration": "DescribeLifecycleConfiguration", "policy": "DescribeFileSystemPolicy",
		"backup-policy": "DescribeBackupPolicy", "security-groups": "DescribeMountTargetSecurityGroups",
	}[path.Base(r.URL.Path)]
	return operation, ok && strings.HasPrefix(r.URL.Path, "/2015-02-01/")
}

// reply returns the published reply of an operation.
func (s served) reply(operation string) (map[string]any, error) {
	raw, ok := s[operation]
	if !ok {
		return nil, fmt.Errorf("no reply to %s was published", operation)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var reply map[string]any
	err := d.Decode(&reply)
	return reply, err
}

func (s served) json(operation string) (*http.Response, error) {
	reply, err := s.reply(operation)
	if err != nil {
		return nil, err
	}
	if code, failed := reply["_error"]; failed {
		return response(http.StatusBadRequest, "application/x-amz-json-1.1", fmt.Appendf(nil, `{"__type":%q}`, code)), nil
	}
	body, err := json.Marshal(epochs(reply))
	return response(http.StatusOK, "application/x-amz-json-1.1", body), err
}

func (s served) query(operation string) (*http.Response, error) {
	reply, err := s.reply(operation)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<%sResponse><%sResult>", operation, operation)
	err = writeXML(&b, reply)
	fmt.Fprintf(&b, "</%sResult></%sResponse>", operation, operation)
	return response(http.StatusOK, "text/xml", []byte(b.String())), err
}

func response(status int, contentType string, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Content-Type": {contentType}},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// epochs undoes what the command line does to times: on the wire they are numbers.
func epochs(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = epochs(v[k])
		}
	case []any:
		for i := range v {
			v[i] = epochs(v[i])
		}
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return float64(t.UnixMilli()) / float64(time.Second/time.Millisecond)
		}
	}
	return v
}

// writeXML writes v as the query protocol has it. Policy documents, which the
// command line shows as JSON, are URL-encoded on the wire.
func writeXML(b *strings.Builder, v any) error {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			value := v[k]
			if _, isObject := value.(map[string]any); isObject && strings.HasSuffix(k, "PolicyDocument") {
				text, err := json.Marshal(value)
				if err != nil {
					return err
				}
				value = url.PathEscape(string(text))
			}
			fmt.Fprintf(b, "<%s>", k)
			if err := writeXML(b, value); err != nil {
				return err
			}
			fmt.Fprintf(b, "</%s>", k)
		}
		return nil
	case []any:
		for _, e := range v {
			b.WriteString("<member>")
			if err := writeXML(b, e); err != nil {
				return err
			}
			b.WriteString("</member>")
		}
		return nil
	default:
		return xml.EscapeText(b, fmt.Append(nil, v))
	}
}

// answerEC2 answers calls of EC2 just before the SDK's deserializer: its XML has
// names that the published JSON does not tell.
func (s served) answerEC2(stack *middleware.Stack) error {
	outputs := map[string]any{
		"DescribeLaunchTemplates":                  &awsec2.DescribeLaunchTemplatesOutput{},
		"DescribeLaunchTemplateVersions":           &awsec2.DescribeLaunchTemplateVersionsOutput{},
		"DescribeRouteTables":                      &awsec2.DescribeRouteTablesOutput{},
		"DescribeSecurityGroupRules":               &awsec2.DescribeSecurityGroupRulesOutput{},
		"DescribeSecurityGroups":                   &awsec2.DescribeSecurityGroupsOutput{},
		"DescribeSubnets":                          &awsec2.DescribeSubnetsOutput{},
		"DescribeVpcEndpointServiceConfigurations": &awsec2.DescribeVpcEndpointServiceConfigurationsOutput{},
		"DescribeVpcEndpointServicePermissions":    &awsec2.DescribeVpcEndpointServicePermissionsOutput{},
		"DescribeVpcs":                             &awsec2.DescribeVpcsOutput{},
	}
	answer := middleware.DeserializeMiddlewareFunc("Published", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (out middleware.DeserializeOutput, meta middleware.Metadata, err error) {
		result, ok := outputs[awsmiddleware.GetOperationName(ctx)]
		if !ok || awsmiddleware.GetServiceID(ctx) != awsec2.ServiceID {
			return next.HandleDeserialize(ctx, in)
		}
		out.Result = result
		return out, meta, json.Unmarshal(s[awsmiddleware.GetOperationName(ctx)], result)
	})
	return stack.Deserialize.Insert(answer, "OperationDeserializer", middleware.Before)
}
