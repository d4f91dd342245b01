package processors

import (
	"context"
	"fmt"
	"slices"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Numbers are the organisation's numbers as Storage needs them.
type Numbers interface {
	Channel(ctx context.Context, r store.Reader, org, channel id.ID) (org.Channel, error)
	Token(ctx context.Context, r store.Reader, c org.Channel) (string, error)
	SetStorage(ctx context.Context, tx store.Tx, org, channel id.ID, mode, region string) error
}

// Storage reads and changes how Meta keeps the content of a number's messages
// (Cloud API: settings of a phone number, storage configuration).
type Storage struct {
	DB      *store.DB
	Numbers Numbers
	Client  *cloudapi.Client
}

// ErrMode is returned for a storage mode or region that Meta does not offer.
var ErrMode = fmt.Errorf("choose %s, %s or %s with a region", cloudapi.StorageNone, cloudapi.StorageDefault, cloudapi.StorageInCountry)

// Regions are where Meta offers local storage inside the EEA and near it.
func Regions() []string { return []string{"DE", "CH", "GB"} }

// Read asks Meta and remembers the answer.
func (s Storage) Read(ctx context.Context, w store.Writer, orgID, channel id.ID) error {
	number, err := s.number(ctx, orgID, channel)
	if err != nil {
		return err
	}
	settings, err := number.Settings(ctx)
	if err != nil {
		return fmt.Errorf("ask Meta how it stores content: %w", err)
	}
	mode, region := cloudapi.StorageDefault, ""
	if st := settings.Storage; st != nil {
		mode, region = st.Status, st.Region
	}
	return s.remember(ctx, w, orgID, channel, mode, region)
}

// Set tells Meta and remembers what Meta says afterwards.
func (s Storage) Set(ctx context.Context, w store.Writer, orgID, channel id.ID, mode, region string) error {
	switch mode {
	case cloudapi.StorageDefault, cloudapi.StorageNone:
		region = ""
	case cloudapi.StorageInCountry:
		if !slices.Contains(Regions(), region) {
			return ErrMode
		}
	default:
		return ErrMode
	}
	number, err := s.number(ctx, orgID, channel)
	if err != nil {
		return err
	}
	if err := number.SetStorage(ctx, cloudapi.Storage{Status: mode, Region: region}); err != nil {
		return fmt.Errorf("tell Meta how to store content: %w", err)
	}
	return s.Read(ctx, w, orgID, channel)
}

func (s Storage) number(ctx context.Context, orgID, channel id.ID) (cloudapi.Number, error) {
	c, err := s.Numbers.Channel(ctx, s.DB, orgID, channel)
	if err != nil {
		return cloudapi.Number{}, err
	}
	token, err := s.Numbers.Token(ctx, s.DB, c)
	if err != nil {
		return cloudapi.Number{}, err
	}
	return s.Client.Number(c.PhoneNumberID, token), nil
}

func (s Storage) remember(ctx context.Context, w store.Writer, orgID, channel id.ID, mode, region string) error {
	return w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return s.Numbers.SetStorage(ctx, tx, orgID, channel, mode, region)
	})
}
