package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"einklang/internal/account/user"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/person/chat"
	"einklang/internal/rights/erasure"
	"einklang/internal/test/apptest"
)

// someone is a person before and after a change of number and user id.
type someone struct{ oldPhone, newPhone, oldID, newID string }

func newSomeone(n int) someone {
	return someone{fmt.Sprintf("49151000%05d", 2*n), fmt.Sprintf("49151000%05d", 2*n+1), fmt.Sprintf("DE.7%08d", 2*n), fmt.Sprintf("DE.7%08d", 2*n+1)}
}

// says is a message of hers; an empty phone or user id is not shown.
func says(wamid, phone, userID, words string, at time.Time) []byte {
	m := map[string]any{"id": wamid, "timestamp": fmt.Sprint(at.Unix()), "type": "text", "text": map[string]any{"body": words}}
	if phone != "" {
		m["from"] = phone
	}
	if userID != "" {
		m["from_user_id"] = userID
	}
	return apptest.Webhook(map[string]any{"messages": []any{m}})
}

// system is the webhook of a change.
func system(wamid string, outer, inner map[string]any, at time.Time) []byte {
	inner["body"] = "User changed"
	m := map[string]any{"id": wamid, "timestamp": fmt.Sprint(at.Unix()), "type": "system", "system": inner}
	for key, value := range outer {
		m[key] = value
	}
	return apptest.Webhook(map[string]any{"messages": []any{m}})
}

// changes are the forms in which Meta has told, or tells, of a change.
var changes = map[string]struct {
	phones bool // people are told apart by numbers alone
	body   func(w string, p someone, at time.Time) []byte
}{
	"previous id, no sender": {false, func(w string, p someone, at time.Time) []byte {
		return system(w, nil, map[string]any{"type": "user_changed_user_id", "previous_user_id": p.oldID, "user_id": p.newID}, at)
	}},
	"previous parent id, too": {false, func(w string, p someone, at time.Time) []byte {
		return system(w, nil, map[string]any{"type": "user_changed_user_id", "previous_user_id": p.oldID, "user_id": p.newID,
			"previous_parent_user_id": "DE.ENT." + p.oldID[3:], "parent_user_id": "DE.ENT." + p.newID[3:]}, at)
	}},
	"previous id, sent by the new": {false, func(w string, p someone, at time.Time) []byte {
		return system(w, map[string]any{"from": p.newPhone, "from_user_id": p.newID}, map[string]any{"type": "user_changed_user_id", "previous_user_id": p.oldID, "user_id": p.newID}, at)
	}},
	"previous id, sent by the old": {false, func(w string, p someone, at time.Time) []byte {
		return system(w, map[string]any{"from": p.oldPhone, "from_user_id": p.oldID}, map[string]any{"type": "user_changed_user_id", "previous_user_id": p.oldID, "user_id": p.newID}, at)
	}},
	"sent by the old id": {false, func(w string, p someone, at time.Time) []byte {
		return system(w, map[string]any{"from_user_id": p.oldID}, map[string]any{"type": "user_changed_user_id", "user_id": p.newID}, at)
	}},
	"new number and id": {false, func(w string, p someone, at time.Time) []byte {
		return system(w, map[string]any{"from": p.oldPhone, "from_user_id": p.oldID}, map[string]any{"type": "user_changed_number", "wa_id": p.newPhone, "user_id": p.newID}, at)
	}},
	"new number, previous id, no sender": {false, func(w string, p someone, at time.Time) []byte {
		return system(w, nil, map[string]any{"type": "user_changed_number", "wa_id": p.newPhone, "user_id": p.newID, "previous_user_id": p.oldID}, at)
	}},
	"new number only": {true, func(w string, p someone, at time.Time) []byte {
		return system(w, map[string]any{"from": p.oldPhone}, map[string]any{"type": "user_changed_number", "wa_id": p.newPhone}, at)
	}},
	"older form": {true, func(w string, p someone, at time.Time) []byte {
		return system(w, map[string]any{"from": p.oldPhone}, map[string]any{"type": "customer_changed_number", "new_wa_id": p.newPhone}, at)
	}},
	"older form, the customer named": {true, func(w string, p someone, at time.Time) []byte {
		return system(w, nil, map[string]any{"type": "customer_changed_number", "customer": p.oldPhone, "wa_id": p.newPhone}, at)
	}},
	"a field of its own": {false, func(_ string, p someone, _ time.Time) []byte {
		body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{"id": apptest.WABA, "changes": []any{map[string]any{"field": "user_id_update",
			"value": map[string]any{"metadata": map[string]any{"phone_number_id": apptest.PhoneNumberID}, "user_id_update": []any{map[string]any{"previous_user_id": p.oldID, "user_id": p.newID}}}}}}}})
		if err != nil {
			panic(err) // values of a test are plain
		}
		return body
	}},
}

// orders gives every order of a number of steps.
func orders(n int) (all [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, rest := range orders(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(rest), at, n-1))
		}
	}
	return all
}

// A person who changes her number or user id stays one, in whatever form and
// order it is told, and a STOP of either identity holds for both.
func TestAChangedIdentityNeverSplitsAPerson(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		n := 0
		for name, c := range changes {
			for _, stopped := range []string{"old", "new"} {
				for _, order := range orders(3) {
					n++
					p, at := newSomeone(n), o.Clock.Now().Add(-time.Hour)
					w := func(what string) string { return fmt.Sprintf("wamid.%d.%s", n, what) }
					before, after := "Hallo", "Guten Tag"
					if stopped == "old" {
						before = "STOP"
					} else {
						after = "STOP"
					}
					oldID, newID := p.oldID, p.newID
					if c.phones {
						oldID, newID = "", ""
					}
					steps := [][]byte{says(w("a"), p.oldPhone, oldID, before, at), c.body(w("b"), p, at.Add(time.Minute)), says(w("c"), p.newPhone, newID, after, at.Add(2*time.Minute))}
					for _, i := range append(slices.Clone(order), order...) { // Meta tells twice
						if status := o.Post(t, steps[i]); status != http.StatusOK {
							t.Fatalf("answered %d", status)
						}
					}
					where := fmt.Sprintf("%s, STOP by the %s one, order %v", name, stopped, order)
					one := found(t, o, p)
					if one == nil {
						t.Errorf("%s: nobody is found", where)
						continue
					}
					if !one.Flags.OptedOut {
						t.Errorf("%s: the STOP is lost", where)
					}
					if got := o.Count(t, "message", "contact_id = ? AND outgoing = ?", one.ID, false); got != 2 {
						t.Errorf("%s: %d of 2 messages are hers", where, got)
					}
					if one.Profile.Phone != p.newPhone {
						t.Errorf("%s: her number is %q, want %q", where, one.Profile.Phone, p.newPhone)
					}
					if !c.phones && one.Profile.BSUID != p.newID {
						t.Errorf("%s: her user id is %q, want %q", where, one.Profile.BSUID, p.newID)
					}
				}
			}
		}
		if got := o.Count(t, "contact", "state = 'active'"); got != n {
			t.Errorf("%d people, want %d", got, n)
		}
		o.Settle(t)
	})
}

// found is the person by her new identity.
func found(t *testing.T, o *apptest.Office, p someone) *chat.Known {
	t.Helper()
	k, err := o.People.ByBSUID(t.Context(), o.DB, o.Org.ID, p.newID)
	if err == nil && k == nil {
		k, err = o.People.ByPhone(t.Context(), o.DB, o.Org.ID, p.newPhone)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Who takes over a number is another person: her messages, her consent and her
// STOP stay her own, and nothing goes to the old number.
func TestTheOldNumberMayBeSomebodyElses(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		p, at := newSomeone(1), o.Clock.Now().Add(-time.Hour)
		other := "DE.999"
		for _, body := range [][]byte{
			says("wamid.1", p.oldPhone, p.oldID, "Hallo", at),
			changes["previous id, no sender"].body("wamid.2", p, at.Add(time.Minute)),
			says("wamid.3", p.oldPhone, other, "STOP", at.Add(2*time.Minute)),
			system("wamid.2b", map[string]any{"from": p.oldPhone}, map[string]any{"type": "user_changed_user_id", "previous_user_id": p.oldID, "user_id": p.newID}, at.Add(time.Minute)),
			says("wamid.4", "", p.oldID, "noch unterwegs", at.Add(30*time.Second)),
		} {
			if status := o.Post(t, body); status != http.StatusOK {
				t.Fatalf("answered %d", status)
			}
		}
		she := found(t, o, p)
		them, err := o.People.ByBSUID(t.Context(), o.DB, o.Org.ID, other)
		if err != nil || she == nil || them == nil || she.ID == them.ID || she.Flags.OptedOut || !them.Flags.OptedOut {
			t.Fatalf("%+v and %+v, %v", she, them, err)
		}
		if she.Profile.Phone != "" || she.Profile.BSUID != p.newID || !slices.Contains(she.Profile.FormerPhones, p.oldPhone) || them.Profile.Phone != p.oldPhone {
			t.Errorf("%+v and %+v", she.Profile, them.Profile)
		}
		if n := o.Count(t, "message", "contact_id = ?", she.ID); n != 2 {
			t.Errorf("%d of 2 messages are hers", n)
		}
		o.Settle(t)
	})
}

// Consents and holds follow, and a STOP ends what the other half had granted
// before it. Who was erased under the old id is not brought back under the new.
func TestWhatIsKnownFollowsAChangedIdentity(t *testing.T) {
	apptest.Each(t, func(t *testing.T, o *apptest.Office) {
		p, at := newSomeone(1), o.Clock.Now().Add(-time.Hour)
		o.Post(t, says("wamid.1", p.oldPhone, p.oldID, "Hallo", at))
		o.Post(t, says("wamid.2", p.newPhone, p.newID, "STOP", at.Add(time.Minute)))
		o.Settle(t)
		old, err := o.People.ByBSUID(t.Context(), o.DB, o.Org.ID, p.oldID)
		if err != nil {
			t.Fatal(err)
		}
		o.Write(t, func(tx store.Tx) error {
			_, err := o.Consents.Grant(t.Context(), tx, o.Org.ID, old, optin.Event{Purpose: optin.Service, Source: "verbal", At: at, Detail: optin.Detail{Note: "am Telefon"}})
			return err
		})
		dpo := visitor{t, o, o.SignIn(t, user.DPO)}
		until := apptest.Start.AddDate(0, 0, 9).Format("2006-01-02")
		if status, _ := dpo.post("/desk/holds", map[string][]string{"person": {"+" + p.oldPhone}, "reason": {"Klage"}, "until": {until}}); status != http.StatusOK {
			t.Fatalf("a hold was answered %d", status)
		}
		o.Post(t, changes["previous id, no sender"].body("wamid.3", p, at.Add(2*time.Minute)))
		she := found(t, o, p)
		states, err := o.Consents.States(t.Context(), o.DB, o.Org.ID, she.ID)
		if err != nil || len(states) != 1 || states[0].State != "withdrawn" {
			t.Errorf("%+v, %v: the STOP of the one half leaves a consent of the other", states, err)
		}
		if n := o.Count(t, "legal_hold", "contact_id = ?", she.ID); n != 1 {
			t.Errorf("%d holds follow", n)
		}
		o.Settle(t)

		q := newSomeone(2)
		o.Post(t, says("wamid.4", q.oldPhone, q.oldID, "Hallo", at))
		o.Settle(t)
		gone, err := o.People.ByBSUID(t.Context(), o.DB, o.Org.ID, q.oldID)
		if err != nil {
			t.Fatal(err)
		}
		eraseNow(t, o, erasure.Identity{Contact: gone.ID})
		people := o.Count(t, "contact", "")
		o.Post(t, changes["new number and id"].body("wamid.5", q, at.Add(time.Minute)))
		if n := o.Count(t, "contact", ""); n != people {
			t.Error("a change made an erased person known again")
		}
		for kind, value := range map[string]string{"phone": q.newPhone, "bsuid": q.newID} {
			graves := erasure.Tombstones{People: o.People}
			if erased, err := graves.Erased(t.Context(), o.DB, o.Org.ID, kind, value); err != nil || !erased {
				t.Errorf("an import may bring her back by her new %s (%v)", kind, err)
			}
		}
	})
}
