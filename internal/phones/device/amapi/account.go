package amapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/jwt"
)

// What Google gives access to the API for, and where (Google Identity: Using
// OAuth 2.0 for Server to Server Applications).
const (
	scope    = "https://www.googleapis.com/auth/androidmanagement"
	tokenURL = "https://oauth2.googleapis.com/token" //nolint:gosec // an address, no secret
)

// account is a service account, which signs for its access tokens (RFC 7523).
type account struct {
	config jwt.Config
	client *http.Client

	mu    sync.Mutex
	token *oauth2.Token // the last one, used until shortly before it ends
}

// readAccount reads the JSON key of a service account as Google hands it out.
func readAccount(key []byte, client *http.Client) (*account, error) {
	var k struct {
		Type         string `json:"type"`
		ClientEmail  string `json:"client_email"`
		PrivateKeyID string `json:"private_key_id"`
		PrivateKey   string `json:"private_key"`
		TokenURI     string `json:"token_uri"`
	}
	if err := json.Unmarshal(key, &k); err != nil {
		return nil, fmt.Errorf("the key of the Android service account is no JSON: %w", err)
	}
	if k.Type != "service_account" || k.ClientEmail == "" || k.PrivateKey == "" {
		return nil, errors.New("the key of the Android service account must be the JSON file of a key of type service_account, with client_email and private_key")
	}
	if k.TokenURI == "" {
		k.TokenURI = tokenURL
	}
	return &account{client: client, config: jwt.Config{Email: k.ClientEmail, PrivateKey: []byte(k.PrivateKey), PrivateKeyID: k.PrivateKeyID,
		Scopes: []string{scope}, TokenURL: k.TokenURI}}, nil
}

// access returns a token that is valid, from Google if need be.
func (a *account) access(ctx context.Context) (*oauth2.Token, error) {
	a.mu.Lock()
	token := a.token
	a.mu.Unlock()
	if token.Valid() {
		return token, nil
	}
	bound := *a.client // also this call ends with its context, which package jwt does not pass on
	bound.Transport = within{ctx, a.client.Transport}
	token, err := a.config.TokenSource(context.WithValue(ctx, oauth2.HTTPClient, &bound)).Token()
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		var why struct {
			Description string `json:"error_description"`
		}
		_ = json.Unmarshal(refused.Body, &why)                                                                                                     // without a reason the status says it
		return nil, fmt.Errorf("Google gives the Android service account no access (status %d): %s", refused.Response.StatusCode, why.Description) //nolint:staticcheck // a name begins the sentence
	}
	if err != nil {
		return nil, fmt.Errorf("fetch an access token of the Android service account: %w", err)
	}
	a.keep(token)
	return token, nil
}

// keep remembers a token; nil deletes it.
func (a *account) keep(token *oauth2.Token) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token = token
}

// within carries calls out under a context.
type within struct {
	ctx  context.Context
	next http.RoundTripper
}

func (w within) RoundTrip(r *http.Request) (*http.Response, error) {
	return w.next.RoundTrip(r.WithContext(w.ctx))
}
