// SPDX-License-Identifier: Apache-2.0

package efs

import (
	"fmt"
	"path"

	"github.com/aws/aws-sdk-go-v2/aws"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
	"github.com/slipway-go/slipway/fakes/internal/world"
)

// nfs is the port of NFS.
const nfs = 2049

// MountError is how the EFS mount helper fails, in the words in which tasks
// report it.
type MountError struct {
	// Text is what the helper wrote.
	Text string
	// Code is its exit code.
	Code int
}

// Error is the whole of what a stopped task says, after
// "ResourceInitializationError: ".
func (e *MountError) Error() string {
	return fmt.Sprintf("failed to invoke EFS utils commands to set up EFS volumes: stderr: %s : unsuccessful EFS utils command execution; code: %d",
		e.Text, e.Code)
}

// The exit codes of the mount helper.
const (
	codeResolve = 1
	codeMount   = 32
)

// Mount mounts a file system. The interface needs a mount target in its own zone
// and VPC that admits NFS from its groups, and the policies must allow it: the
// file system's alone where iam is off, else with those of p's role.
func (f *Fake) Mount(region, fileSystem, accessPoint string, iam bool, from world.Interface, p sim.Principal) error {
	c := &sim.Call{
		Sim: f.sim, Service: "EFS", Region: region, Account: f.sim.Account(), Partition: sim.Partition(region), Caller: p,
	}
	host := fileSystem + ".efs." + region + ".amazonaws.com"
	s, ok := f.regions.In(c).systems[fileSystem]
	t := f.near(c, fileSystem, from)
	if !ok || t == nil || !f.network.ResolvesNames(region, from.VPC) {
		return &MountError{Code: codeResolve, Text: "Failed to resolve \"" + host + "\" - check that your file system ID is correct, " +
			"and ensure that the VPC has an EFS mount target for this file system ID. See " +
			"https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail. Attempting to lookup mount target ip address " +
			"using botocore. Failed to import necessary dependency botocore, please install botocore first."}
	}
	if !f.network.Permits(region, from.Groups, t.groups, nfs) {
		return &MountError{Code: codeMount, Text: "b'mount.nfs4: Connection timed out'"}
	}
	denied := &MountError{Code: codeMount, Text: "b'mount.nfs4: access denied by server while mounting " + host + ":/'"}
	if accessPoint != "" && aws.ToString(f.regions.In(c).points[accessPoint].FileSystemId) != fileSystem {
		return denied
	}
	if !f.allows(c, s, accessPoint, iam, p) || !f.enter(c, s, accessPoint) {
		return denied
	}
	return nil
}

// enter goes to the root directory of an access point, which is made if that says how.
// Without a word of it, and without the directory, the server denies the mount.
// https://docs.aws.amazon.com/efs/latest/ug/efs-access-points.html
func (f *Fake) enter(c *sim.Call, s *system, accessPoint string) bool {
	root := f.regions.In(c).points[accessPoint].RootDirectory
	if root == nil || s.has(aws.ToString(root.Path)) {
		return true
	}
	if root.CreationInfo == nil {
		return false
	}
	for dir := path.Clean(aws.ToString(root.Path)); dir != "/"; dir = path.Dir(dir) {
		s.directories[dir] = true
	}
	return true
}

func (s *system) has(dir string) bool {
	dir = path.Clean("/" + dir)
	return dir == "/" || s.directories[dir]
}

// HasDirectory reports whether the file system has the directory: "/", and those that
// access points have made. Programs make none here.
func (f *Fake) HasDirectory(region, fileSystem, dir string) bool {
	s, ok := f.regions.Of(f.sim.Account(), region).systems[fileSystem]
	return ok && s.has(dir)
}

// near returns the available mount target in the zone and VPC of an interface.
func (f *Fake) near(c *sim.Call, fileSystem string, from world.Interface) *target {
	for _, t := range f.of(c, fileSystem) {
		d := t.described
		if d.LifeCycleState == efstypes.LifeCycleStateAvailable && aws.ToString(d.VpcId) == from.VPC &&
			aws.ToString(d.AvailabilityZoneName) == from.Zone {
			return t
		}
	}
	return nil
}

// openPolicy is in force while a file system has no policy of its own: whoever
// reaches a mount target may do everything.
//
// https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
const openPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},` +
	`"Action":["elasticfilesystem:ClientRootAccess","elasticfilesystem:ClientWrite","elasticfilesystem:ClientMount"],"Resource":"*"}]}`

// allows asks the policies. A client without IAM authorization is anonymous, so
// that only the file system's policy can let it in.
func (f *Fake) allows(c *sim.Call, s *system, accessPoint string, iam bool, p sim.Principal) bool {
	document := openPolicy
	if s.policy != nil {
		document = *s.policy
	}
	if !iam {
		p = anonymous
	}
	a := sim.Access{
		Action: "elasticfilesystem:ClientMount", Resource: aws.ToString(s.described.FileSystemArn), Policy: document,
	}.With("elasticfilesystem:AccessedViaMountTarget", "true").With("aws:SecureTransport", "true")
	if accessPoint != "" {
		a = a.With("elasticfilesystem:AccessPointArn", c.ARN("elasticfilesystem", "access-point/"+accessPoint))
	}
	return f.access.Authorize(p, a) == nil
}

// anonymous is who mounts without IAM authorization.
var anonymous = sim.Principal{ARN: "anonymous", UserID: "anonymous", Role: "anonymous"}
