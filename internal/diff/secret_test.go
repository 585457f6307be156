// SPDX-License-Identifier: Apache-2.0

package diff_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slipway-go/slipway/internal/diff"
)

func TestSoundsSecret(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"DB_PASSWORD", "DB_PASS", "smtp.pass", "dbPass", "PGPASSWORD", "Pwd", "adminPwd", "API_KEY", "apiKey", "ENCRYPTION_KEY", "RAILS_MASTER_KEY", "APP_KEY",
		"TOKEN_URL", "clientSecret",
	} {
		require.True(t, diff.SoundsSecret(name), name)
	}
	for _, name := range []string{"KEY", "PASSIVE", "COMPASS", "BYPASS_CACHE", "PASSTHROUGH", "KEYBOARD", "AUTHOR", "LEVEL", "MONKEY"} {
		require.False(t, diff.SoundsSecret(name), name)
	}
}

func TestScrub(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, give, want string }{
		{"a URL", "postgres://shop:hunter2@db/shop", "postgres://shop:***@db/shop"},
		{"a URL without a user", "redis://:hunter2@db", "redis://:***@db"},
		{"a password that ends the user", "postgres://u:p@s/hunter2@db/x", "postgres://u:***@db/x"},
		{"a port is no password", "http://db:8080/of?mail=a@b.c", "http://db:8080/of?mail=a@b.c"},
		{"a query", "https://x/?id=1&token=hunter2&n=2", "https://x/?id=1&token=***&n=2"},
		{"a query within a value", "--url=https://x/?token=hunter2&password=hunter2", "--url=https://x/?token=***&password=***"},
		{"a flag", "run --password=hunter2 -v", "run --password=*** -v"},
		{"a flag and a word", "run --password hunter2 && x", "run --password *** && x"},
		{"a flag and quotes", `run --api-key "hun ter2"`, `run --api-key "***"`},
		{"a flag and a flag", "run --with-token --quiet", "run --with-token --quiet"},
		{"a property", "-Ddb.password=hunter2 -Xmx1g", "-Ddb.password=*** -Xmx1g"},
		{"a dollar within", "PASSWORD=hun$$ter2", "PASSWORD=***"},
		{"the name of a variable", "PASSWORD=$DB_PASSWORD run --token ${TOKEN}", "PASSWORD=$DB_PASSWORD run --token ${TOKEN}"},
		{"JSON", `{"db":{"password":"hunter2","port":1}}`, `{"db":{"password":"***","port":1}}`},
		{"JSON with an escape", `{"password": "hun\"ter2"}`, `{"password": "***"}`},
		{"JSON in JSON", `{\"password\":\"hunter2\"}`, `{\"password\":\"***\"}`},
		{"YAML", "user: u\npassword: hunter2\n", "user: u\npassword: ***\n"},
		{"an empty line before", "token=\nLEVEL=info", "token=\nLEVEL=info"},
		{"a connection string", `Server=x;User Id=sa;Pwd=hunter2;`, `Server=x;User Id=sa;Pwd=***;`},
		{"single quotes", "pwd='hunter2'", "pwd='***'"},
		{"a header", "curl -H 'Authorization: Bearer hunter2' x", "curl -H 'Authorization: Bearer ***' x"},
		{"a header in Base64", "Authorization: Basic aHVudGVyMg==", "Authorization: Basic ***"},
		{"an ARN is a reference", "--secret-id=arn:aws:secretsmanager:us-east-1:123456789012:secret:db", "--secret-id=arn:aws:secretsmanager:us-east-1:123456789012:secret:db"},
		{"a private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n", "***\n"},
		{"a token by its looks", "x ghp_0123456789abcdefghijklmnopqrstuvwxyz y", "x *** y"},
		{"a web token", "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghij", "jwt ***"},
		{"an image is none", "token:latest web@sha256:0123", "token:latest web@sha256:0123"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, diff.Scrub(test.give, diff.Mask))
			require.Equal(t, test.want, diff.Scrub(test.want, diff.Mask), "what was scrubbed stays")
		})
	}
}
