// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"reflect"
	"slices"
	"strings"

	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// blobMounting is the setting that lets repositories of a registry share blobs.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html
const blobMounting = "BLOB_MOUNTING"

// accountSettings are the values that each setting takes, its default first.
var accountSettings = map[string][]string{
	"BASIC_SCAN_TYPE_VERSION": {"AWS_NATIVE", "CLAIR"},
	"REGISTRY_POLICY_SCOPE":   {"V2", "V1"},
	blobMounting:              {"DISABLED", "ENABLED"},
}

func (f *Fake) handleSettings(s *sim.Service) {
	sim.Handle(s, "GetAccountSetting", f.getSetting)
	sim.Handle(s, "PutAccountSetting", f.putSetting)
}

// setting is what a setting of the registry is.
func (r *registry) setting(name string) string {
	if value, ok := r.settings[name]; ok {
		return value
	}
	return accountSettings[name][0]
}

func (f *Fake) getSetting(c *sim.Call, in *awsecr.GetAccountSettingInput) (*awsecr.GetAccountSettingOutput, error) {
	name := deref(in.Name)
	if _, ok := accountSettings[name]; !ok {
		return nil, invalid("Invalid parameter at 'name' failed to satisfy constraint: 'Invalid account setting name'")
	}
	value := f.registries.In(c).setting(name)
	return &awsecr.GetAccountSettingOutput{Name: &name, Value: &value}, nil
}

func (f *Fake) putSetting(c *sim.Call, in *awsecr.PutAccountSettingInput) (*awsecr.PutAccountSettingOutput, error) {
	name, value := deref(in.Name), deref(in.Value)
	values, ok := accountSettings[name]
	if !ok {
		return nil, invalid("Invalid parameter at 'name' failed to satisfy constraint: 'Invalid account setting name'")
	}
	if !slices.Contains(values, value) {
		return nil, invalid("Invalid parameter at 'value' failed to satisfy constraint: 'Valid values for %s: %s'", name, strings.Join(values, ", "))
	}
	f.registries.In(c).settings[name] = value
	return &awsecr.PutAccountSettingOutput{Name: &name, Value: &value}, nil
}

// lends reports whether a blob of one repository may be one of the other without
// being uploaded: both are to be encrypted alike.
func (r *registry) lends(from, to *repository) bool {
	return r.setting(blobMounting) == "ENABLED" && reflect.DeepEqual(from.EncryptionConfiguration, to.EncryptionConfiguration)
}
