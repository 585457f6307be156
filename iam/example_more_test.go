// SPDX-License-Identifier: Apache-2.0

package iam_test

import (
	"context"
	"fmt"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/fakes"
	"github.com/slipway-go/slipway/iam"
)

// IAM knows no regions; the name of a derived profile does.
func ExampleNewDerivedInstanceProfile() {
	nodes := iam.NewDerivedInstanceProfile("nodes", iam.NewDerivedRole("node").WithAllow("*", "ecs:Poll"))
	result, err := slipway.NewStack("shop", nodes).Apply(context.Background(), fakes.New(fakes.Options{Region: "eu-central-1"}).Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(slipway.Output(result, nodes).Name)
	// Output: nodes-eu-central-1
}

// A stack prunes what it no longer declares, of the kinds that it knows.
func ExampleKinds() {
	fmt.Println(len(iam.Kinds()) > 0)
	// Output: true
}
