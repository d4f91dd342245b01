// Package phones is the pages about company phones: the register with what is
// wrong, setting a phone up, its check list, and the people added on it. The
// owner of a phone needs no account: two links, each for one use, lead her to
// the set-up and to the check list.
package phones

import (
	"context"
	"crypto/tls"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/user"
	"einklang/internal/door/web/shell"
	"einklang/internal/engine/store"
	"einklang/internal/messaging/assignment"
	"einklang/internal/person/contact"
	"einklang/internal/phones/addressbook"
	"einklang/internal/phones/device"
	"einklang/internal/phones/device/amapi"
	"einklang/internal/rule/i18n"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

//go:embed pages/*.html static
var files embed.FS

// Parts are what the pages work with.
type Parts struct {
	DB        *store.DB
	Orgs      *org.Registry
	People    *contact.Book
	Work      *assignment.Assignments // knows the labels
	Books     *addressbook.Books
	Register  *device.Register
	PublicURL string
	Android   *amapi.Enterprise // nil: policies are not pushed
	Sign      *tls.Certificate  // nil: profiles are not signed
}

type server struct {
	Parts
	shell *shell.Shell
	pages *shell.Pages
}

var style = []string{"firewall.css"}

// Mount adds the pages about phones.
func Mount(sh *shell.Shell, p Parts) error {
	p.PublicURL = strings.TrimRight(p.PublicURL, "/")
	s := &server{Parts: p, shell: sh}
	if err := sh.Static(files); err != nil {
		return err
	}
	var err error
	if s.pages, err = sh.Pages(files, func(c *i18n.Catalogue) template.FuncMap {
		return template.FuncMap{"more": func(all []device.Finding) int { return len(all) - 1 },
			"picture": func(key string) template.HTML { return picture(c, key) }}
	}); err != nil {
		return err
	}
	sh.Missing(device.ErrNotFound)
	sh.Menu(shell.Entry{Section: "devices", Path: "/devices", Text: "nav.devices.list", May: user.Devices})
	sh.Staff("GET /devices", user.Devices, audit.Reads("device.viewed"), s.list)
	sh.Staff("GET /devices/new", user.Devices, audit.Nothing(audit.Impersonal), s.newPage)
	sh.Staff("POST /devices", user.Devices, audit.Changes("device.changed"), s.add)
	sh.Staff("GET /devices/{id}", user.Devices, audit.Reads("device.viewed").Of(audit.Other), s.detail)
	sh.Staff("GET /devices/{id}/edit", user.Devices, audit.Reads("device.viewed").Of(audit.Other), s.editPage)
	sh.Staff("POST /devices/{id}", user.Devices, audit.Changes("device.changed").Of(audit.Other), s.change)
	sh.Staff("POST /devices/{id}/link/{purpose}", user.Devices, audit.Changes("device.changed").Of(audit.Other), s.link)
	sh.Staff("POST /devices/{id}/revoke", user.Devices, audit.Changes("device.changed").Of(audit.Other), sh.Sure(s.revokeTakes, s.revoke))
	sh.Staff("GET /devices/{id}/shot/{shot}", user.Devices, audit.Reads("device.viewed").Of(audit.Other), s.shot)
	sh.Staff("POST /devices/{id}/candidate/{candidate}", user.Devices, audit.Changes("device.changed").Of(audit.Other), sh.Sure(s.deleteTakes, s.settle))
	sh.Staff("GET /devices/{id}/policy.json", user.Devices, audit.Nothing(audit.Impersonal), s.policy)
	sh.Staff("POST /devices/{id}/push", user.Devices, audit.Changes("device.changed").Of(audit.Other), s.push)
	sh.Public("GET /phone/check/{token}", audit.Nobody, sh.Linked("token", s.checkPage))
	sh.Open("POST /phone/check/{token}", audit.Changes("device.attested"), sh.LinkedDo("token", s.check))
	sh.Public("GET /phone/enrol/{token}", audit.Nobody, sh.Linked("token", s.enrolPage))
	sh.Open("POST /phone/enrol/{token}", audit.Changes("device.enrolled"), sh.LinkedDo("token", s.enrol))
	return nil
}

func pathID[T id.Like](r *http.Request, name string) (T, error) {
	at, err := id.Parse[T](r.PathValue(name))
	if err != nil {
		return at, device.ErrNotFound
	}
	return at, nil
}

func (s *server) show(w http.ResponseWriter, v *shell.Viewer, status int, name, title string, body any) error {
	return s.pages.Show(w, status, name, shell.Page{Viewer: v, Title: title, At: "/devices", Styles: style, Body: body})
}

func (s *server) showPublic(w http.ResponseWriter, r *http.Request, status int, name, title string, body any) error {
	c := s.shell.Texts(r)
	return s.pages.Show(w, status, name, shell.Page{Text: c, Title: c.T(title), Styles: style, Body: body})
}

type listBody struct {
	pii.Personal
	Devices []device.Looked
	Numbers map[string]int // by colour
}

func (s *server) list(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	b := listBody{Numbers: map[string]int{}}
	var err error
	if b.Devices, err = s.Register.LookAll(r.Context(), v.Org); err != nil {
		return err
	}
	for _, d := range b.Devices {
		if !d.Revoked {
			b.Numbers[d.Worst()]++
		}
	}
	return s.show(w, v, http.StatusOK, "devices.html", v.Text.T("devices.title"), b)
}

type detailBody struct {
	device.Looked
	Org        org.Org
	Size       int
	Deliveries []device.Delivered
	Checks     []device.Check
	Due        time.Time
	Candidates []waiting
	Labels     []string
	CanPush    bool
	Done       string // key of what was just done
	Problem    string
}

// waiting is a candidate, and whether she is known already.
type waiting struct {
	addressbook.Candidate
	Known bool
}

// detailLines is how many deliveries and check lists are shown.
const detailLines = 20

func (s *server) detail(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	return s.showDetail(w, r, v, http.StatusOK, "")
}

func (s *server) showDetail(w http.ResponseWriter, r *http.Request, v *shell.Viewer, status int, problem string) error {
	at, err := pathID[id.Device](r, "id")
	if err != nil {
		return err
	}
	b := detailBody{CanPush: s.Android != nil, Problem: problem}
	if done := r.URL.Query().Get("done"); v.Text.Has("devices.done." + done) {
		b.Done = "devices.done." + done
	}
	ctx := r.Context()
	if err := s.Books.Refresh(ctx, v.Org); err != nil {
		return err
	}
	if b.Looked, err = s.Register.Look(ctx, v.Org, at); err != nil {
		return err
	}
	b.Due = b.Attested.Add(device.AttestEvery)
	err = s.DB.Together(ctx,
		func(ctx context.Context) (err error) { b.Org, err = s.Orgs.Get(ctx, s.DB, v.Org); return err },
		func(ctx context.Context) (err error) { b.Size, err = s.Books.Size(ctx, s.DB, b.View()); return err },
		func(ctx context.Context) (err error) {
			b.Deliveries, err = s.Register.Deliveries(ctx, s.DB, v.Org, at, detailLines)
			return err
		},
		func(ctx context.Context) (err error) {
			b.Checks, err = s.Register.Checks(ctx, s.DB, v.Org, at, detailLines)
			return err
		},
		func(ctx context.Context) (err error) { b.Candidates, err = s.waiting(ctx, b.Device); return err },
		func(ctx context.Context) (err error) { b.Labels, err = s.labelNames(ctx, b.Device); return err })
	if err != nil {
		return err
	}
	return s.show(w, v, status, "device.html", b.Name, b)
}

func (s *server) labelNames(ctx context.Context, d device.Device) (names []string, err error) {
	if len(d.Labels) == 0 {
		return nil, nil
	}
	all, err := s.Work.Labels(ctx, s.DB, d.Org)
	for _, l := range all {
		for _, wanted := range d.Labels {
			if l.ID == wanted {
				names = append(names, l.Name)
			}
		}
	}
	return names, err
}

// revokeTakes: a phone that is shut out must be set up anew.
func (s *server) revokeTakes(r *http.Request, v *shell.Viewer) (*shell.Loss, error) {
	at, err := pathID[id.Device](r, "id")
	if err != nil {
		return nil, err
	}
	d, err := s.Register.Get(r.Context(), s.DB, v.Org, at)
	return &shell.Loss{At: "/devices", Back: "/devices/" + at.String(), Do: v.Text.T("devices.revoke"), Words: []string{v.Text.T("sure.device", d.Name), v.Text.T("devices.revoke.help")}, Final: true}, err
}

func (s *server) revoke(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Device](r, "id")
	if err == nil {
		err = s.Register.Revoke(r.Context(), v.Act, v.Org, at)
	}
	return s.back(w, r, at, "revoked", err)
}

// back leads back to a device after something was done.
func (s *server) back(w http.ResponseWriter, r *http.Request, at id.Device, done string, err error) error {
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/devices/"+at.String()+"?done="+done, http.StatusSeeOther)
	return nil
}

// shot shows a screenshot while it is kept.
func (s *server) shot(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := pathID[id.Device](r, "id")
	if err != nil {
		return err
	}
	shot, err := pathID[id.File](r, "shot")
	if err != nil {
		return err
	}
	found, err := s.Register.Screenshot(r.Context(), s.DB, v.Org, at, shot)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", found.Type)
	w.Header().Set("Content-Disposition", "inline")
	_, err = w.Write(found.Image)
	return shell.IgnoreGone(err)
}

// isBadInput reports whether somebody can mend what she entered.
func isBadInput(err error) bool { return errors.Is(err, device.ErrInvalid) }
