// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/slipway-go/slipway/fakes/internal/sim"
)

// tokenLife is how long the registry takes a password.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
const tokenLife = 12 * time.Hour

// ticketParam is the query parameter of a download URL that stands for a signature.
const ticketParam = "ticket"

// token is what a password says: who asked for it, and when it ends.
type token struct {
	Principal sim.Principal `json:"principal"`
	Expires   time.Time     `json:"expires"`
}

func (t token) password() (string, error) {
	b, err := json.Marshal(t)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// authenticate reads who sends a request from its password. It is called under
// the lock.
func (f *Fake) authenticate(r *http.Request) (sim.Principal, *failure) {
	user, password, ok := r.BasicAuth()
	if !ok || user != "AWS" {
		return sim.Principal{}, unauthorized()
	}
	b, err := base64.RawURLEncoding.DecodeString(password)
	var t token
	if err != nil || json.Unmarshal(b, &t) != nil {
		return sim.Principal{}, unauthorized()
	}
	if !f.sim.Now().Before(t.Expires) {
		return sim.Principal{}, denied("Your authorization token has expired. Reauthenticate and try again.")
	}
	return t.Principal, nil
}

// ticket is what a download URL carries instead of a signature.
func (r *registry) ticket(repository, digest string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{r.account, r.region, repository, digest}, "\x00")))
	return hex.EncodeToString(sum[:])
}
