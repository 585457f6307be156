// SPDX-License-Identifier: Apache-2.0

package iam

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

func (f *Fake) serveSTS(s *sim.Service) {
	free := func(*sim.Call, *awssts.GetCallerIdentityInput) []sim.Access { return nil }
	sim.Handle(s, "GetCallerIdentity", f.callerIdentity, sim.Needs(free))
	sim.Handle(s, "GetAccessKeyInfo", f.accessKeyInfo)
	sim.Handle(s, "AssumeRole", f.assumeRole,
		sim.Needs(func(*sim.Call, *awssts.AssumeRoleInput) []sim.Access { return nil }),
		sim.Refuses[awssts.AssumeRoleInput]("Policy", "PolicyArns", "ProvidedContexts", "SerialNumber", "TokenCode",
			"SourceIdentity", "Tags", "TransitiveTagKeys", "MinimumSessionTokenSize"))
}

func (f *Fake) callerIdentity(c *sim.Call, _ *awssts.GetCallerIdentityInput) (*awssts.GetCallerIdentityOutput, error) {
	return &awssts.GetCallerIdentityOutput{
		Account: aws.String(c.Caller.Account), Arn: aws.String(c.Caller.ARN), UserId: aws.String(c.Caller.UserID),
	}, nil
}

func (f *Fake) accessKeyInfo(_ *sim.Call, in *awssts.GetAccessKeyInfoInput) (*awssts.GetAccessKeyInfoOutput, error) {
	key := aws.ToString(in.AccessKeyId)
	_, ofUser := f.keys[key]
	_, ofRole := f.sessions[key]
	if !ofUser && !ofRole {
		return nil, sim.Errorf("AccessDenied", "User is not authorized to perform: sts:GetAccessKeyInfo")
	}
	return &awssts.GetAccessKeyInfoOutput{Account: aws.String(f.sim.Account())}, nil
}

// Lengths of sessions, in seconds. A role that was assumed by another role's
// session lasts an hour at most.
//
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
const (
	shortestSession = 900
	chainedSession  = 3600
)

var sessionPattern = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

func (f *Fake) assumeRole(c *sim.Call, in *awssts.AssumeRoleInput) (*awssts.AssumeRoleOutput, error) {
	name, arn := aws.ToString(in.RoleSessionName), aws.ToString(in.RoleArn)
	if !sessionPattern.MatchString(name) {
		return nil, sim.Errorf("ValidationError", "1 validation error detected: Value '%s' at 'roleSessionName' failed to satisfy "+
			`constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`, name)
	}
	if !strings.HasPrefix(arn, "arn:") {
		return nil, sim.Errorf("ValidationError", "%s is invalid", arn)
	}
	// The cloud's owner passes here, as an administrator would; AWS's root user may
	// not assume roles at all.
	if err := f.Authorize(c.Caller, sim.Access{Action: "sts:AssumeRole", Resource: arn}); err != nil {
		return nil, err
	}
	return f.grantSession(c, in, name, arn)
}

func (f *Fake) grantSession(c *sim.Call, in *awssts.AssumeRoleInput, name, arn string) (*awssts.AssumeRoleOutput, error) {
	context := map[string][]string{"sts:RoleSessionName": {name}}
	if in.ExternalId != nil {
		context["sts:ExternalId"] = []string{*in.ExternalId}
	}
	p, err := f.assume(arn, c.Caller, name, context)
	if err != nil {
		return nil, err
	}
	r := f.roles[nameOf(arn)]
	length, err := sessionLength(in.DurationSeconds, *r.MaxSessionDuration, c.Caller.Role != "")
	if err != nil {
		return nil, err
	}
	key := f.key("ASIA", "assumed", arn, name)
	expires := f.sim.Now().Add(length).Truncate(time.Second)
	f.sessions[key] = session{role: *r.RoleName, id: *r.RoleId, name: name, expires: expires}
	return &awssts.AssumeRoleOutput{
		AssumedRoleUser: &ststypes.AssumedRoleUser{Arn: aws.String(p.ARN), AssumedRoleId: aws.String(p.UserID)},
		Credentials: &ststypes.Credentials{
			AccessKeyId: &key, SecretAccessKey: aws.String(f.sim.ID(40, "secret", key)), //nolint:mnd // as long as AWS's
			SessionToken: aws.String(f.sim.ID(64, "token", key)), Expiration: &expires, //nolint:mnd // any length will do
		},
	}, nil
}

func sessionLength(asked *int32, most int32, chained bool) (time.Duration, error) {
	seconds := int32(chainedSession)
	if asked != nil {
		seconds = *asked
	}
	switch {
	case seconds < shortestSession:
		return 0, sim.Errorf("ValidationError", "1 validation error detected: Value '%d' at 'durationSeconds' failed to satisfy "+
			"constraint: Member must have value greater than or equal to %d", seconds, shortestSession)
	case chained && seconds > chainedSession:
		return 0, sim.Errorf("ValidationError",
			"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	case seconds > most:
		return 0, sim.Errorf("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return time.Duration(seconds) * time.Second, nil
}

// principalsExist is the error that a trust policy names a role or user of the
// account that does not exist.
func (f *Fake) principalsExist(document string) error {
	for _, s := range f.parsed(document).Statements {
		for _, arn := range s.Principals["AWS"] {
			kind, name, ok := strings.Cut(strings.TrimPrefix(arn, f.arn("")), "/")
			if !ok || !strings.HasPrefix(arn, f.arn("")) {
				continue
			}
			_, isRole := f.roles[nameOf(name)]
			_, isUser := f.users[nameOf(name)]
			if kind == "role" && !isRole || kind == "user" && !isUser {
				return exception("MalformedPolicyDocument", fmt.Sprintf("Invalid principal in policy: %q:%q", "AWS", arn))
			}
		}
	}
	return nil
}
