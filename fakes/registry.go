// SPDX-License-Identifier: Apache-2.0

package fakes

import "net/http"

// Registry serves the private ECR registry of the cloud's region by the OCI
// distribution protocol, for clients that speak HTTP over a socket: give it to
// [net/http/httptest.NewServer]. Clients made from [Cloud.Config] reach every
// region's registry without it, in process.
func (c *Cloud) Registry() http.Handler { return c.parts.ecr.Registry(c.opts.Region) }
