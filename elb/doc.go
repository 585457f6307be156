// SPDX-License-Identifier: Apache-2.0

// Package elb declares Elastic Load Balancing: Application and Network Load Balancers
// with their listeners, rules and target groups, Classic Load Balancers, and VPC
// endpoint services.
//
// The usual way is short. [NewApplication] is a balancer with its listeners and
// its security group; [Application.Route] is a path (host, header ...) on it, and
// what is routed to, such as an ECS service, brings the rule and the target group.
// [NewNetwork] and [Network.TCP] are the same for connections and datagrams.
// [NewListener], [NewListenerRule] and [NewTargetGroup] are there for all that
// does not fit this.
package elb
