// SPDX-License-Identifier: Apache-2.0

package fakes

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// deserializer is the step of the SDK's own that turns the HTTP response into an
// output. The cloud answers just before it, so that all the rest is the real SDK.
const deserializer = "OperationDeserializer"

type inputKey struct{}

// install puts the cloud into the middleware stack of one operation. A stack
// without the deserializer, as for presigning, is left alone: nothing is sent.
func (c *Cloud) install(stack *middleware.Stack) error {
	if _, ok := stack.Deserialize.Get(deserializer); !ok {
		return nil
	}
	keep := middleware.InitializeMiddlewareFunc("SlipwayKeepInput", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(middleware.WithStackValue(ctx, inputKey{}, in.Parameters), in)
	})
	if err := stack.Initialize.Add(keep, middleware.After); err != nil {
		return err
	}
	answer := middleware.DeserializeMiddlewareFunc("SlipwayFake", func(
		ctx context.Context, in middleware.DeserializeInput, _ middleware.DeserializeHandler,
	) (out middleware.DeserializeOutput, meta middleware.Metadata, err error) {
		request, _ := in.Request.(*smithyhttp.Request)
		call := &Request{
			Service:   awsmiddleware.GetServiceID(ctx),
			Operation: awsmiddleware.GetOperationName(ctx),
			Region:    awsmiddleware.GetRegion(ctx),
			Input:     middleware.GetStackValue(ctx, inputKey{}),
			key:       accessKey(request),
		}
		out.Result, err = c.answer(ctx, call)
		awsmiddleware.SetRequestIDMetadata(&meta, call.requestID)
		if err != nil {
			err = c.responseError(call, err)
		}
		return out, meta, err
	})
	return stack.Deserialize.Insert(answer, deserializer, middleware.Before)
}

// Request is one call of an SDK client.
type Request struct {
	// Service is the SDK's service ID, such as "ECS"; Operation such as
	// "CreateService".
	Service, Operation string
	// Region that the client is configured for.
	Region string
	// Input is the caller's own pointer; it must not be changed.
	Input any

	key, requestID string
}

// answer is the whole of the cloud's reply to one call.
func (c *Cloud) answer(ctx context.Context, r *Request) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out, err := through(ctx, r, c.faults.of(r), func() (out any, err error) {
		c.sim.Do(func() { out, err = c.play(r) })
		return out, err
	})
	if r.requestID == "" { // an interceptor answered by itself
		c.sim.Do(func() { r.requestID = c.newRequestID(r) })
	}
	return out, err
}

func (c *Cloud) newRequestID(r *Request) string { return c.sim.UUID("request", r.Service, r.Operation) }

// play runs and records one call. It is called under the lock.
func (c *Cloud) play(r *Request) (any, error) {
	r.requestID = c.newRequestID(r)
	call := &sim.Call{
		Sim: c.sim, Service: r.Service, Operation: r.Operation, Region: r.Region, Account: c.sim.Account(),
		Partition: sim.Partition(r.Region), RequestID: r.requestID,
	}
	in := deepCopy(r.Input)
	out, err := c.dispatch(call, r.key, in)
	c.calls = append(c.calls, Call{
		Time: c.sim.Now(), Service: r.Service, Operation: r.Operation, Region: r.Region, Caller: call.Caller.ARN,
		RequestID: r.requestID, Input: in, Err: err,
	})
	if err != nil {
		return nil, err
	}
	return deepCopy(out), nil
}

// dispatch finds the handler of the operation and runs it.
func (c *Cloud) dispatch(call *sim.Call, key string, in any) (out any, err error) {
	return c.perform(call, func() (sim.Principal, error) { return c.caller(key) }, in)
}

// perform is dispatch for whoever the caller turns out to be.
func (c *Cloud) perform(call *sim.Call, caller func() (sim.Principal, error), in any) (out any, err error) {
	service := c.services[call.Service]
	if service == nil {
		return nil, unmodelled("service %s is not modelled", call.Service)
	}
	op := service.Operation(call.Operation)
	if op == nil {
		return nil, unmodelled("operation %s of %s is not modelled", call.Operation, call.Service)
	}
	for _, path := range op.Unmodelled {
		if isSet(in, path) {
			return nil, unmodelled("field %s of %s.%s is not modelled", path, call.Service, call.Operation)
		}
	}
	if call.Caller, err = caller(); err != nil {
		return nil, err
	}
	if err := c.authorize(call, service, op, in); err != nil {
		return nil, err
	}
	return op.Call(call, in)
}

func (c *Cloud) authorize(call *sim.Call, s *sim.Service, op *sim.Operation, in any) error {
	if c.parts.iam.Owner(call.Caller) {
		return nil
	}
	access := []sim.Access{{Action: s.Prefix + ":" + op.Name, Resource: "*"}}
	if op.Access != nil {
		access = op.Access(call, in)
	}
	for _, a := range access {
		a = a.With("aws:RequestedRegion", call.Region)
		if err := c.parts.iam.Authorize(call.Caller, a); err != nil {
			return denied(s, err)
		}
	}
	return nil
}

// denied gives IAM's answer the code and the words of the service.
func denied(s *sim.Service, err error) error {
	var api smithy.APIError
	if s.Denied == "" || !errors.As(err, &api) {
		return err
	}
	return sim.Errorf(s.Denied, "You are not authorized to perform this operation. %s", api.ErrorMessage())
}

// NotModelledError says that the simulation lacks what was asked of it. It is
// never retried by the SDK.
type NotModelledError = sim.NotModelledError

func unmodelled(format string, args ...any) error {
	return sim.NotModelled(format, args...)
}

// responseError wraps an exception as the SDK does with one from the network.
func (c *Cloud) responseError(r *Request, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	response := &http.Response{
		StatusCode: statusOf(api), Header: http.Header{"X-Amzn-Requestid": {r.requestID}}, Body: http.NoBody,
	}
	response.Status = fmt.Sprintf("%d %s", response.StatusCode, http.StatusText(response.StatusCode))
	return &awshttp.ResponseError{
		ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: response}, Err: err},
		RequestID:     r.requestID,
	}
}

// statuses of exceptions that are neither 400 nor a server's fault.
var statuses = map[string]int{
	"AccessDenied": 403, "AccessDeniedException": 400, "UnauthorizedOperation": 403,
	"InvalidClientTokenId": 403, "ExpiredToken": 403,
	"NoSuchEntity": 404, "EntityAlreadyExists": 409, "DeleteConflict": 409, "LimitExceeded": 409,
	"ServiceUnavailable": 503, "SlowDown": 503, "DryRunOperation": 412,
}

func statusOf(e smithy.APIError) int {
	if s, ok := statuses[e.ErrorCode()]; ok {
		return s
	}
	if e.ErrorFault() == smithy.FaultServer {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// accessKey reads who signed the request.
func accessKey(r *smithyhttp.Request) string {
	if r == nil {
		return ""
	}
	_, rest, ok := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !ok {
		return ""
	}
	key, _, _ := strings.Cut(rest, "/")
	return key
}

// ownerKey is the access key of the account's owner.
const ownerKey = "AKIASLIPWAYOWNER0000"

func credentials(key string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key, SecretAccessKey: "not-a-secret", Source: "slipway fake"}, nil
	})
}

// transport carries what is not an SDK call and refuses what is not the cloud's,
// so that a test never reaches the internet.
type transport struct{ cloud *Cloud }

// RoundTrip answers for the hosts that the cloud has.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if h := t.cloud.host(r.URL); h != nil {
		return h.RoundTrip(r)
	}
	return nil, unmodelled("host %s is not part of the cloud", r.URL.Host)
}
