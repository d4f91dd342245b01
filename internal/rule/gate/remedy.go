package gate

import "math/bits"

// Remedy is a way out of a refusal, which the page offers as a button.
type Remedy uint8

// The remedies, the easiest first.
const (
	UseTemplate       Remedy = iota // send an approved template instead
	AskToWriteFirst                 // wa.me link: the person makes the first contact
	ShowQRCode                      // the same, printed
	InviteByEmail                   // double opt-in by e-mail
	AskForConsent                   // web form, paper, in conversation
	AwaitConfirmation               // a double opt-in is on its way
	WaitForStart                    // the person may write START at any time
	Unblock                         // the company blocked the person itself
	UseOtherChannel                 // e-mail, letter, telephone
	AskDataProtection               // only the data protection officer can lift this
	ChooseTemplate                  // another template, of the right category
	AwaitApproval                   // the template is not approved, or paused
	AddOptOutLine                   // the template must tell how to stop
	AskForPhoneNumber               // only a user id is known (Cloud API 131062)
	PublishNotice                   // no privacy notice is in force
	SignAgreement                   // no valid processor agreement
	ActivateNumber                  // the phone number is not active
	RaiseBudget                     // or wait for the next period
	AllowOverdraft                  // the organisation may let replies pass
	CorrectRequest                  // the question itself is wrong
	UseNoticeTemplate               // a template whose text or button holds the notice's link
	RecordNotice                    // how the notice was handed over when the consent was taken
	WriteText                       // words, to which a sentence can be added
	RecordUse                       // her consent to this very message in spite of a restriction
	AnswerDoubt                     // say whether she withdrew
	remedyCount
)

// String is the stable code.
func (r Remedy) String() string {
	names := [remedyCount]string{
		UseTemplate: "use_template", AskToWriteFirst: "ask_to_write_first", ShowQRCode: "show_qr_code",
		InviteByEmail: "invite_by_email", AskForConsent: "ask_for_consent", AwaitConfirmation: "await_confirmation",
		WaitForStart: "wait_for_start", Unblock: "unblock", UseOtherChannel: "use_other_channel",
		AskDataProtection: "ask_data_protection", ChooseTemplate: "choose_template", AwaitApproval: "await_approval",
		AddOptOutLine: "add_opt_out_line", AskForPhoneNumber: "ask_for_phone_number", PublishNotice: "publish_notice",
		SignAgreement: "sign_agreement", ActivateNumber: "activate_number", RaiseBudget: "raise_budget",
		AllowOverdraft: "allow_overdraft", CorrectRequest: "correct_request", UseNoticeTemplate: "use_notice_template",
		RecordNotice: "record_notice", WriteText: "write_text", RecordUse: "record_use", AnswerDoubt: "answer_doubt",
	}
	if r >= remedyCount {
		return "unknown"
	}
	return names[r]
}

// Remedies is a set of remedies.
type Remedies uint32

func remedies(list ...Remedy) Remedies {
	var s Remedies
	for _, r := range list {
		s |= 1 << r
	}
	return s
}

// Has reports whether r is in the set.
func (s Remedies) Has(r Remedy) bool { return s&(1<<r) != 0 }

// List is the set, the easiest remedy first.
func (s Remedies) List() []Remedy {
	list := make([]Remedy, 0, bits.OnesCount32(uint32(s)))
	for r := range remedyCount {
		if s.Has(r) {
			list = append(list, r)
		}
	}
	return list
}

// MarshalJSON writes the codes as a list.
func (s Remedies) MarshalJSON() ([]byte, error) { return marshalCodes(s.List()) }
