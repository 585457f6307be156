// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/slipway-go/slipway/internal/rules"
)

const (
	docEFS     = api + "API_EFSVolumeConfiguration.html"
	docS3Files = api + "API_S3FilesVolumeConfiguration.html"
)

// volumeRules look at volumes and their mounts.
var volumeRules = []taskRule{
	{Meta: rules.Meta{ID: "ecs-volume-name", Code: clientException, Doc: api + "API_Volume.html"}, Check: volumeNames},
	{Meta: rules.Meta{ID: "ecs-mount", Code: clientException, Doc: api + "API_MountPoint.html"}, Check: mounts},
	{Meta: rules.Meta{
		ID: "ecs-efs-transit", Code: clientException, Doc: docEFS,
		Text: "EFS Transit Encryption is required when EFS IAM Authorization or EFS Access Point is used.",
	}, Check: efsVolumes(efsTransit)},
	{Meta: rules.Meta{
		ID: "ecs-efs-root", Code: clientException, Doc: "https://github.com/aws/aws-cdk/issues/10683",
		Text: `When using an EFS access point, the root directory must either be set to "/" or be omitted.`,
	}, Check: efsVolumes(efsRoot)},
	{Meta: rules.Meta{ID: "ecs-efs-port", Code: clientException, Doc: docEFS}, Check: efsVolumes(efsPort)},
	{Meta: rules.Meta{ID: "ecs-s3files-arn", Code: clientException, Doc: docS3Files}, Check: s3Volumes(s3Names)},
	{Meta: rules.Meta{ID: "ecs-s3files-root", Code: clientException, Doc: docS3Files}, Check: s3Volumes(s3Root)},
	{Meta: rules.Meta{
		ID: "ecs-volume-launch-one", Code: clientException, Doc: api + "API_Volume.html",
		Text: "Only one volume can be configured at launch in a task definition.",
	}, Check: oneAtLaunch},
	{Meta: rules.Meta{ID: "ecs-volumes-from", Code: clientException, Doc: api + "API_VolumeFrom.html", Warn: true}, Check: volumesFrom},
}

func volumeNames(r *rules.Report, in *task) {
	seen := map[string]bool{}
	for i := range in.Volumes {
		path, name := rules.Elem("Volumes", in.Volumes[i].Name, i)+".Name", value(in.Volumes[i].Name)
		switch {
		case !containerPattern.MatchString(name):
			r.Add(rules.Problem{
				Path: path, Got: quote(name), Want: "1 to 255 letters, digits, hyphens and underscores",
				Text: "Volume.name contains invalid characters.",
			})
		case seen[name]:
			r.Add(rules.Problem{
				Path: path, Got: quote(name) + " twice", Want: "each name once", Text: fmt.Sprintf("Duplicate volume name '%s'.", name),
			})
		}
		seen[name] = true
	}
}

// oneAtLaunch: a revision has one such volume, which says nothing else of itself.
func oneAtLaunch(r *rules.Report, in *task) {
	n := 0
	for i := range in.Volumes {
		v := &in.Volumes[i]
		if !value(v.ConfiguredAtLaunch) {
			continue
		}
		path := rules.Elem("Volumes", v.Name, i)
		if n++; n > 1 {
			r.Add(rules.Problem{Path: path + ".ConfiguredAtLaunch", Got: "a second one", Want: "at most one volume that is configured at launch"})
		}
		if v.EfsVolumeConfiguration != nil || v.DockerVolumeConfiguration != nil || v.FsxWindowsFileServerVolumeConfiguration != nil ||
			v.S3filesVolumeConfiguration != nil || v.Host != nil && v.Host.SourcePath != nil {
			r.Add(rules.Problem{
				Path: path, Got: "a volume that is configured here and at launch", Want: "one of the two",
				Text: "When configuredAtLaunch is true, no other volume configuration can be specified.",
			})
		}
	}
}

func mounts(r *rules.Report, in *task) {
	containers(func(r *rules.Report, path string, c *container) {
		for i, m := range c.MountPoints {
			if !hasVolume(in, value(m.SourceVolume)) {
				r.Add(rules.Problem{
					Path: rules.Elem(path+".MountPoints", m.SourceVolume, i), Got: quote(value(m.SourceVolume)),
					Want: "a volume of this task definition", Text: fmt.Sprintf("Unknown volume '%s'.", value(m.SourceVolume)),
				})
			}
		}
	})(r, in)
}

func hasVolume(in *task, name string) bool {
	for i := range in.Volumes {
		if value(in.Volumes[i].Name) == name {
			return true
		}
	}
	return false
}

func volumesFrom(r *rules.Report, in *task) {
	containers(func(r *rules.Report, path string, c *container) {
		for i, v := range c.VolumesFrom {
			if _, ok := find(in, value(v.SourceContainer)); !ok {
				r.Add(rules.Problem{
					Path: rules.Elem(path+".VolumesFrom", v.SourceContainer, i), Got: quote(value(v.SourceContainer)),
					Want: "a container of this task definition",
				})
			}
		}
	})(r, in)
}

type efsFunc func(r *rules.Report, path string, v *ecstypes.EFSVolumeConfiguration)

// efsVolumes makes a check of each volume on EFS.
func efsVolumes(check efsFunc) func(*rules.Report, *task) {
	return func(r *rules.Report, in *task) {
		for i := range in.Volumes {
			if v := in.Volumes[i].EfsVolumeConfiguration; v != nil {
				check(r, rules.Elem("Volumes", in.Volumes[i].Name, i)+".EfsVolumeConfiguration", v)
			}
		}
	}
}

func efsTransit(r *rules.Report, path string, v *ecstypes.EFSVolumeConfiguration) {
	a := v.AuthorizationConfig
	needs := a != nil && (value(a.AccessPointId) != "" || a.Iam == ecstypes.EFSAuthorizationConfigIAMEnabled)
	if needs && v.TransitEncryption != ecstypes.EFSTransitEncryptionEnabled {
		r.Add(rules.Problem{Path: path + ".TransitEncryption", Got: quote(string(v.TransitEncryption)), Want: "ENABLED with an access point or IAM"})
	}
}

func efsRoot(r *rules.Report, path string, v *ecstypes.EFSVolumeConfiguration) {
	root := value(v.RootDirectory)
	if v.AuthorizationConfig != nil && value(v.AuthorizationConfig.AccessPointId) != "" && root != "" && root != "/" {
		r.Add(rules.Problem{Path: path + ".RootDirectory", Got: quote(root), Want: "none or / with an access point"})
	}
}

func efsPort(r *rules.Report, path string, v *ecstypes.EFSVolumeConfiguration) {
	between(r, path+".TransitEncryptionPort", v.TransitEncryptionPort, 0, maxPort, "", "")
}

type s3Func func(r *rules.Report, path string, v *ecstypes.S3FilesVolumeConfiguration)

// s3Volumes makes a check of each volume on S3 Files.
func s3Volumes(check s3Func) func(*rules.Report, *task) {
	return func(r *rules.Report, in *task) {
		for i := range in.Volumes {
			if v := in.Volumes[i].S3filesVolumeConfiguration; v != nil {
				check(r, rules.Elem("Volumes", in.Volumes[i].Name, i)+".S3filesVolumeConfiguration", v)
			}
		}
	}
}

func s3Names(r *rules.Report, path string, v *ecstypes.S3FilesVolumeConfiguration) {
	const whole = "the full ARN"
	if arn := value(v.FileSystemArn); !strings.HasPrefix(arn, "arn:") {
		r.Add(rules.Problem{Path: path + ".FileSystemArn", Got: quote(arn), Want: whole + " of a file system"})
	}
	if arn := value(v.AccessPointArn); arn != "" && !strings.HasPrefix(arn, "arn:") {
		r.Add(rules.Problem{Path: path + ".AccessPointArn", Got: quote(arn), Want: whole + " of an access point"})
	}
}

func s3Root(r *rules.Report, path string, v *ecstypes.S3FilesVolumeConfiguration) {
	if root := value(v.RootDirectory); value(v.AccessPointArn) != "" && root != "" && root != "/" {
		r.Add(rules.Problem{Path: path + ".RootDirectory", Got: quote(root), Want: "none or / with an access point"})
	}
}
