// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"maps"
	"slices"

	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// defaultSettings are those of a new account.
func defaultSettings() map[ecstypes.SettingName]string {
	return map[ecstypes.SettingName]string{
		ecstypes.SettingNameServiceLongArnFormat: "enabled", ecstypes.SettingNameTaskLongArnFormat: "enabled",
		ecstypes.SettingNameContainerInstanceLongArnFormat: "enabled", ecstypes.SettingNameAwsvpcTrunking: "disabled",
		ecstypes.SettingNameContainerInsights: "disabled", ecstypes.SettingNameFargateFipsMode: "disabled",
		ecstypes.SettingNameTagResourceAuthorization: "on", ecstypes.SettingNameFargateTaskRetirementWaitPeriod: "7",
		ecstypes.SettingNameGuardDutyActivate: "off", ecstypes.SettingNameDefaultLogDriverMode: "non-blocking",
		ecstypes.SettingNameFargateEventWindows: "disabled",
	}
}

func (f *Fake) handleSettings() {
	sim.Handle(f.api, "ListAccountSettings", f.listAccountSettings, sim.Refuses[awsecs.ListAccountSettingsInput]("PrincipalArn"))
	sim.Handle(f.api, "PutAccountSetting", f.putAccountSetting, sim.Refuses[awsecs.PutAccountSettingInput]("PrincipalArn"))
	sim.Handle(f.api, "PutAccountSettingDefault", f.putAccountSettingDefault)
	sim.Handle(f.api, "DeleteAccountSetting", f.deleteAccountSetting, sim.Refuses[awsecs.DeleteAccountSettingInput]("PrincipalArn"))
}

// setting is what is in force.
func (r *region) setting(name ecstypes.SettingName) string {
	if v, ok := r.settings[name]; ok {
		return v
	}
	return defaultSettings()[name]
}

func (f *Fake) settingOf(c *sim.Call, name ecstypes.SettingName) ecstypes.Setting {
	return ecstypes.Setting{
		Name: name, Value: new(f.of(c).setting(name)), PrincipalArn: new("arn:" + c.Partition + ":iam::" + c.Account + ":root"),
		Type: ecstypes.SettingTypeUser,
	}
}

func (f *Fake) listAccountSettings(c *sim.Call, in *awsecs.ListAccountSettingsInput) (*awsecs.ListAccountSettingsOutput, error) {
	list := []ecstypes.Setting{}
	for _, name := range slices.Sorted(maps.Keys(defaultSettings())) {
		_, own := f.of(c).settings[name]
		s := f.settingOf(c, name)
		if !own && !in.EffectiveSettings || in.Name != "" && in.Name != name || in.Value != nil && *in.Value != *s.Value {
			continue
		}
		list = append(list, s)
	}
	page, next, err := paged(list, in.NextToken, optional(in.MaxResults), 10)
	if err != nil {
		return nil, err
	}
	return &awsecs.ListAccountSettingsOutput{Settings: page, NextToken: next}, nil
}

func (f *Fake) put(c *sim.Call, name ecstypes.SettingName, v *string) (*ecstypes.Setting, error) {
	if _, ok := defaultSettings()[name]; !ok {
		return nil, invalid("You cannot set an account setting with the name %s.", name)
	}
	f.of(c).settings[name] = value(v)
	return new(f.settingOf(c, name)), nil
}

func (f *Fake) putAccountSetting(c *sim.Call, in *awsecs.PutAccountSettingInput) (*awsecs.PutAccountSettingOutput, error) {
	s, err := f.put(c, in.Name, in.Value)
	if err != nil {
		return nil, err
	}
	return &awsecs.PutAccountSettingOutput{Setting: s}, nil
}

func (f *Fake) putAccountSettingDefault(c *sim.Call, in *awsecs.PutAccountSettingDefaultInput) (*awsecs.PutAccountSettingDefaultOutput, error) {
	s, err := f.put(c, in.Name, in.Value)
	if err != nil {
		return nil, err
	}
	return &awsecs.PutAccountSettingDefaultOutput{Setting: s}, nil
}

func (f *Fake) deleteAccountSetting(c *sim.Call, in *awsecs.DeleteAccountSettingInput) (*awsecs.DeleteAccountSettingOutput, error) {
	s := f.settingOf(c, in.Name)
	delete(f.of(c).settings, in.Name)
	return &awsecs.DeleteAccountSettingOutput{Setting: &s}, nil
}
