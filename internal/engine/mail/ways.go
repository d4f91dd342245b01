package mail

import "einklang/internal/engine/egress"

// Ways are the mail servers of an installation. A zero Host: there is none.
type Ways struct {
	Server   Server
	Returns  Mailbox // where returned mails arrive
	Requests Mailbox // where people's requests arrive
}

// Check fills in what goes without saying, and lists where mail goes and comes
// from, as package egress lets it be reached. Without a server there is no mail.
func (w *Ways) Check() (all []egress.Destination, err error) {
	if w.Server.Host == "" {
		return nil, nil
	}
	if w.Server, err = w.Server.Check(); err != nil {
		return nil, err
	}
	all = append(all, w.Server.Outside())
	if w.Returns.Host != "" {
		if w.Returns, err = w.Returns.Check(); err != nil {
			return nil, err
		}
		all = append(all, w.Returns.Outside())
	}
	if w.Requests.Host != "" {
		if w.Requests, err = w.Requests.Check(); err != nil {
			return nil, err
		}
		all = append(all, w.Requests.OutsideForRequests())
	}
	return all, nil
}
