package processors

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"einklang/internal/account/org"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Storage reads and changes how Meta keeps the content of a number's messages
// (Cloud API: settings of a phone number, storage configuration).
type Storage struct {
	DB   *store.DB
	Orgs *org.Registry
	Meta org.Meta
	Log  *slog.Logger
}

// StorageEvery is how often Meta is asked how it stores content: staff can
// change it there.
const StorageEvery = 15 * time.Minute

// ReadAll asks for each number that is in service.
func (s Storage) ReadAll(ctx context.Context) error {
	channels, err := s.Meta.Active(ctx)
	for _, c := range channels {
		if err := s.Read(ctx, s.DB, c.Org, c.ID); err != nil && ctx.Err() == nil {
			s.Log.Warn("how Meta stores a number's content cannot be read; trying again later", "channel", c.ID.String(), "error", err)
		}
	}
	return err
}

// ErrMode is returned for a storage mode or region that Meta does not offer.
var ErrMode = fmt.Errorf("choose %s, %s or %s with a region", cloudapi.StorageNone, cloudapi.StorageDefault, cloudapi.StorageInCountry)

// Regions are where Meta offers local storage inside the EEA and near it.
func Regions() []string { return []string{"DE", "CH", "GB"} }

// Read asks Meta and remembers the answer.
func (s Storage) Read(ctx context.Context, w store.Writer, orgID id.Org, channel id.Channel) error {
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
func (s Storage) Set(ctx context.Context, w store.Writer, orgID id.Org, channel id.Channel, mode, region string) error {
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

func (s Storage) number(ctx context.Context, orgID id.Org, channel id.Channel) (cloudapi.Number, error) {
	c, err := s.Orgs.Channel(ctx, s.DB, orgID, channel)
	if err != nil {
		return cloudapi.Number{}, err
	}
	return s.Meta.Number(ctx, c)
}

func (s Storage) remember(ctx context.Context, w store.Writer, orgID id.Org, channel id.Channel, mode, region string) error {
	return w.Write(ctx, func(ctx context.Context, tx store.Tx) error {
		return s.Orgs.SetStorage(ctx, tx, orgID, channel, mode, region)
	})
}
