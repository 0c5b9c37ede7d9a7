package fields

import (
	"errors"
	"strings"
)

// Flag says where a yes or no comes from.
type Flag struct {
	// Always: it is yes, whatever the item says, and the rest is empty.
	Always bool
	// Attribute is the table's.
	Attribute string
	// Not: it is yes where the attribute is not as it should be for a yes, one
	// that is not there included.
	Not bool
	// Value is the text or number that makes a yes; empty: the attribute is a
	// boolean, or 0 or 1.
	Value string
}

// Flag returns where EmailVerified or Disabled comes from.
func (f Fields) Flag(name string) Flag {
	if f.given[name] == "" {
		return Flag{Attribute: name}
	}
	flag, _ := parseFlag(f.given[name])
	return flag
}

func (f Fields) checkFlag(name string) error {
	if f.given[name] == "" {
		return nil
	}
	flag, err := parseFlag(f.given[name])
	if flag.Always && name == Disabled {
		return errors.New("nobody could sign in")
	}
	return err
}

func parseFlag(text string) (Flag, error) {
	if text == "*" {
		return Flag{Always: true}, nil
	}
	text, not := strings.CutPrefix(text, "!")
	attribute, value, compared := strings.Cut(text, ":")
	switch {
	case attribute == "" || attribute == "*":
		return Flag{}, errors.New("no attribute is named")
	case compared && value == "":
		return Flag{}, errors.New("no value follows the colon")
	}
	return Flag{Attribute: attribute, Not: not, Value: value}, nil
}
