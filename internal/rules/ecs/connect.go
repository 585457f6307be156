// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"fmt"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	model "github.com/slipway-go/slipway/internal/model/ecs"
	"github.com/slipway-go/slipway/internal/rules"
)

const docConnect = api + "API_ServiceConnectService.html"

// connectRules look at Service Connect.
var connectRules = []serviceRule{
	{Meta: rules.Meta{
		ID: "ecs-connect-namespace", Code: invalidParameter, Doc: docPreflight, Text: "Namespace is missing",
	}, Check: connectNamespace},
	{Meta: rules.Meta{ID: "ecs-connect-port", Code: invalidParameter, Doc: docConnect}, Check: connectPorts},
	{Meta: rules.Meta{ID: "ecs-connect-alias", Code: invalidParameter, Doc: docConnect}, Check: connectAliases},
}

func connectNamespace(r *rules.Report, in *service) {
	c := in.ServiceConnectConfiguration
	if c == nil || !c.Enabled || value(c.Namespace) != "" {
		return
	}
	name := value(in.Cluster)
	if name == "" {
		name = "default"
	}
	state, found, known := r.Get(model.KindCluster, name)
	cluster, ok := state.(*model.Cluster)
	if found && known && ok && cluster.Create.ServiceConnectDefaults == nil {
		r.Add(rules.Problem{
			Path: "ServiceConnectConfiguration.Namespace", Got: "none", Want: "a namespace, here or as the cluster's default",
		})
	}
}

func connected(in *service) []ecstypes.ServiceConnectService {
	if in.ServiceConnectConfiguration == nil {
		return nil
	}
	return in.ServiceConnectConfiguration.Services
}

func connectPorts(r *rules.Report, in *service) {
	t, ok := taskOf(r, value(in.TaskDefinition))
	if !ok {
		return
	}
	for i, s := range connected(in) {
		if !portNamed(t, value(s.PortName)) {
			r.Add(rules.Problem{
				Path: rules.Elem("ServiceConnectConfiguration.Services", s.PortName, i) + ".PortName", Got: quote(value(s.PortName)),
				Want: "the name of a port mapping of the task definition",
				Text: fmt.Sprintf("The portName %s in the Service Connect configuration does not match any port mapping in the task definition.", value(s.PortName)),
			})
		}
	}
}

func portNamed(t *task, name string) bool {
	for i := range t.ContainerDefinitions {
		for _, p := range t.ContainerDefinitions[i].PortMappings {
			if value(p.Name) == name && name != "" {
				return true
			}
		}
	}
	return false
}

func connectAliases(r *rules.Report, in *service) {
	for i, s := range connected(in) {
		path := rules.Elem("ServiceConnectConfiguration.Services", s.PortName, i)
		if n := len(s.ClientAliases); n > 1 {
			r.Add(rules.Problem{Path: path + ".ClientAliases", Got: fmt.Sprintf("%d aliases", n), Want: "at most one"})
		}
		for j, a := range s.ClientAliases {
			between(r, rules.Elem(path+".ClientAliases", a.DnsName, j)+".Port", a.Port, 1, maxPort, "", "")
		}
	}
}
