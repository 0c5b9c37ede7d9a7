package dynamo

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestDecodeTakesEachAttributeOnlyInItsOwnTypes(t *testing.T) {
	s := &types.AttributeValueMemberS{Value: "mara"}
	values := map[string]types.AttributeValue{
		"S": s, "N": &types.AttributeValueMemberN{Value: "1"}, "B": &types.AttributeValueMemberB{Value: []byte{1}},
		"SS": &types.AttributeValueMemberSS{Value: []string{"a"}}, "NS": &types.AttributeValueMemberNS{Value: []string{"1"}},
		"BS": &types.AttributeValueMemberBS{Value: [][]byte{{1}}}, "BOOL": &types.AttributeValueMemberBOOL{},
		"NULL": &types.AttributeValueMemberNULL{Value: true},
		"L":    &types.AttributeValueMemberL{Value: []types.AttributeValue{s}},
		"M":    &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"k": s}},
		// What a later DynamoDB may send, and what the SDK makes of a null.
		"unknown": &types.UnknownUnionMember{Tag: "X"}, "nil": nil,
	}
	for attribute, own := range map[string]map[string]bool{
		"login": {"S": true}, "id": {"S": true}, "email": {"S": true}, "name": {"S": true},
		"first_name": {"S": true}, "last_name": {"S": true}, "password_hash": {"S": true},
		"email_verified": {"BOOL": true}, "disabled": {"BOOL": true},
		"groups": {"SS": true, "L": true}, "attributes": {"M": true},
	} {
		for kind, value := range values {
			item := map[string]types.AttributeValue{"login": s}
			item[attribute] = value
			if _, err := decode(item, "mara"); (err == nil) != own[kind] {
				t.Errorf("decode with %s of type %s: %v, want success %v", attribute, kind, err, own[kind])
			}
		}
	}
}

func TestDecodeRefusesAnotherLoginsItem(t *testing.T) {
	for _, item := range []map[string]types.AttributeValue{
		{"login": &types.AttributeValueMemberS{Value: "dora"}},
		{"id": &types.AttributeValueMemberS{Value: "id-1"}},
	} {
		if _, err := decode(item, "mara"); err == nil {
			t.Errorf("decode of %v succeeded", item)
		}
	}
}
