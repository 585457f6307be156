// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway"
	model "github.com/slipway-go/slipway/internal/model/efs"
	"github.com/slipway-go/slipway/internal/override"
)

// AccessPoint is a door to a directory of a file system, behind which files are read
// and written as a certain user. AWS cannot change it: another user or directory is
// another access point, which takes the place of the old one. The files stay.
// https://docs.aws.amazon.com/efs/latest/ug/efs-access-points.html
type AccessPoint struct {
	name      string
	of        FileSystemRef
	user      *efstypes.PosixUser
	path      string
	create    *efstypes.CreationInfo
	tags      map[string]string
	overrides []func(*awsefs.CreateAccessPointInput)
}

// AccessPoint declares an access point, of a name that is unique in the file system.
// Without options it shows the whole file system, with the users that clients have.
func (f FileSystem) AccessPoint(name string) AccessPoint { return NewAccessPoint(name, f) }

// NewAccessPoint declares an access point of a file system that may exist already.
func NewAccessPoint(name string, of FileSystemRef) AccessPoint {
	if of == nil {
		of = FileSystemID("")
	}
	return AccessPoint{name: name, of: of}
}

// WithUser has all files be read and written as this POSIX user and group, and up to
// 16 more groups; each from 0 to 4294967295.
func (a AccessPoint) WithUser(uid, gid int64, more ...int64) AccessPoint {
	a.user = &efstypes.PosixUser{Uid: &uid, Gid: &gid, SecondaryGids: slices.Clone(more)}
	return a
}

// WithRoot shows only what is below the path, such as "/shop/uploads", of up to four
// directories and 100 characters. It must exist; [AccessPoint.WithCreatedRoot] makes it.
func (a AccessPoint) WithRoot(path string) AccessPoint {
	a.path, a.create = path, nil
	return a
}

// WithCreatedRoot is [AccessPoint.WithRoot] for a directory that EFS makes, at the
// first mount, if it is not there: owned by the user and group, with permissions in
// octal, such as "0755".
func (a AccessPoint) WithCreatedRoot(path string, uid, gid int64, permissions string) AccessPoint {
	a.path = path
	a.create = &efstypes.CreationInfo{OwnerUid: &uid, OwnerGid: &gid, Permissions: &permissions}
	return a
}

// WithTag sets a tag.
func (a AccessPoint) WithTag(key, value string) AccessPoint {
	a.tags = with(a.tags, key, value)
	return a
}

// WithOverride has f change the input of CreateAccessPoint after everything else, for
// what this builder does not offer.
func (a AccessPoint) WithOverride(f func(*awsefs.CreateAccessPointInput)) AccessPoint {
	a.overrides = append(slices.Clip(a.overrides), f)
	return a
}

// ID returns "efs:AccessPoint/<file system>/<name>-<hash>": the hash is of what cannot
// be changed.
func (a AccessPoint) ID() slipway.ID {
	in, _ := a.input()
	return slipway.ID{Kind: model.KindAccessPoint, Name: a.title() + "-" + fixed(&in)}
}

// title names the access point in its file system.
func (a AccessPoint) title() string {
	if f, declared := a.of.(FileSystem); declared {
		return f.name + "/" + a.name
	}
	return a.of.FileSystemID() + "/" + a.name
}

// fixed is a short hash of what AWS cannot change.
func fixed(in *awsefs.CreateAccessPointInput) string {
	const digits = 6
	body, err := json.Marshal([]any{in.PosixUser, in.RootDirectory})
	if err != nil { // never for plain data
		body = []byte(err.Error())
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])[:digits]
}

// AccessPointID returns the ID, as a placeholder.
func (a AccessPoint) AccessPointID() string { return slipway.Ref(a.ID(), "id") }

// ARN returns the ARN, as a placeholder.
func (a AccessPoint) ARN() string { return slipway.Ref(a.ID(), "arn") }

// FileSystem returns the file system that it is one of.
func (a AccessPoint) FileSystem() FileSystemRef { return a.of }

// Resources returns the access point itself, which brings its file system.
func (a AccessPoint) Resources() []slipway.Resource { return []slipway.Resource{a} }

func (a AccessPoint) accessPoint() {}

// Build returns the wanted state.
func (a AccessPoint) Build() (slipway.Desired, error) {
	in, overridden := a.input()
	if in.ClientToken == nil {
		in.ClientToken = aws.String(token(a.ID()))
	}
	return slipway.Desired{
		Kind: accessPointKind(), State: &model.AccessPoint{Create: in}, Uses: a.of.Resources(), Overridden: overridden,
	}, nil
}

func (a AccessPoint) input() (in awsefs.CreateAccessPointInput, overridden []string) {
	tags := maps.Clone(a.tags)
	if _, named := tags["Name"]; !named {
		tags = with(tags, "Name", a.name)
	}
	in = awsefs.CreateAccessPointInput{FileSystemId: aws.String(a.of.FileSystemID()), PosixUser: cloneUser(a.user), Tags: tagList(tags)}
	if a.path != "" {
		in.RootDirectory = &efstypes.RootDirectory{Path: aws.String(a.path)}
	}
	if a.create != nil {
		create := *a.create
		in.RootDirectory.CreationInfo = &create
	}
	overridden = override.Run("Create.", &in, a.overrides...)
	return in, overridden
}

func cloneUser(u *efstypes.PosixUser) *efstypes.PosixUser {
	if u == nil {
		return nil
	}
	c := *u
	c.SecondaryGids = slices.Clone(u.SecondaryGids)
	return &c
}

// token is the client token, by which the access point is found again: of 64
// characters at most, whatever the name.
func token(id slipway.ID) string {
	const digits = 40
	sum := sha256.Sum256([]byte(id.String()))
	return hex.EncodeToString(sum[:])[:digits]
}

// Validate reports all that AWS would reject.
func (a AccessPoint) Validate() error { return validate(a, accessPoints{}) }
