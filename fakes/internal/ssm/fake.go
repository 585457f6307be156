// SPDX-License-Identifier: Apache-2.0

// Package ssm is the simulated SSM Parameter Store.
package ssm

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// Fake is the simulated service.
type Fake struct {
	sim     *sim.Sim
	access  world.Access
	regions sim.Regional[region]
}

// region has the parameters of a region, by name.
type region struct {
	name       string
	parameters map[string]*parameter
}

// parameter is a parameter with its versions, oldest first.
type parameter struct {
	name, arn string
	tags      []ssmtypes.Tag
	versions  []*version
}

// version is one value with what was said of it.
type version struct {
	number      int64
	kind        ssmtypes.ParameterType
	value       string
	dataType    string
	description *string
	pattern     *string
	key         *string
	tier        ssmtypes.ParameterTier
	labels      []string
	modified    time.Time
	by          string
}

// New returns the service with AWS's public parameters and no others.
func New(s *sim.Sim, access world.Access) *Fake {
	f := &Fake{sim: s, access: access}
	f.regions.New = func(_, name string) *region { return &region{name: name, parameters: map[string]*parameter{}} }
	return f
}

// Services returns the operations of SSM.
func (f *Fake) Services() []*sim.Service {
	s := sim.NewService("SSM", "ssm")
	s.Things = f.things
	f.writeOperations(s)
	f.readOperations(s)
	f.labelOperations(s)
	f.tagOperations(s)
	return []*sim.Service{s}
}

// Parameter returns the value of a parameter, decrypted, for p, as the start of a
// task asks for it: by GetParameters.
func (f *Fake) Parameter(region, id string, p sim.Principal) (string, error) {
	c := &sim.Call{
		Sim: f.sim, Service: "SSM", Region: region, Account: f.sim.Account(), Partition: sim.Partition(region), Caller: p,
	}
	if err := f.access.Authorize(p, sim.Access{Action: "ssm:GetParameters", Resource: resource(c, &id)}); err != nil {
		return "", err
	}
	param, v, err := f.find(c, id)
	if err != nil {
		return "", fmt.Errorf("invalid parameters: %s", id) //nolint:err113 // the text that tasks stop with
	}
	if err := f.mayDecrypt(c, v); err != nil {
		return "", err
	}
	return param.show(v, true).value, nil
}

// mayDecrypt asks for the key of a SecureString. AWS's own key for SSM is free to
// all who may read the parameter.
func (f *Fake) mayDecrypt(c *sim.Call, v *version) error {
	if v.kind != ssmtypes.ParameterTypeSecureString || v.key == nil || *v.key == defaultKey {
		return nil
	}
	key := *v.key
	if !strings.HasPrefix(key, "arn:") {
		kind := "key/"
		if strings.HasPrefix(key, "alias/") {
			kind = ""
		}
		key = c.ARN("kms", kind+key)
	}
	return f.access.Authorize(c.Caller, sim.Access{Action: "kms:Decrypt", Resource: key})
}

const defaultKey = "alias/aws/ssm"

// show is the version as it is read: a SecureString stays sealed unless decrypted.
func (p *parameter) show(v *version, decrypt bool) *version {
	if v.kind != ssmtypes.ParameterTypeSecureString || decrypt {
		return v
	}
	sealed := *v
	sum := sha256.Sum256([]byte(p.arn + v.value))
	sealed.value = "AQICAH" + base64.StdEncoding.EncodeToString(sum[:])
	return &sealed
}

// resource is the ARN of a parameter, for permissions.
func resource(c *sim.Call, id *string) string {
	name, _ := selector(nameOf(aws.ToString(id)))
	if isPublic(name) {
		return "arn:" + c.Partition + ":ssm:" + c.Region + "::parameter" + name
	}
	return c.ARN("ssm", "parameter/"+strings.TrimPrefix(name, "/"))
}

// on says that the caller needs the action on each parameter that the input names.
func on[I any](action string, ids func(in *I) []string) sim.Option[I] {
	return sim.Needs(func(c *sim.Call, in *I) []sim.Access {
		var all []sim.Access
		for _, id := range ids(in) {
			all = append(all, sim.Access{Action: "ssm:" + action, Resource: resource(c, &id)})
		}
		return all
	})
}

// one is for inputs with one name.
func one(name *string) []string { return []string{aws.ToString(name)} }

// nameOf takes the name out of an ARN; what is no ARN is returned as it is. Names
// that are no paths lose the slash which ARNs give them when looked up.
func nameOf(id string) string {
	if !strings.HasPrefix(id, "arn:") {
		return id
	}
	_, name, _ := strings.Cut(id, ":parameter")
	return name
}

// selector takes ":<version or label>" off a name.
func selector(id string) (name, chosen string) {
	name, chosen, _ = strings.Cut(id, ":")
	return name, chosen
}

// find returns a parameter and the version that id chooses, the newest by default.
func (f *Fake) find(c *sim.Call, id string) (*parameter, *version, error) {
	name, chosen := selector(nameOf(id))
	p, ok := f.regions.In(c).parameters[name]
	if !ok && strings.HasPrefix(id, "arn:") {
		p, ok = f.regions.In(c).parameters[strings.TrimPrefix(name, "/")]
	}
	if !ok {
		if p, ok = public(c, name); !ok {
			return nil, nil, &ssmtypes.ParameterNotFound{}
		}
	}
	if chosen == "" {
		newest := p.newest()
		return p, newest, nil
	}
	for _, v := range p.versions {
		if strconv.FormatInt(v.number, 10) == chosen || slices.Contains(v.labels, chosen) {
			return p, v, nil
		}
	}
	if _, err := strconv.ParseInt(chosen, 10, 64); err != nil {
		return nil, nil, &ssmtypes.ParameterVersionNotFound{Message: aws.String(fmt.Sprintf(
			"Systems Manager could not find label %s for parameter %s. Verify the label name and try again.", chosen, name))}
	}
	return nil, nil, &ssmtypes.ParameterVersionNotFound{Message: aws.String(fmt.Sprintf(
		"Systems Manager could not find version %s of %s. Verify the version and try again.", chosen, name))}
}

// own is find for what the account may change.
func (f *Fake) own(c *sim.Call, name *string) (*parameter, error) {
	if p, ok := f.regions.In(c).parameters[nameOf(aws.ToString(name))]; ok {
		return p, nil
	}
	return nil, &ssmtypes.ParameterNotFound{}
}

func (p *parameter) newest() *version { return p.versions[len(p.versions)-1] }

func typed(code, message string) error {
	switch code {
	case "HierarchyLevelLimitExceededException":
		return &ssmtypes.HierarchyLevelLimitExceededException{Message: &message}
	case "InvalidAllowedPatternException":
		return &ssmtypes.InvalidAllowedPatternException{Message: &message}
	case "ParameterPatternMismatchException":
		return &ssmtypes.ParameterPatternMismatchException{Message: &message}
	}
	return nil
}

// missing reports whether err says that a parameter, or its version, is absent.
func missing(err error) bool {
	var absent *ssmtypes.ParameterNotFound
	var version *ssmtypes.ParameterVersionNotFound
	return errors.As(err, &absent) || errors.As(err, &version)
}
