package gate

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"einklang/internal/rule/id"
)

// anything draws an Input with every fact open, sense or nonsense.
func anything(t *rapid.T) Input {
	yes := func(name string) bool { return rapid.Bool().Draw(t, name) }
	often := func(name string) bool { return rapid.IntRange(0, 3).Draw(t, name) > 0 }
	some := func(name string, n byte) id.ID {
		if often(name) {
			return ref(n)
		}
		return id.ID{}
	}
	around := func(name string) time.Time {
		if !often(name) {
			return time.Time{}
		}
		return now.Add(time.Duration(rapid.IntRange(-48, 48).Draw(t, name+" hours")) * time.Hour)
	}
	consent := func(name string, n byte) Consent {
		return Consent{State: rapid.SampledFrom([]ConsentState{"", ConsentNone, ConsentRequested, ConsentPending, ConsentGranted, ConsentGranted, ConsentGranted,
			ConsentWithdrawn, ConsentExpired, ConsentSuperseded, "perhaps"}).Draw(t, name), ID: id.Consent(some(name+" id", n)), GrantedAt: around(name + " from"), ExpiresAt: around(name + " to")}
	}
	category := rapid.SampledFrom([]Category{Service, Utility, Authentication, Marketing, Marketing})
	in := Input{
		Now: now,
		Asked: Asked{
			Occasion:   rapid.SampledFrom([]Occasion{Reply, AgentInitiated, Campaign, Automation, SystemDuty}).Draw(t, "occasion"),
			Category:   category.Draw(t, "category"),
			Kind:       rapid.SampledFrom([]Kind{KindFreeForm, KindTemplate}).Draw(t, "kind"),
			Errand:     rapid.SampledFrom([]Errand{ErrandNone, ErrandOptOutConfirmation, ErrandOptInConfirmation, ErrandPrivacyAnswer, ErrandNoticeDelivery}).Draw(t, "errand"),
			Case:       id.Case(some("case", 6)),
			OwnPurpose: !often("own purpose"),
		},
		Recipient: Recipient{Erased: !often("erased"), UnderErasure: !often("under erasure"), Blocked: !often("blocked"), OptedOut: !often("opted out"),
			OptOutConfirmed: yes("confirmed"), Restricted: !often("restricted"), Objected: !often("objected"), Minor: !often("minor"), HasPhone: often("phone")},
		Consents: Consents{Service: consent("service", 11), Utility: consent("utility", 12), Marketing: consent("marketing", 13), Own: consent("own", 14)},
		Matter:   Matter{Open: yes("matter"), ID: id.Matter(some("matter id", 3))},
		Contract: Contract{ChosenChannel: yes("contract"), ID: id.Contract(some("contract id", 4))},
		Notice:   Notice{Published: id.Notice(some("published", 1)), Delivered: id.Notice(some("delivered", 1)), MateriallyChanged: yes("changed")},
		Number:   Number{Active: often("active"), AgreementValid: often("agreement")},
		Budget:   Budget{Exhausted: !often("exhausted"), Free: !often("free")},
		Existing: ExistingCustomer{Enabled: often("exception"), Reason: rapid.SampledFrom([]string{"", "recorded"}).Draw(t, "reason"),
			Sale: some("sale", 5), SimilarGoods: often("similar"), InformedAtCollection: often("informed")},
	}
	in.WindowEnds, in.QuietUntil = around("window"), around("quiet")
	in.Template = Template{Approved: often("approved"), Category: in.Asked.Category, HasOptOutLine: often("opt-out line")}
	if !often("right category") {
		in.Template.Category = category.Draw(t, "template category")
	}
	return in
}

// never checks that what the change makes of any Input does not go out.
func never(t *testing.T, change func(*rapid.T, *Input)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		change(t, &in)
		if v := Decide(in); v.Outcome != Deny {
			t.Fatalf("%s by row %d on %+v", v.Outcome, v.Row, v.Basis)
		}
	})
}

func TestErasedNeverGetsAnything(t *testing.T) {
	never(t, func(_ *rapid.T, in *Input) { in.Recipient.Erased = true })
	never(t, func(_ *rapid.T, in *Input) { in.Recipient.UnderErasure = true })
}

func TestWithdrawnNeverGetsMarketing(t *testing.T) {
	never(t, func(_ *rapid.T, in *Input) {
		in.Asked.Category, in.Consents.Marketing.State = Marketing, ConsentWithdrawn
	})
}

func TestObjectedNeverGetsMarketing(t *testing.T) {
	never(t, func(_ *rapid.T, in *Input) { in.Asked.Category, in.Recipient.Objected = Marketing, true })
}

func TestMinorsNeverGetMarketing(t *testing.T) {
	never(t, func(_ *rapid.T, in *Input) { in.Asked.Category, in.Recipient.Minor = Marketing, true })
}

func TestWithoutConsentNoMarketing(t *testing.T) {
	never(t, func(_ *rapid.T, in *Input) {
		in.Asked.Category, in.Existing.Enabled = Marketing, false
		if in.Consents.Marketing.ValidAt(in.Now) {
			in.Consents.Marketing.State = ConsentPending
		}
	})
}

func TestBlockedNeverGetsAnything(t *testing.T) {
	never(t, func(_ *rapid.T, in *Input) { in.Recipient.Blocked = true })
}

func TestANumberThatIsNotReadySendsNothing(t *testing.T) {
	never(t, func(_ *rapid.T, in *Input) { in.Number.Active = false })
	never(t, func(_ *rapid.T, in *Input) { in.Number.AgreementValid = false })
	never(t, func(_ *rapid.T, in *Input) { in.Notice.Published = id.Notice{} })
}

func TestWithoutAnyRecordNothingGoesOut(t *testing.T) {
	never(t, func(_ *rapid.T, in *Input) {
		in.Consents, in.Matter, in.Contract, in.Existing = Consents{}, Matter{}, Contract{}, ExistingCustomer{}
		in.Recipient.OptedOut = false
		if in.Asked.Occasion == SystemDuty {
			in.Asked.Occasion = AgentInitiated
		}
	})
}

func TestTheUnknownIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Input){
		"occasion": func(in *Input) { in.Asked.Occasion = "" },
		"category": func(in *Input) { in.Asked.Category = "" },
		"kind":     func(in *Input) { in.Asked.Kind = "" },
		"errand":   func(in *Input) { in.Asked.Errand = "other" },
		"no errand": func(in *Input) {
			in.Asked.Occasion, in.Asked.Errand = SystemDuty, ErrandNone
		},
		"time": func(in *Input) { in.Now = time.Time{} },
	} {
		t.Run(name, func(t *testing.T) {
			never(t, func(_ *rapid.T, in *Input) { spoil(in) })
		})
	}
	t.Run("any words", func(t *testing.T) {
		words := rapid.StringMatching(`[a-z_]{0,12}`)
		rapid.Check(t, func(t *rapid.T) {
			in := anything(t)
			in.Asked.Occasion, in.Asked.Category, in.Asked.Kind = Occasion(words.Draw(t, "o")), Category(words.Draw(t, "c")), Kind(words.Draw(t, "k"))
			if !in.Asked.understood() && Decide(in).Outcome != Deny {
				t.Fatal("a question that is not understood was not refused")
			}
		})
	})
}

func TestOptedOutGetsOnlyTheOneConfirmation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		in.Recipient.OptedOut = true
		v := Decide(in)
		if v.Outcome == Deny {
			return
		}
		the := in.Asked.Occasion == SystemDuty && in.Asked.Errand == ErrandOptOutConfirmation && in.Asked.Category != Marketing &&
			in.Asked.Kind == KindFreeForm && in.Now.Before(in.WindowEnds)
		if !the || in.Recipient.OptOutConfirmed || v.Duties != 0 {
			t.Fatalf("%s by row %d", v.Outcome, v.Row)
		}
	})
}

func TestRestrictedGetsOnlyTheAnswerToTheOwnRequest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		in.Recipient.Restricted = true
		if v := Decide(in); v.Outcome != Deny && (in.Asked.Occasion != SystemDuty || in.Asked.Errand != ErrandPrivacyAnswer || in.Asked.Case.IsZero() || in.Asked.Category == Marketing) {
			t.Fatalf("%s by row %d", v.Outcome, v.Row)
		}
	})
}

func TestAfterTheWindowOnlyTemplates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		in.WindowEnds = now.Add(-time.Duration(rapid.IntRange(0, 1000).Draw(t, "hours ago")) * time.Hour)
		if v := Decide(in); v.Outcome != Deny && in.Asked.Kind != KindTemplate {
			t.Fatalf("%s by row %d", v.Outcome, v.Row)
		}
	})
}

func TestAMatterCarriesNoCampaign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		in.Asked.Occasion = Campaign
		if v := Decide(in); v.Basis.Kind == BasisMatter {
			t.Fatalf("%+v", v)
		}
	})
}

func TestAnOwnPurposeRestsOnItsConsent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		in.Asked.OwnPurpose = true
		if v := Decide(in); v.Outcome != Deny && v.Basis.Kind != BasisDuty && !in.Consents.Own.ValidAt(in.Now) {
			t.Fatalf("%+v", v)
		}
	})
}

// TestEveryVerdictIsWhole: an allowed message names a basis that is among the
// facts, a refusal names its row and, where the law leaves one, a way out.
func TestEveryVerdictIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		v := Decide(in)
		if v != Decide(in) {
			t.Fatal("asked twice, answered differently")
		}
		switch v.Outcome {
		case Allow, Defer:
			named := map[BasisKind][]id.ID{
				BasisConsent:          {id.ID(in.Consents.Service.ID), id.ID(in.Consents.Utility.ID), id.ID(in.Consents.Marketing.ID), id.ID(in.Consents.Own.ID)},
				BasisMatter:           {id.ID(in.Matter.ID)},
				BasisContract:         {id.ID(in.Contract.ID)},
				BasisExistingCustomer: {in.Existing.Sale},
				BasisDuty:             {{}, id.ID(in.Asked.Case)},
			}
			found := false
			for _, one := range named[v.Basis.Kind] {
				found = found || one == v.Basis.ID && (!one.IsZero() || v.Basis.Kind == BasisDuty)
			}
			if !found || v.Remedies != 0 || v.NoticeVersion != in.Notice.Published {
				t.Fatalf("%+v", v)
			}
			if v.Outcome == Defer && (in.Asked.Category != Marketing || !v.NotBefore.After(in.Now) || v.Reason != ReasonQuietHours) {
				t.Fatalf("%+v", v)
			}
		case Deny:
			if v.Basis != (Basis{}) || v.Duties != 0 || !v.NotBefore.IsZero() || v.Reason == ReasonOK || v.RowName == "" {
				t.Fatalf("%+v", v)
			}
			if (v.Remedies == 0) != v.Reason.HasNoRemedy() {
				t.Fatalf("the refusal %s has the remedies %v", v.Reason, v.Remedies.List())
			}
		default:
			t.Fatalf("%+v", v)
		}
	})
}

// TestLosingABasisNeverHelps: monotony. What is refused stays refused when a
// basis goes or an obstacle comes.
func TestLosingABasisNeverHelps(t *testing.T) {
	losses := []struct {
		name string
		lose func(*Input)
	}{
		{"service consent", func(in *Input) { in.Consents.Service = Consent{} }},
		{"utility consent withdrawn", func(in *Input) { in.Consents.Utility.State = ConsentWithdrawn }},
		{"marketing consent", func(in *Input) { in.Consents.Marketing = Consent{} }},
		{"marketing consent withdrawn", func(in *Input) { in.Consents.Marketing.State = ConsentWithdrawn }},
		{"marketing consent expired", func(in *Input) { in.Consents.Marketing.ExpiresAt = in.Now }},
		{"own consent", func(in *Input) { in.Consents.Own = Consent{} }},
		{"matter", func(in *Input) { in.Matter = Matter{} }},
		{"contract", func(in *Input) { in.Contract = Contract{} }},
		{"exception", func(in *Input) { in.Existing = ExistingCustomer{} }},
		{"case", func(in *Input) { in.Asked.Case = id.Case{} }},
		{"window", func(in *Input) { in.WindowEnds = time.Time{} }},
		{"agreement", func(in *Input) { in.Number.AgreementValid = false }},
		{"template", func(in *Input) { in.Template.Approved = false }},
		{"objection", func(in *Input) { in.Recipient.Objected = true }},
		{"restriction", func(in *Input) { in.Recipient.Restricted = true }},
		{"quiet hours", func(in *Input) { in.QuietUntil = in.Now.Add(time.Hour) }},
		{"budget", func(in *Input) { in.Budget = Budget{Exhausted: true} }},
	}
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		before := Decide(in)
		loss := losses[rapid.IntRange(0, len(losses)-1).Draw(t, "loss")]
		loss.lose(&in)
		if after := Decide(in); before.Outcome == Deny && after.Outcome != Deny || before.Outcome == Defer && after.Outcome == Allow {
			t.Fatalf("without the %s a message went from %s (%s) to %s on %+v", loss.name, before.Outcome, before.Reason, after.Outcome, after.Basis)
		}
	})
}
