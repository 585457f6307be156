// SPDX-License-Identifier: Apache-2.0

// Package secrets is the simulated Secrets Manager.
package secrets

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct {
	sim     *sim.Sim
	access  world.Access
	regions sim.Regional[region]
}

// region has the secrets of a region, by name.
type region struct {
	name    string
	secrets map[string]*secret
}

// secret is a secret with its versions, by id.
type secret struct {
	arn, name   string
	description *string
	key, kind   *string
	tags        []smtypes.Tag
	policy      *string
	created     time.Time
	changed     time.Time
	accessed    *time.Time
	// deleted is when DeleteSecret was called; gone is when it takes effect.
	deleted, gone *time.Time
	versions      map[string]*version
}

// version is one value. Its stages are moved between versions.
type version struct {
	id       string
	text     *string
	binary   []byte
	stages   []string
	created  time.Time
	accessed *time.Time
}

// The stages that Secrets Manager keeps itself.
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

// New returns the service without secrets.
func New(s *sim.Sim, access world.Access) *Fake {
	f := &Fake{sim: s, access: access}
	f.regions.New = func(_, name string) *region { return &region{name: name, secrets: map[string]*secret{}} }
	return f
}

// Services returns the operations of Secrets Manager.
func (f *Fake) Services() []*sim.Service {
	s := sim.NewService("Secrets Manager", "secretsmanager")
	s.Things = f.things
	f.secretOperations(s)
	f.valueOperations(s)
	f.listOperations(s)
	f.policyOperations(s)
	return []*sim.Service{s}
}

// Secret returns the string of a secret for p, as the start of a task asks for
// it: id is a name or ARN, with ":<json key>:<stage>:<version>" after an ARN where
// wanted.
func (f *Fake) Secret(region, id string, p sim.Principal) (string, error) {
	c := &sim.Call{
		Sim: f.sim, Service: "Secrets Manager", Region: region, Account: f.sim.Account(),
		Partition: sim.Partition(region), Caller: p,
	}
	id, key, stage, versionID := split(id)
	in := &awssm.GetSecretValueInput{SecretId: &id}
	if stage != "" {
		in.VersionStage = &stage
	}
	if versionID != "" {
		in.VersionId = &versionID
	}
	if err := f.access.Authorize(p, f.grant(c, "GetSecretValue", &id)); err != nil {
		return "", err
	}
	out, err := f.getValue(c, in)
	if err != nil {
		return "", err
	}
	value := aws.ToString(out.SecretString)
	if out.SecretString == nil {
		value = string(out.SecretBinary)
	}
	if key == "" {
		return value, nil
	}
	return field(value, key)
}

// field takes a key out of a value that is a JSON object. The value itself never
// shows in the error.
func field(value, key string) (string, error) {
	var object map[string]any
	if json.Unmarshal([]byte(value), &object) != nil {
		return "", fmt.Errorf("retrieved secret from Secrets Manager is not a JSON object, so it has no json key %s", key)
	}
	v, ok := object[key]
	if !ok {
		return "", fmt.Errorf("retrieved secret from Secrets Manager did not contain json key %s", key)
	}
	if s, ok := v.(string); ok {
		return s, nil
	}
	raw, err := json.Marshal(v)
	return string(raw), err
}

// arnParts is how many parts an ARN of a secret has.
const arnParts = 7

// split takes json key, stage and version off an ARN.
func split(id string) (secret, key, stage, version string) {
	parts := strings.Split(id, ":")
	if !strings.HasPrefix(id, "arn:") || len(parts) <= arnParts {
		return id, "", "", ""
	}
	rest := slices.Concat(parts[arnParts:], []string{"", "", ""})
	return strings.Join(parts[:arnParts], ":"), rest[0], rest[1], rest[2]
}

// find returns a secret by name, ARN, or ARN without the random end, even if it
// waits to be deleted.
func (f *Fake) find(c *sim.Call, id *string) (*secret, bool) {
	name := aws.ToString(id)
	r := f.regions.In(c)
	if !strings.HasPrefix(name, "arn:") {
		s, ok := r.secrets[name]
		return s, ok
	}
	for _, s := range r.secrets {
		if s.arn == name || s.arn[:len(s.arn)-len("-")-suffixLength] == name {
			return s, true
		}
	}
	return nil, false
}

// active is find for what is not marked for deletion.
func (f *Fake) active(c *sim.Call, id *string) (*secret, error) {
	s, ok := f.find(c, id)
	switch {
	case !ok:
		return nil, notFound("Secrets Manager can't find the specified secret.")
	case s.deleted != nil:
		return nil, badRequest("You can't perform this operation on the secret because it was marked for deletion.")
	}
	return s, nil
}

// resource is what permissions of a secret name: its ARN where it exists.
func (f *Fake) resource(c *sim.Call, id *string) string {
	if s, ok := f.find(c, id); ok {
		return s.arn
	}
	if strings.HasPrefix(aws.ToString(id), "arn:") {
		return *id
	}
	return c.ARN("secretsmanager", "secret:"+aws.ToString(id))
}

// grant is what an action on a secret needs; the secret's own policy counts.
func (f *Fake) grant(c *sim.Call, action string, id *string) sim.Access {
	a := sim.Access{Action: "secretsmanager:" + action, Resource: f.resource(c, id)}
	if s, ok := f.find(c, id); ok {
		a.Policy = aws.ToString(s.policy)
	}
	return a
}

// on says that the caller needs the action on the secret that the input names.
func on[I any](f *Fake, action string, id func(in *I) *string) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		return []sim.Access{f.grant(c, action, id(in))}
	})
}

func notFound(text string) error { return &smtypes.ResourceNotFoundException{Message: &text} }
func badRequest(text string) error {
	return &smtypes.InvalidRequestException{Message: &text}
}
func badParameter(text string) error { return &smtypes.InvalidParameterException{Message: &text} }

func typed(code, message string) error {
	if code == "InvalidParameterException" {
		return badParameter(message)
	}
	return nil
}

// suffixLength is how many random characters AWS puts at the end of an ARN.
const suffixLength = 6

// suffix makes up the end of an ARN: letters and digits.
func suffix(c *sim.Call, name string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	raw := c.ID(2*suffixLength, "secret", c.Account, c.Region, name)
	var b strings.Builder
	for i := range suffixLength {
		var n int
		if _, err := fmt.Sscanf(raw[2*i:2*i+2], "%02x", &n); err == nil {
			b.WriteByte(alphabet[n%len(alphabet)])
		}
	}
	return b.String()
}
