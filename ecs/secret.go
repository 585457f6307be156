// SPDX-License-Identifier: Apache-2.0

package ecs

import (
	"strings"

	"github.com/slipway-go/slipway"
)

// Secret is a value that ECS looks up when it starts a container: one of
// [SecretsManager] or [SSMParameter]. The set is sealed.
type Secret interface {
	// from is what ECS looks up.
	from() string
	// arn is what the execution role must be allowed to read, key the KMS key it
	// must be allowed to use, or "".
	arn() string
	key() string
	action() string
	// check says what is wrong with the name, or nothing.
	check() (got, want string)
}

// SecretsManagerSecret is a secret of Secrets Manager.
type SecretsManagerSecret struct{ id, json, stage, version, kms string }

// SecretsManager is the secret of that name in the stack's region and account, or
// of that ARN.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
func SecretsManager(nameOrARN string) SecretsManagerSecret {
	return SecretsManagerSecret{id: nameOrARN}
}

// Key is one key of a secret that holds JSON.
func (s SecretsManagerSecret) Key(name string) SecretsManagerSecret {
	s.json = name
	return s
}

// Stage is the version with that staging label; AWSCURRENT if not called.
func (s SecretsManagerSecret) Stage(label string) SecretsManagerSecret {
	s.stage = label
	return s
}

// Version is the version of that ID.
func (s SecretsManagerSecret) Version(id string) SecretsManagerSecret {
	s.version = id
	return s
}

// EncryptedBy names the customer managed KMS key of the secret by its ARN, so that
// the execution role may use it. AWS's own key needs no permission.
func (s SecretsManagerSecret) EncryptedBy(keyARN string) SecretsManagerSecret {
	s.kms = keyARN
	return s
}

func (s SecretsManagerSecret) base() string {
	if isARN(s.id) {
		return s.id
	}
	return ownARN("secretsmanager", "secret:"+s.id)
}

func (s SecretsManagerSecret) from() string {
	if s.json == "" && s.stage == "" && s.version == "" {
		return s.base()
	}
	return strings.Join([]string{s.base(), s.json, s.stage, s.version}, ":")
}

// arn of a secret known by name ends in AWS's six random characters.
func (s SecretsManagerSecret) arn() string {
	if isARN(s.id) {
		return s.id
	}
	return s.base() + "-??????"
}

func (s SecretsManagerSecret) key() string    { return s.kms }
func (s SecretsManagerSecret) action() string { return "secretsmanager:GetSecretValue" }
func (s SecretsManagerSecret) check() (got, want string) {
	return checkName(s.id, "secretsmanager", "the name or ARN of a secret of Secrets Manager")
}

// Parameter is a parameter of the Systems Manager parameter store.
type Parameter struct{ id, kms string }

// SSMParameter is the parameter of that name in the stack's region and account, or
// of that ARN.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-ssm-paramstore.html
func SSMParameter(nameOrARN string) Parameter { return Parameter{id: nameOrARN} }

// EncryptedBy names the customer managed KMS key of a SecureString by its ARN, so
// that the execution role may use it. AWS's own key needs no permission.
func (p Parameter) EncryptedBy(keyARN string) Parameter {
	p.kms = keyARN
	return p
}

func (p Parameter) from() string { return p.arn() }

func (p Parameter) arn() string {
	if isARN(p.id) {
		return p.id
	}
	return ownARN("ssm", "parameter/"+strings.TrimPrefix(p.id, "/"))
}

func (p Parameter) key() string    { return p.kms }
func (p Parameter) action() string { return "ssm:GetParameters" }
func (p Parameter) check() (got, want string) {
	return checkName(p.id, "ssm", "the name or ARN of a parameter of Systems Manager")
}

// checkName finds a name that is missing and an ARN of another service.
func checkName(id, service, wanted string) (got, want string) {
	switch {
	case id == "":
		return "none", wanted
	case strings.HasPrefix(id, "arn:") && !strings.HasPrefix(strings.SplitN(id+"::", ":", 3)[2], service+":"):
		return id, wanted
	default:
		return "", ""
	}
}

// isARN reports whether s is an ARN or a placeholder for one.
func isARN(s string) bool { return strings.HasPrefix(s, "arn:") || strings.HasPrefix(s, "${") }

// ownARN is the ARN of a resource in the stack's own account and region.
func ownARN(service, resource string) string {
	return "arn:" + slipway.Self("partition") + ":" + service + ":" + slipway.Self("region") + ":" + slipway.Self("account") + ":" + resource
}
