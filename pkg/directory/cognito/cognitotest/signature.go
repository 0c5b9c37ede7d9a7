package cognitotest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	accessKey = "AKIAPRACTICEPOOL0000"
	secretKey = "practice/secret+access/key"
	// skew is how far a signature's date may be off, as on AWS. The wall clock
	// counts here, not Config.Now: the SDK signs with it.
	skew = 5 * time.Minute
)

func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: accessKey, SecretAccessKey: secretKey}, nil
}

// checkSignature requires a Signature Version 4 by this server's credentials
// over the method, host, target, date and body, by making it again.
func (s *Server) checkSignature(r *http.Request, body []byte) error {
	got := r.Header.Get("Authorization")
	if got == "" {
		return &exception{"MissingAuthenticationTokenException", "Missing Authentication Token"}
	}
	if !strings.HasPrefix(got, "AWS4-HMAC-SHA256 Credential="+accessKey+"/") {
		return &exception{"UnrecognizedClientException", "The security token included in the request is invalid."}
	}
	invalid := &exception{"InvalidSignatureException", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}
	date, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || time.Since(date).Abs() > skew {
		return invalid
	}
	_, signed, ok := strings.Cut(got, "SignedHeaders=")
	signed, _, _ = strings.Cut(signed, ",")
	names := ";" + signed + ";"
	if !ok || !strings.Contains(names, ";x-amz-target;") || !strings.Contains(names, ";host;") {
		return invalid
	}

	again, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+r.Host+"/", bytes.NewReader(body))
	if err != nil {
		return invalid
	}
	for name := range strings.SplitSeq(signed, ";") {
		if values := r.Header.Values(name); len(values) > 0 {
			again.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	hash := sha256.Sum256(body)
	keys, _ := credentials(r.Context())
	if err := v4.NewSigner().SignHTTP(r.Context(), keys, again, hex.EncodeToString(hash[:]), "cognito-idp", s.region, date); err != nil {
		return invalid
	}
	if !hmac.Equal([]byte(got), []byte(again.Header.Get("Authorization"))) {
		return invalid
	}
	return nil
}
