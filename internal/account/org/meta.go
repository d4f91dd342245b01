package org

import (
	"context"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
)

// Meta opens Meta's API for the numbers of organisations, each with its token.
type Meta struct {
	DB       *store.DB
	Registry *Registry
	Client   *cloudapi.Client
}

// Number is the API of a number.
func (m Meta) Number(ctx context.Context, c Channel) (cloudapi.Number, error) {
	token, err := m.Registry.Token(ctx, m.DB, c)
	return m.Client.Number(c.PhoneNumberID, token), err
}

// Account is the API of the WhatsApp Business Account that has a number.
func (m Meta) Account(ctx context.Context, c Channel) (cloudapi.Account, error) {
	token, err := m.Registry.Token(ctx, m.DB, c)
	return m.Client.Account(c.WABA, token), err
}

// Active lists the numbers of all organisations that are in service.
func (m Meta) Active(ctx context.Context) (active []Channel, err error) {
	all, err := m.Registry.AllChannels(ctx, m.DB)
	for _, c := range all {
		if c.Active {
			active = append(active, c)
		}
	}
	return active, err
}

// ShortLink asks Meta for a link with a message (Cloud API: message_qrdls).
func (m Meta) ShortLink(ctx context.Context, c Channel, message string) (string, error) {
	number, err := m.Number(ctx, c)
	if err != nil {
		return "", err
	}
	link, err := number.CreateLink(ctx, message, "SVG")
	return link.DeepLinkURL, err
}
