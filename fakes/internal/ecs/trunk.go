// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// trunkAttribute has the trunk network interface of an instance.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-eni.html
const trunkAttribute = "ecs.awsvpc-trunk-id"

const registrationFailed = "REGISTRATION_FAILED"

// trunks reports whether instances of a type get a trunk network interface.
func (r *region) trunks(most int) bool {
	return most > 0 && r.setting(ecstypes.SettingNameAwsvpcTrunking) == "enabled"
}

// register has the instance wait for its trunk network interface, if it gets one, before
// it is ACTIVE.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerInstance.html
func (n *node) register(trunk bool) {
	if !trunk {
		n.activate(active)
		return
	}
	n.activate(registering)
	f := n.cl.r.f
	f.sim.After(f.timing.Provision, func() {
		if n.status == registering {
			n.attachTrunk()
		}
	})
}

// attachTrunk ends the registration. AWS's words for a failed one are not known.
func (n *node) attachTrunk() {
	trunk, err := n.cl.r.f.needs.Network.Attach(n.cl.r.name, n.iface.Subnet, n.iface.Groups, false, n.arn, n.arn)
	if err != nil {
		n.reason = "Unable to attach a trunk network interface: " + message(err)
		n.become(registrationFailed)
		return
	}
	n.trunk, n.attributes[trunkAttribute] = trunk.ID, trunk.ID
	n.become(active)
	n.cl.nodesChanged()
}

// deregister forgets the instance, once its trunk network interface is gone.
func (n *node) deregister() {
	if n.trunk == "" {
		n.forget()
		return
	}
	f, r := n.cl.r.f, n.cl.r
	delete(r.nodes, n.ec2)
	delete(r.hosts, address{n.iface.VPC, n.iface.PrivateIP})
	n.become(deregistering)
	n.cl.nodesChanged()
	f.sim.After(f.timing.Deprovision, func() {
		f.needs.Network.Detach(r.name, n.trunk)
		n.forget()
	})
}
