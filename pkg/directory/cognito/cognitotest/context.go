package cognitotest

import (
	"encoding/json"
	"net/netip"
)

// Context is what a call told threat protection.
type Context struct {
	// Operation is the call's.
	Operation string
	// IPAddress and EncodedData are in each; ServerName, ServerPath and Headers
	// in those of the Admin operations alone.
	IPAddress   string
	ServerName  string
	ServerPath  string
	Headers     []Header
	EncodedData string
}

// Header is one of a Context's.
type Header struct{ Name, Value string }

// LastContext returns that of the newest call which could have one. It has its
// Operation alone where the call sent none.
func (s *Server) LastContext() Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.context
}

// contextData is ContextDataType:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ContextDataType.html
type contextData struct {
	EncodedData string
	HttpHeaders []contextHeader
	IpAddress   string
	ServerName  string
	ServerPath  string
}

type contextHeader struct {
	Name  string `json:"headerName"`
	Value string `json:"headerValue"`
}

func (s *Server) keepContext(operation string, data json.RawMessage) error {
	s.context = Context{Operation: operation}
	if data == nil {
		return nil
	}
	var in contextData
	if err := decode(data, &in); err != nil {
		return err
	}
	missing := func(member string) error {
		return invalidParameter("1 validation error detected: Value null at 'contextData.%s' failed to satisfy constraint: Member must not be null", member)
	}
	switch {
	case in.IpAddress == "":
		return missing("ipAddress")
	case in.ServerName == "":
		return missing("serverName")
	case in.ServerPath == "":
		return missing("serverPath")
	case in.HttpHeaders == nil:
		return missing("httpHeaders")
	}
	if err := checkAddress(in.IpAddress); err != nil {
		return err
	}
	kept := Context{Operation: operation, IPAddress: in.IpAddress, ServerName: in.ServerName, ServerPath: in.ServerPath, EncodedData: in.EncodedData}
	for _, h := range in.HttpHeaders {
		if h.Name == "" || h.Value == "" {
			return invalidParameter("A header of the context data has no name or no value")
		}
		kept.Headers = append(kept.Headers, Header(h))
	}
	s.context = kept
	return nil
}

// userContext is UserContextDataType:
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserContextDataType.html
type userContext struct{ EncodedData, IpAddress string }

// keepUserContext takes an address only for a client that may send one, as AWS
// says that others cannot: whether it is refused or ignored, it is of no use.
func (s *Server) keepUserContext(operation string, in *userContext) error {
	s.context = Context{Operation: operation}
	switch {
	case in == nil:
		return nil
	case in.IpAddress == "":
	case !s.config.PropagateContext:
		return invalidParameter("Client %s may not send an IP address: EnablePropagateAdditionalUserContextData is off", s.config.ClientID)
	default:
		if err := checkAddress(in.IpAddress); err != nil {
			return err
		}
	}
	s.context.IPAddress, s.context.EncodedData = in.IpAddress, in.EncodedData
	return nil
}

func checkAddress(address string) error {
	if _, err := netip.ParseAddr(address); err != nil {
		return invalidParameter("The context data's IP address is none")
	}
	return nil
}
