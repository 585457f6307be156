// SPDX-License-Identifier: Apache-2.0

package elb_test

import (
	"errors"
	"fmt"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/elb"
	"github.com/slipway-go/slipway/vpc"
)

// What asks for HTTP is sent to HTTPS; to HTTP it would be sent for ever.
func ExampleRedirectToHTTPS() {
	app := elb.NewApplication("shop", vpc.Default())
	fmt.Println(elb.NewListener(app, 8080, elb.RedirectToHTTPS()).Validate())
	fmt.Println(errors.Is(elb.NewListener(app, 8080, elb.Redirect{}).Validate(), slipway.ErrInvalid))
	// Output:
	// <nil>
	// true
}

// A stack prunes what it no longer declares, of the kinds that it knows.
func ExampleKinds() {
	fmt.Println(len(elb.Kinds()) > 0)
	// Output: true
}
