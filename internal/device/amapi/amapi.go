// Package amapi hands a phone's policy to Google's Android Management API,
// through Google's own client library and the gate of package egress.
package amapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/androidmanagement/v1"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
)

// Destination is the name of Google's API at the gate of package egress, and
// Hosts are where its calls go.
const Destination = "android-management"

// Hosts are the API and the place where its access tokens are given out.
func Hosts() []string {
	return []string{"androidmanagement.googleapis.com", "oauth2.googleapis.com"}
}

// ErrOff is returned where no Android enterprise is set up.
var ErrOff = errors.New("no Android enterprise is set up: name it and the key of its service account in the configuration")

// Enterprise is one company at Google.
type Enterprise struct {
	name    string
	service *androidmanagement.Service
}

// Options say how Google is reached.
type Options struct {
	Name   string       // "enterprises/LC…"
	Key    []byte       // JSON of a service account
	Client *http.Client // from package egress
	URL    string       // of the API; empty: Google's
}

// Open reads the key and makes the client. Nothing is called yet.
func Open(ctx context.Context, o Options) (*Enterprise, error) {
	if !strings.HasPrefix(o.Name, "enterprises/") {
		return nil, fmt.Errorf("the Android enterprise %q must be written as enterprises/LC…", o.Name)
	}
	account, err := google.JWTConfigFromJSON(o.Key, androidmanagement.AndroidmanagementScope)
	if err != nil {
		return nil, fmt.Errorf("the key of the Android service account cannot be read: %w", err)
	}
	// The tokens, too, are fetched through the gate.
	ctx = context.WithValue(ctx, oauth2.HTTPClient, o.Client)
	options := []option.ClientOption{option.WithHTTPClient(account.Client(ctx))}
	if o.URL != "" {
		options = append(options, option.WithEndpoint(o.URL))
	}
	service, err := androidmanagement.NewService(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("prepare the Android Management API: %w", err)
	}
	return &Enterprise{name: o.Name, service: service}, nil
}

// Push creates or replaces a policy. The name is ours: one for each device.
func (e *Enterprise) Push(ctx context.Context, name string, p *androidmanagement.Policy) error {
	if e == nil {
		return ErrOff
	}
	_, err := e.service.Enterprises.Policies.Patch(e.name+"/policies/"+name, p).Context(ctx).Do()
	var refused *googleapi.Error
	if errors.As(err, &refused) {
		return fmt.Errorf("the Android Management API refuses the policy (status %d): %s", refused.Code, refused.Message)
	}
	if err != nil {
		return fmt.Errorf("push a policy to the Android Management API: %w", err)
	}
	return nil
}

// Enrol makes a token with which a phone joins the enterprise under a policy;
// the text goes into a QR code that Android's set-up scans.
func (e *Enterprise) Enrol(ctx context.Context, policy string) (qr string, err error) {
	if e == nil {
		return "", ErrOff
	}
	token, err := e.service.Enterprises.EnrollmentTokens.Create(e.name, &androidmanagement.EnrollmentToken{
		PolicyName: e.name + "/policies/" + policy, OneTimeOnly: true, Duration: "86400s"}).Context(ctx).Do()
	if err != nil {
		return "", fmt.Errorf("make an enrolment token: %w", err)
	}
	return token.QrCode, nil
}
