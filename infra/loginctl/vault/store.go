package vault

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"deskpro-login/pkg/rotation"
	"deskpro-login/pkg/rotation/awsrotation"
)

// Store makes no call. It is for who looks at other secrets than the doors', too,
// and changes none.
func Store(cfg aws.Config) (rotation.Store, error) {
	return awsrotation.New(awsrotation.Config{Client: secretsmanager.NewFromConfig(cfg)})
}
