// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"fmt"

	"github.com/slipway-go/slipway/storage"
)

// A stack prunes what it no longer declares, of the kinds that it knows.
func ExampleKinds() {
	fmt.Println(len(storage.Kinds()) > 0)
	// Output: true
}
