package keyword

// pressed is what a button means, and in which language the texts answer.
type pressed struct {
	means  Meaning
	locale string
}

// stopPromotions is the quick reply that Meta offers for marketing templates, in
// the official languages of the EU and in Turkish. Seen in templates that Meta
// approved: en, es, pt, it, nl. Meta publishes no list: the others are
// translations of "Stop promotions", each in two wordings where two are common.
var stopPromotions = map[string][]string{
	"en": {"Stop promotions", "Stop Promotions", "Stop promotion", "Marketing opt-out", "Opt out of marketing", "Stop marketing"},
	"de": {"Werbung stoppen", "Werbeaktionen stoppen", "Promotionen stoppen", "Werbung beenden", "Promotions stoppen", "Angebote stoppen", "Stop Promotionen", "Marketing abbestellen", "Werbung abbestellen"},
	"es": {"Detener promociones", "Dejar de recibir promociones", "Parar promociones"},
	"pt": {"Parar promoções", "Parar promoção", "Interromper promoções", "Cancelar promoções"},
	"it": {"Interrompi promozioni", "Ferma promozioni", "Blocca promozioni"},
	"nl": {"Promoties stoppen", "Stop promoties", "Aanbiedingen stoppen", "Reclame stoppen"},
	"fr": {"Arrêter les promotions", "Arrêter promotions", "Stopper les promotions", "Stop promotions", "Ne plus recevoir de promotions", "Stop promos"},
	"pl": {"Zatrzymaj promocje", "Wyłącz promocje", "Zatrzymaj reklamy", "Rezygnuję z promocji"},
	"bg": {"Спиране на промоциите", "Спрете промоциите", "Спри промоциите"},
	"hr": {"Zaustavi promocije", "Prekini promocije"},
	"cs": {"Zastavit propagační akce", "Zastavit reklamy", "Ukončit propagaci", "Zastavit propagaci", "Zastavit promo akce"},
	"da": {"Stop kampagner", "Stop reklamer", "Stop tilbud"},
	"et": {"Peata pakkumised", "Lõpeta reklaamid", "Peata kampaaniad"},
	"fi": {"Lopeta tarjoukset", "Lopeta mainokset", "Pysäytä kampanjat", "Lopeta kampanjat"},
	"el": {"Διακοπή προωθητικών ενεργειών", "Διακοπή προσφορών", "Διακοπή προωθήσεων"},
	"hu": {"Promóciók leállítása", "Akciók leállítása", "Reklámok leállítása"},
	"ga": {"Stop promóisin", "Cuir stop le promóisin", "Stop fógraí"},
	"lv": {"Apturēt akcijas", "Pārtraukt akcijas", "Apturēt reklāmas"},
	"lt": {"Sustabdyti akcijas", "Stabdyti reklamas", "Sustabdyti reklamas"},
	"mt": {"Waqqaf il-promozzjonijiet", "Ieqaf mill-promozzjonijiet"},
	"ro": {"Oprește promoțiile", "Opriți promoțiile", "Stop promoții", "Oprire promoții"},
	"sk": {"Zastaviť propagačné akcie", "Zastaviť reklamy", "Ukončiť propagáciu"},
	"sl": {"Ustavi promocije", "Prekini promocije", "Ustavi oglase"},
	"sv": {"Stoppa kampanjer", "Stoppa erbjudanden", "Stoppa reklam", "Avsluta kampanjer"},
	"tr": {"Promosyonları durdur", "Kampanyaları durdur"},
}

// stopAll is how people say STOP where it is another word, and the sentence by
// which they leave, in the same languages.
var stopAll = map[string][]string{
	"es": {"Baja", "Darme de baja", "Dar de baja", "Alto", "Parar", "Cancelar suscripción", "Detener"},
	"pt": {"Parar", "Cancelar inscrição", "Pare", "Descadastrar"},
	"it": {"Basta messaggi", "Disiscrivimi", "Annulla iscrizione", "Cancellami", "Disiscriviti", "Ferma"},
	"nl": {"Afmelden", "Uitschrijven", "Afmelding", "Stoppen", "Meld mij af", "Schrijf mij uit"},
	"fr": {"Désabonner", "Désinscription", "Se désabonner", "Se désinscrire", "Arrêt", "Arrêter", "Arrêtez", "Me désabonner", "Désabonnement", "Désinscrire"},
	"pl": {"Rezygnuję", "Wypisz", "Wypisz mnie", "Rezygnacja", "Zatrzymaj", "Wypisz się"},
	"bg": {"Стоп", "Спри", "Спрете", "Отписване", "Отпиши ме"},
	"hr": {"Prekini", "Odjava", "Zaustavi", "Odjavi me"},
	"cs": {"Odhlásit", "Odhlásit se", "Zastavit", "Ukončit odběr"},
	"da": {"Afmeld", "Frameld", "Afmeld mig", "Stop beskeder"},
	"et": {"Lõpeta", "Loobu", "Peata"},
	"fi": {"Lopeta", "Peruuta tilaus", "Seis", "Peru tilaus"},
	"el": {"Στοπ", "Διακοπή", "Κατάργηση εγγραφής", "Διαγραφή", "Απεγγραφή"},
	"hu": {"Leiratkozás", "Leiratkozom", "Leállítás", "Állj"},
	"ga": {"Díliostáil", "Scoir"},
	"lv": {"Apturēt", "Atrakstīties", "Pārtraukt"},
	"lt": {"Sustabdyti", "Atsisakyti", "Atsisakau"},
	"mt": {"Ieqaf", "Waqqaf", "Neħħini"},
	"ro": {"Oprește", "Dezabonare", "Dezabonează-mă", "Opriți"},
	"sk": {"Odhlásiť", "Odhlásiť sa", "Zastaviť"},
	"sl": {"Ustavi", "Odjava", "Odjavi me", "Prekini"},
	"sv": {"Stopp", "Avregistrera", "Avsluta", "Avprenumerera", "Avanmäl", "Sluta"},
	"tr": {"Dur", "Durdur", "Abonelikten çık"},
}

// buttons are all of them, as they are compared.
var buttons = func() map[string]pressed {
	all := map[string]pressed{}
	for means, table := range map[Meaning]map[string][]string{Stop: stopAll, Marketing: stopPromotions} {
		for language, list := range table {
			locale := "en"
			if language == "de" {
				locale = "de"
			}
			for _, words := range list {
				all[fold(words)] = pressed{means, locale}
			}
		}
	}
	return all
}()

// Phrases lists short words that mean something, as they are compared: those of
// buttons, and the plain ones that the product's own texts name.
func Phrases(means Meaning) []string {
	var all []string
	for phrase, b := range buttons {
		if b.means == means {
			all = append(all, phrase)
		}
	}
	return append(all, plainly[means]...)
}

// plainly are the words that the product's own texts and buttons use.
var plainly = map[Meaning][]string{
	Stop:      {"stop", "stopp", "abmelden", "abmeldung", "abbestellen", "unsubscribe", "quit", "opt out", "keine nachrichten mehr", "no more messages"},
	Marketing: {"stop werbung", "keine werbung", "keine werbung mehr", "stop ads", "no more advertising", "newsletter abbestellen", "unsubscribe from ads", "stop offers", "no ads"},
	Start:     {"start", "anmelden", "subscribe", "unstop", "opt in"},
	Access:    {"daten", "meine daten", "auskunft", "data", "my data", "datenschutz"},
	Erase:     {"loeschen", "daten loeschen", "delete", "delete my data", "erase", "loeschung"},
}
