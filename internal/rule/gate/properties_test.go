package gate

import (
	"slices"
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
			ConsentWithdrawn, ConsentExpired, ConsentSuperseded, "perhaps"}).Draw(t, name), ID: id.Consent(some(name+" id", n)), GrantedAt: around(name + " from"), ExpiresAt: around(name + " to"),
			WithdrawnAt: around(name + " withdrawn"), Both: !often(name + " both")}
	}
	category := rapid.SampledFrom([]Category{Service, Utility, Authentication, Marketing, Marketing})
	in := Input{
		Now: now,
		Asked: Asked{
			Occasion:   rapid.SampledFrom([]Occasion{Reply, AgentInitiated, Campaign, Automation, SystemDuty}).Draw(t, "occasion"),
			Category:   category.Draw(t, "category"),
			Kind:       rapid.SampledFrom([]Kind{KindFreeForm, KindTemplate}).Draw(t, "kind"),
			Errand:     rapid.SampledFrom([]Errand{ErrandNone, ErrandOptOutConfirmation, ErrandOptInConfirmation, ErrandPrivacyAnswer, ErrandNoticeDelivery, ErrandBreachLetter}).Draw(t, "errand"),
			Case:       id.Case(some("case", 6)),
			Breach:     id.Breach(some("breach", 7)),
			OwnPurpose: !often("own purpose"), Advertising: !often("advertising"), AI: !often("ai"), NoRoom: !often("no room"),
		},
		Recipient: Recipient{Erased: !often("erased"), UnderErasure: !often("under erasure"), Blocked: !often("blocked"), OptedOut: !often("opted out"),
			OptOutConfirmed: yes("confirmed"), WroteAgain: yes("wrote again"), Restricted: !often("restricted"), Objected: !often("objected"), Minor: !often("minor"), HasPhone: often("phone")},
		Consents: Consents{Service: consent("service", 11), Utility: consent("utility", 12), Marketing: consent("marketing", 13), Own: consent("own", 14), OwnAdvertises: !often("own advertises")},
		Matter:   Matter{Open: often("matter"), ID: id.Matter(some("matter id", 3)), LastAt: around("last"), Ends: around("matter ends")},
		Contract: Contract{ChosenChannel: yes("contract"), ID: id.Contract(some("contract id", 4))},
		Notice:   Notice{Published: id.Notice(some("published", 1)), Delivered: id.Notice(some("delivered", 1)), MateriallyChanged: yes("changed"), Lacking: !often("lacking")},
		Number:   Number{Active: often("active"), AgreementValid: often("agreement")},
		Budget:   Budget{Exhausted: !often("exhausted"), Overdraw: yes("overdraw")},
		Existing: ExistingCustomer{NumberWithSale: often("number with sale"), Enabled: often("exception"), Reason: rapid.SampledFrom([]string{"", "recorded"}).Draw(t, "reason"),
			Sale: some("sale", 5), SimilarGoods: often("similar"), InformedAtCollection: often("informed")},
	}
	in.WindowEnds, in.QuietUntil = around("window"), around("quiet")
	in.Template = Template{Approved: often("approved"), Category: in.Asked.Category, HasOptOutLine: often("opt-out line"),
		Advertising: !often("template advertises"), HoldsNotice: yes("link"), SaysAI: yes("says ai")}
	if !often("consented to this") {
		in.Asked.Consented = ref(8)
	}
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

func TestBlockedGetsOnlyTheAnswerToTheOwnRequest(t *testing.T) {
	never(t, func(_ *rapid.T, in *Input) {
		in.Recipient.Blocked = true
		if in.Asked.Errand == ErrandPrivacyAnswer {
			in.Asked.Case = id.Case{}
		}
	})
}

func TestANumberThatIsNotReadySendsNothing(t *testing.T) {
	never(t, func(_ *rapid.T, in *Input) { in.Number.Active = false })
	never(t, func(_ *rapid.T, in *Input) { in.Number.AgreementValid = false })
}

// TestWithoutACompleteNoticeOnlyDuties: S12.
func TestWithoutACompleteNoticeOnlyDuties(t *testing.T) {
	lack := func(spoil func(*Input)) {
		rapid.Check(t, func(t *rapid.T) {
			in := anything(t)
			spoil(&in)
			if v := Decide(in); v.Outcome != Deny && (v.Basis.Kind != BasisDuty || in.Asked.Errand == ErrandNoticeDelivery || in.Asked.Errand == ErrandOptInConfirmation) {
				t.Fatalf("%s by row %d on %+v", v.Outcome, v.Row, v.Basis)
			}
		})
	}
	lack(func(in *Input) { in.Notice.Published = id.Notice{} })
	lack(func(in *Input) { in.Notice.Lacking = true })
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

// TestOptedOutGetsOnlyWhatIsLeft: the one confirmation, the answer to her
// request, and a colleague's free-form reply to what she wrote since.
func TestOptedOutGetsOnlyWhatIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		in.Recipient.OptedOut = true
		v := Decide(in)
		if v.Outcome == Deny {
			return
		}
		a, free := in.Asked, in.Asked.Kind == KindFreeForm && in.Now.Before(in.WindowEnds)
		confirms := a.Occasion == SystemDuty && a.Errand == ErrandOptOutConfirmation && free && !in.Recipient.OptOutConfirmed
		answers := a.Occasion == SystemDuty && a.Errand == ErrandPrivacyAnswer && !a.Case.IsZero()
		again := free && in.Recipient.WroteAgain && !in.advertising() &&
			(a.Occasion == Reply && !a.AI || a.Occasion == SystemDuty && a.Errand == ErrandNoticeDelivery)
		if !confirms && !answers && !again || in.advertising() || in.Recipient.Blocked && !answers {
			t.Fatalf("%s by row %d", v.Outcome, v.Row)
		}
	})
}

func TestRestrictedGetsOnlyDutiesAndWhatSheAgreedTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		in.Recipient.Restricted, in.Asked.Consented = true, id.ID{}
		duties := []Errand{ErrandPrivacyAnswer, ErrandOptOutConfirmation, ErrandBreachLetter}
		if v := Decide(in); v.Outcome != Deny && (v.Basis.Kind != BasisDuty || !slices.Contains(duties, in.Asked.Errand)) {
			t.Fatalf("%s by row %d", v.Outcome, v.Row)
		}
	})
}

// TestWhatSheTookBackCarriesNothing: neither by a matter nor by any other
// basis, but for the answer to what she wrote since.
func TestWhatSheTookBackCarriesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		in.Asked.OwnPurpose, in.Asked.Advertising, in.Template.Advertising = false, false, false
		taken := &in.Consents.Utility
		if in.Asked.Category == Service {
			taken = &in.Consents.Service
		}
		taken.State = ConsentWithdrawn
		if in.Asked.Category == Marketing {
			in.Consents.Marketing.State = ConsentWithdrawn
		}
		v := Decide(in)
		since := v.Basis.Kind == BasisMatter && in.Asked.Kind == KindFreeForm && in.colleague() && in.Matter.LastAt.After(taken.WithdrawnAt)
		if v.Outcome != Deny && v.Basis.Kind != BasisDuty && !since {
			t.Fatalf("%s by row %d on %+v", v.Outcome, v.Row, v.Basis)
		}
	})
}

// TestAMatterCarriesOnlyAnswersWhileItLasts: S10.
func TestAMatterCarriesOnlyAnswersWhileItLasts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		v := Decide(in)
		if v.Basis.Kind != BasisMatter {
			return
		}
		answers := in.Asked.Occasion == Reply && !in.Asked.AI
		inside := in.Now.Before(in.WindowEnds) && (in.Asked.Occasion == Reply || in.Asked.Occasion == Automation || in.Asked.Occasion == SystemDuty)
		if !in.Matter.Open || !in.Now.Before(in.Matter.Ends) || !answers && !inside || in.Asked.Category == Marketing || in.Asked.Advertising {
			t.Fatalf("%+v", v)
		}
	})
}

// TestTheFirstMessageOutsideTheWindowBringsTheNotice: Art. 13(1), 14(3)(b).
func TestTheFirstMessageOutsideTheWindowBringsTheNotice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		in.WindowEnds, in.Notice.Delivered, in.Template.HoldsNotice = now, id.Notice{}, false
		v := Decide(in)
		code := in.Asked.Category == Authentication && in.Asked.Occasion != Campaign
		if v.Outcome == Allow && v.Basis.Kind != BasisDuty && !code && in.Asked.Errand != ErrandNoticeDelivery {
			t.Fatalf("%+v", v)
		}
	})
}

// TestAnAISaysSo: AI Act Art. 50(1).
func TestAnAISaysSo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		in.Asked.AI = true
		v := Decide(in)
		if v.Outcome == Allow && !v.Duties.Has(SayItIsAI) && (in.Asked.Kind != KindTemplate || !in.Template.SaysAI) {
			t.Fatalf("%+v", v)
		}
	})
}

// TestWithoutMoneyOnlyDuties: and replies, where the organisation said so.
func TestWithoutMoneyOnlyDuties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		in.Budget.Exhausted = true
		v := Decide(in)
		waits := in.Budget.Overdraw && in.windowOpen() && (in.Asked.Occasion == Reply || in.Asked.Errand == ErrandNoticeDelivery)
		if v.Outcome == Allow && !in.systemDuty() && !waits {
			t.Fatalf("%+v", v)
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
				BasisDuty:             {{}, id.ID(in.Asked.Case), id.ID(in.Asked.Breach)},
			}
			found := false
			for _, one := range named[v.Basis.Kind] {
				found = found || one == v.Basis.ID && (!one.IsZero() || v.Basis.Kind == BasisDuty)
			}
			if !found || v.Remedies != 0 || v.NoticeVersion != in.Notice.Published {
				t.Fatalf("%+v", v)
			}
			if v.Outcome == Defer && (!in.advertising() || !v.NotBefore.After(in.Now) || v.Reason != ReasonQuietHours) {
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
	lost := func(of func(*Consents) *Consent) func(*Input) {
		return func(in *Input) {
			if c := of(&in.Consents); c.State == ConsentGranted {
				*c = Consent{}
			}
		}
	}
	taken := func(of func(*Consents) *Consent) func(*Input) {
		return func(in *Input) { c := of(&in.Consents); c.State, c.WithdrawnAt = ConsentWithdrawn, in.Now }
	}
	losses := []struct {
		name string
		lose func(*Input)
	}{
		{"service consent", lost(forService.of)},
		{"utility consent", lost(forUtility.of)},
		{"marketing consent", lost(forMarketing.of)},
		{"own consent", lost(forOwn.of)},
		{"service consent withdrawn", taken(forService.of)},
		{"utility consent withdrawn", taken(forUtility.of)},
		{"marketing consent withdrawn", taken(forMarketing.of)},
		{"own consent withdrawn", taken(forOwn.of)},
		{"marketing consent expired", func(in *Input) { in.Consents.Marketing.ExpiresAt = in.Now }},
		{"wording of service", func(in *Input) { in.Consents.Service.Both = false }},
		{"wording of utility", func(in *Input) { in.Consents.Utility.Both = false }},
		{"matter", func(in *Input) { in.Matter = Matter{} }},
		{"time of the matter", func(in *Input) { in.Matter.Ends = in.Now }},
		{"contract", func(in *Input) { in.Contract = Contract{} }},
		{"exception", func(in *Input) { in.Existing = ExistingCustomer{} }},
		{"case", func(in *Input) { in.Asked.Case = id.Case{} }},
		{"breach", func(in *Input) { in.Asked.Breach = id.Breach{} }},
		{"window", func(in *Input) { in.WindowEnds = time.Time{} }},
		{"agreement", func(in *Input) { in.Number.AgreementValid = false }},
		{"notice's parts", func(in *Input) { in.Notice.Lacking = true }},
		{"delivery", func(in *Input) { in.Notice.Delivered = id.Notice{} }},
		{"link", func(in *Input) { in.Template.HoldsNotice = false }},
		{"template", func(in *Input) { in.Template.Approved = false }},
		{"opt-out line", func(in *Input) { in.Template.HasOptOutLine = false }},
		{"STOP", func(in *Input) {
			if in.Asked.Errand != ErrandOptOutConfirmation { // which nothing but a STOP asks for
				in.Recipient.OptedOut = true
			}
		}},
		{"block", func(in *Input) { in.Recipient.Blocked = true }},
		{"word after STOP", func(in *Input) { in.Recipient.WroteAgain = false }},
		{"objection", func(in *Input) { in.Recipient.Objected = true }},
		{"age", func(in *Input) { in.Recipient.Minor = true }},
		{"restriction", func(in *Input) { in.Recipient.Restricted = true }},
		{"consent to this use", func(in *Input) { in.Asked.Consented = id.ID{} }},
		{"quiet hours", func(in *Input) { in.QuietUntil = in.Now.Add(time.Hour) }},
		{"budget", func(in *Input) { in.Budget = Budget{Exhausted: true} }},
		{"overdraft", func(in *Input) { in.Budget.Overdraw = false }},
		{"human hand", func(in *Input) { in.Asked.AI = true }},
		{"room", func(in *Input) { in.Asked.NoRoom = true }},
	}
	rapid.Check(t, func(t *rapid.T) {
		in := anything(t)
		before := Decide(in)
		loss := losses[rapid.IntRange(0, len(losses)-1).Draw(t, "loss")]
		loss.lose(&in)
		if after := Decide(in); after.Outcome == Allow && before.Outcome != Allow ||
			after.Outcome == Defer && before.Outcome == Deny && loss.name != "quiet hours" { // which come before what is asked later
			t.Fatalf("without the %s a message went from %s (%s) to %s on %+v", loss.name, before.Outcome, before.Reason, after.Outcome, after.Basis)
		}
	})
}
