// Package cloudapi speaks Meta's WhatsApp Business Cloud API: it sends, it
// reads webhooks, and it knows what each error means for us. It decides
// nothing and stores nothing.
package cloudapi
