// SPDX-License-Identifier: Apache-2.0

// Package cloudmap declares what is found by name: namespaces of AWS Cloud Map, and
// their services, in which the tasks of ECS services register.
//
// A namespace is asked by API alone ([NewHTTPNamespace]), by DNS in a VPC
// ([NewPrivateNamespace]) or by DNS everywhere ([NewPublicNamespace]). Do not take a
// [Service] for one of ECS: it is a name under which instances are found. An ECS
// service registers its tasks in it by WithRegistry, and takes them out again.
package cloudmap
