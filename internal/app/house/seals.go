package house

import (
	"einklang/internal/engine/egress"
	"einklang/internal/engine/seal"
	"einklang/internal/rights/backup"
)

// Seals says where the seals of the evidence logs are put, beside the mails to the
// data protection officers: best where who can write the database can not.
type Seals struct {
	Folder string
	S3     *backup.S3
	Stamps *seal.Authority
}

// inStore is the object store's name at the gate of package egress.
const inStore = "seals"

func (s *Seals) check() error {
	if s.S3 != nil {
		if err := s.S3.Check(); err != nil {
			return err
		}
	}
	if s.Stamps != nil {
		return s.Stamps.Check()
	}
	return nil
}

func (s *Seals) outside() (all []egress.Destination) {
	if s.S3 != nil {
		all = append(all, s.S3.Outside(inStore, "hashes of the evidence log"))
	}
	if s.Stamps != nil {
		all = append(all, s.Stamps.Outside())
	}
	return all
}

func (s *Seals) open(e *Engine) (*seal.Seals, error) {
	all := &seal.Seals{DB: e.DB, Of: e.Log, Now: e.Config.Now, Log: e.Config.Log}
	if s.Folder != "" {
		all.Places = append(all.Places, seal.Place{Name: seal.Folder, Shelf: backup.Folder(s.Folder)})
	}
	if s.S3 != nil {
		bucket, err := s.S3.Target(e.Gate.Client(inStore))
		if err != nil {
			return nil, err
		}
		all.Places = append(all.Places, seal.Place{Name: seal.Store, Shelf: bucket})
	}
	if s.Stamps != nil {
		a := *s.Stamps
		a.Client = e.Gate.Client(seal.Destination)
		all.Stamps = &a
	}
	return all, nil
}
