// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"context"
	"fmt"

	awsefs "github.com/aws/aws-sdk-go-v2/service/efs"
	efstypes "github.com/aws/aws-sdk-go-v2/service/efs/types"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/ecs"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/storage"
	"github.com/slipway-go/slipway/vpc"
)

func ExampleNewFileSystem() {
	network := vpc.Default()
	files := storage.NewFileSystem("files", network).WithElasticThroughput().WithBackup(true).
		WithLifecycle(storage.Lifecycle{InfrequentAccess: 30, Archive: 90, Back: true})
	uploads := files.AccessPoint("uploads").WithUser(1000, 1000).WithCreatedRoot("/uploads", 1000, 1000, "0755")

	app := ecs.NewContainer("app", ecs.ImageRef("public.ecr.aws/shop/web:1")).
		WithMount(ecs.EFSVolume{Name: "uploads", FileSystem: files, AccessPoint: uploads}, "/var/uploads")
	task := ecs.NewFargateTaskDefinition("web", ecs.VCPU/4, 512*ecs.MiB).WithContainer(app)
	stack := slipway.NewStack("shop", ecs.NewFargateService("web", ecs.NewCluster("shop"), task, network))

	cloud := fakes.New(fakes.Options{})
	result, err := stack.Apply(context.Background(), cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(slipway.Output(result, files).ID[:3], slipway.Output(result, uploads).ID[:5])
	// Output: fs- fsap-
}

func ExampleNewAccessPoint() {
	shared := storage.FileSystemID("fs-0123456789abcdef0")
	point := storage.NewAccessPoint("uploads", shared).WithUser(1000, 1000).WithRoot("uploads")
	fmt.Println(point.Validate())
	// Output: efs:AccessPoint/fs-0123456789abcdef0/uploads-97b79e Create.RootDirectory.Path: got "uploads", want / or up to four directories in 100 characters, such as /shop/uploads (https://docs.aws.amazon.com/efs/latest/ug/API_RootDirectory.html)
}

func ExampleCheck() {
	token := "files"
	fmt.Println(storage.Check(&awsefs.CreateFileSystemInput{CreationToken: &token, ThroughputMode: efstypes.ThroughputModeProvisioned}))
	// Output: ProvisionedThroughputInMibps: got none, want 1 MiB/s or more (https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/efs/pf-efs-throughput-mode)
}
