// SPDX-License-Identifier: Apache-2.0

package ecr

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
)

// failure is an error of the registry, in the form of the OCI distribution spec.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
type failure struct {
	status        int
	code, message string
}

// The registry's error codes.
const (
	codeBlobUnknown         = "BLOB_UNKNOWN"
	codeUploadInvalid       = "BLOB_UPLOAD_INVALID"
	codeUploadUnknown       = "BLOB_UPLOAD_UNKNOWN"
	codeDigestInvalid       = "DIGEST_INVALID"
	codeManifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN"
	codeManifestInvalid     = "MANIFEST_INVALID"
	codeManifestUnknown     = "MANIFEST_UNKNOWN"
	codeNameUnknown         = "NAME_UNKNOWN"
	codeTagInvalid          = "TAG_INVALID"
	codeUnauthorized        = "UNAUTHORIZED"
	codeDenied              = "DENIED"
	codeUnsupported         = "UNSUPPORTED"
)

func failed(status int, code, format string, args ...any) *failure {
	return &failure{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

func denied(format string, args ...any) *failure {
	return failed(http.StatusForbidden, codeDenied, format, args...)
}

func unauthorized() *failure {
	return failed(http.StatusUnauthorized, codeUnauthorized, "Not Authorized")
}

// translations are the registry's answers where the API has exceptions.
var translations = map[string]failure{
	"RepositoryNotFoundException":       {status: http.StatusNotFound, code: codeNameUnknown},
	"LayersNotFoundException":           {status: http.StatusNotFound, code: codeManifestBlobUnknown},
	"ReferencedImagesNotFoundException": {status: http.StatusNotFound, code: codeManifestBlobUnknown},
	"ImageTagAlreadyExistsException":    {status: http.StatusBadRequest, code: codeTagInvalid},
	"ImageDigestDoesNotMatchException":  {status: http.StatusBadRequest, code: codeDigestInvalid},
	"UploadNotFoundException":           {status: http.StatusNotFound, code: codeUploadUnknown},
	"InvalidParameterException":         {status: http.StatusBadRequest, code: codeManifestInvalid},
	"AccessDeniedException":             {status: http.StatusForbidden, code: codeDenied},
	"AccessDenied":                      {status: http.StatusForbidden, code: codeDenied},
}

// translate gives an exception of the API the registry's form; nil stays nil.
func translate(err error) *failure {
	if err == nil {
		return nil
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return failed(http.StatusInternalServerError, "UNKNOWN", "%s", err)
	}
	f, ok := translations[api.ErrorCode()]
	if !ok {
		f = failure{status: http.StatusBadRequest, code: codeUnsupported}
	}
	f.message = api.ErrorMessage()
	return &f
}

// write answers with the failure.
func (f *failure) write(w http.ResponseWriter, host string) {
	if f.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Basic realm="https://%s/",service="ecr.amazonaws.com"`, host))
	}
	body, err := json.Marshal(map[string]any{"errors": []map[string]string{{"code": f.code, "message": f.message}}})
	if err != nil {
		body = []byte(strings.ToLower(f.code))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(f.status)
	// A client that is gone reads no error.
	_, _ = w.Write(body) //nolint:gosec // JSON, which no browser renders
}
