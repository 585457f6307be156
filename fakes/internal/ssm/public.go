// SPDX-License-Identifier: Apache-2.0

package ssm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

const publicPrefix = "/aws/service/"

// images are the families of AMIs for ECS whose newest AWS publishes.
//
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/retrieve-ecs-optimized_AMI.html
var images = []string{
	"amazon-linux-2023", "amazon-linux-2023/arm64", "amazon-linux-2023/gpu", "amazon-linux-2023/neuron",
	"amazon-linux-2", "amazon-linux-2/arm64", "amazon-linux-2/gpu", "amazon-linux-2/inf",
}

func isPublic(name string) bool { return strings.HasPrefix(name, publicPrefix) }

// public returns one of AWS's own parameters. The image ids are made up, but the
// same for a region each time.
func public(c *sim.Call, name string) (*parameter, bool) {
	for _, image := range images {
		base := publicPrefix + "ecs/optimized-ami/" + image + "/recommended"
		rest, ok := strings.CutPrefix(name, base)
		if !ok {
			continue
		}
		sum := sha256.Sum256([]byte(c.Region + base))
		id := "ami-0" + hex.EncodeToString(sum[:8])
		value, ok := map[string]string{
			"":            fmt.Sprintf(`{"ecs_agent_version":"1.99.0","image_id":%q,"os":"Amazon Linux","schema_version":1}`, id),
			"/image_id":   id,
			"/os":         "Amazon Linux",
			"/image_name": strings.ReplaceAll(image, "/", "-") + "-ami-ecs-hvm",
		}[rest]
		if !ok {
			return nil, false
		}
		return &parameter{
			name: name, arn: resource(c, &name),
			versions: []*version{{
				number: 1, kind: ssmtypes.ParameterTypeString, value: value, dataType: "text",
				modified: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
			}},
		}, true
	}
	return nil, false
}
