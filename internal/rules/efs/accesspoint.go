// SPDX-License-Identifier: Apache-2.0

package efs

import (
	"regexp"
	"strconv"

	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"

	"github.com/slipway-go/slipway/internal/rules"
)

// The bounds of access points.
// https://docs.aws.amazon.com/efs/latest/ug/API_RootDirectory.html
// https://docs.aws.amazon.com/efs/latest/ug/API_PosixUser.html
const (
	maxPath      = 100
	maxID        = 1<<32 - 1
	maxSecondary = 16
)

var (
	pathPattern       = regexp.MustCompile("^(/|(/[^$#<>;`|&?{}^*/\\n]+){1,4})$")
	permissionPattern = regexp.MustCompile(`^[0-7]{3,4}$`)
)

// CreateAccessPoint holds the rules of access points.
var CreateAccessPoint = rules.Of[awsefs.CreateAccessPointInput]{
	{Meta: rules.Meta{ID: "efs-client-token", Code: validation, Doc: api + "API_CreateAccessPoint.html"}, Check: clientToken},
	{Meta: tagMeta, Check: func(r *rules.Report, in *awsefs.CreateAccessPointInput) { tags(r, in.Tags) }},
	{Meta: rules.Meta{ID: "efs-posix-user", Code: validation, Doc: api + "API_PosixUser.html"}, Check: posixUser},
	{Meta: rules.Meta{ID: "efs-root-path", Code: validation, Doc: api + "API_RootDirectory.html"}, Check: rootPath},
	{Meta: rules.Meta{ID: "efs-root-creation", Code: validation, Doc: api + "API_CreationInfo.html"}, Check: creation},
	{Meta: rules.Meta{ID: "efs-root-exists", Doc: api + "API_RootDirectory.html", Warn: true}, Check: rootExists},
}

func clientToken(r *rules.Report, in *awsefs.CreateAccessPointInput) {
	if token := value(in.ClientToken); len(token) < 1 || len(token) > maxToken {
		r.Add(rules.Problem{Path: "ClientToken", Got: quote(token), Want: "1 to 64 ASCII characters"})
	}
}

func posixUser(r *rules.Report, in *awsefs.CreateAccessPointInput) {
	u := in.PosixUser
	if u == nil {
		return
	}
	id(r, "PosixUser.Uid", u.Uid)
	id(r, "PosixUser.Gid", u.Gid)
	for i := range u.SecondaryGids {
		id(r, rules.Elem("PosixUser.SecondaryGids", nil, i), &u.SecondaryGids[i])
	}
	if n := len(u.SecondaryGids); n > maxSecondary {
		r.Add(rules.Problem{Path: "PosixUser.SecondaryGids", Got: strconv.Itoa(n) + " groups", Want: "at most 16"})
	}
}

func id(r *rules.Report, path string, n *int64) {
	switch {
	case n == nil:
		r.Add(rules.Problem{Path: path, Got: "none", Want: "0 to 4294967295"})
	case *n < 0 || *n > maxID:
		r.Add(rules.Problem{Path: path, Got: strconv.FormatInt(*n, 10), Want: "0 to 4294967295"})
	}
}

func rootPath(r *rules.Report, in *awsefs.CreateAccessPointInput) {
	if in.RootDirectory == nil || in.RootDirectory.Path == nil {
		return
	}
	if p := *in.RootDirectory.Path; len(p) > maxPath || !pathPattern.MatchString(p) {
		r.Add(rules.Problem{Path: "RootDirectory.Path", Got: quote(p), Want: "/ or up to four directories in 100 characters, such as /shop/uploads"})
	}
}

func creation(r *rules.Report, in *awsefs.CreateAccessPointInput) {
	if in.RootDirectory == nil || in.RootDirectory.CreationInfo == nil {
		return
	}
	c := in.RootDirectory.CreationInfo
	id(r, "RootDirectory.CreationInfo.OwnerUid", c.OwnerUid)
	id(r, "RootDirectory.CreationInfo.OwnerGid", c.OwnerGid)
	if p := value(c.Permissions); !permissionPattern.MatchString(p) {
		r.Add(rules.Problem{Path: "RootDirectory.CreationInfo.Permissions", Got: quote(p), Want: "three or four octal digits, such as 0755"})
	}
}

// rootExists: EFS accepts it, and then mounts fail unless somebody made the directory.
func rootExists(r *rules.Report, in *awsefs.CreateAccessPointInput) {
	d := in.RootDirectory
	if d == nil || d.CreationInfo != nil || value(d.Path) == "" || value(d.Path) == "/" {
		return
	}
	r.Add(rules.Problem{Path: "RootDirectory.CreationInfo", Got: "none", Want: "an owner, unless " + *d.Path + " is there already: else mounts fail"})
}
