package keyword

import "strings"

// class is what part a word can play in a wish, a bit for each: "ihr" is both
// "you" and "your".
type class uint64

const (
	small    class = 1 << iota // changes nothing: courtesy, articles, prepositions
	greeting                   // begins with the name of whoever is greeted
	farewell                   // ends with the name of the writer
	me                         // the writer
	mine                       // what is hers
	you                        // the company
	wish                       // "ich möchte": what follows is wanted
	polite                     // "könnten Sie": asks for it
	no                         // "keine"
	not                        // "nicht"
	nothing                    // "nichts"
	more                       // "mehr", "nie wieder": for good
	message                    // messages
	one                        // a single message
	advert                     // advertising
	offer                      // what may be advertising, or an order's offer
	data                       // data
	handle                     // number, account, entry: what stands for her data
	stop                       // STOP
	quit                       // to stop something
	unsub                      // to sign off
	reach                      // to send, to write to somebody
	get                        // to receive
	consent                    // what was agreed to
	agree                      // to agree
	revoke                     // to withdraw
	back                       // "zurück": withdraws a consent
	object                     // to object
	erase                      // to delete
	done                       // signed off, deleted, withdrawn: it is told, not asked for
	told                       // tells what is or was
	store                      // to have or keep
	inform                     // to tell what is stored
	what                       // asks which
	why                        // asks why
	how                        // asks how
	when                       // asks when or where; the answer is no act of ours
	suppose                    // if
	list                       // of those who are written to
	archive                    // where data lie
	channel                    // WhatsApp
	law                        // articles and laws
	weary                      // had enough
	this                       // what was spoken of
	goods                      // what people order or book
	others                     // somebody else
	begin                      // START
	nay                        // no
	bother                     // to be molested
	tired                      // had enough, beside words of messages
	about                      // "über mich"
	report                     // the information on her data
	pull                       // to take out of a list
)

// lang is a language that a word belongs to, a bit for each.
type lang uint8

const (
	german lang = 1 << iota
	english
	foreign // any other
)

// words is one line of the table: words of a class in a language. "_" joins
// words that count together.
type words struct {
	lang lang
	is   class
	list string
}

// own are the words of German and English.
var own = []words{
	{german | english, stop, "stop quit"},
	{german, stop, "stopp stob"},
	{english, stop, "stopall stop_all quit optout opt_out opt_me_out"},
	{german | english, small, "ok okay hm team kundenservice e in an so"},
	{german, small, `bitte bite biite danke dankeschoen dank vielen sofort jetzt umgehend endlich mal doch einfach ab nun hiermit gerne gern auch ja und also aber nur noch sehr
		unverzüglich schnellstmöglich baldmöglichst schnellstens höflich freundlich freundlichst herzlich heute dann da denn bereits wirklich absolut ganz gar komplett vollständig
		der die das den dem des ein eine einen einem einer von vom bei beim über ueber übers per via auf aus zu zum zur für fuer mit in im um am an ans nach ins daran davon dafür dazu drüber darüber hierfür
		dass wie oder sowie sowohl bzw etc sei wäre werde wird werden sein wieder bezüglich betreffend hinsichtlich einmal direkt gleich künftig zukünftig sonst generell grundsätzlich irgendwelche irgendwas
		solche solcher solchen solch art arten weise form seite firma unternehmen betrieb laden shop geschäft haus praxis verein service kunde kundin kunden person zukunft zeitpunkt wirkung
		sehe erbitte darum wiederum nämlich halt eben so was etwas dieser diese diesen diesem dieses eurer euren eurem hierher weg raus los ihrerseits eurerseits interesse da drin meinerseits lieber nunmehr
		moment seiten`},
	{english, small, `please pls plz kindly thanks thank thx thankyou now immediately asap just really from on to for the a an of at by with about all and or but is be am it its that there
		as soon possible right away straight ever entirely completely fully through via way let sure here i ve ll re d s t am would_like_to_ask_you request requesting regards respect under back out up off
		company business shop store team customer such kind`},
	{german, greeting, "hallo hi hey moin servus guten liebe lieber liebes sehr_geehrte sehr_geehrter sehr_geehrtes werte grüezi huhu tag morgen abend frau herr herren damen"},
	{english, greeting, "hello dear good_morning good_evening good_afternoon good_day sir madam hi_there"},
	{german, farewell, "gruß grüße gruss gruesse grüsse lg vg mfg bg ciao tschüss tschuess tschau mit_freundlichen_grüßen viele_grüße liebe_grüße"},
	{english, farewell, "regards cheers sincerely kind_regards best_regards best bye yours_sincerely"},
	{german, me, "ich mir mich wir uns man "},
	{english, me, "i me us we myself im"},
	{german, mine, "mein meine meiner meinen meinem meines unser unsere unserer unseren unserem unseres"},
	{english, mine, "my mine our"},
	{german, about, "über_mich von_mir zu_mir über_uns von_uns zu_uns meiner_person mich_betreffend mich_betreffenden mich_betreffende betreffend_meine_person"},
	{english, about, "about_me on_me about_us on_us of_me concerning_me relating_to_me regarding_me about_myself"},
	{german, you, "sie ihr ihnen euch du dir dich ihre ihrer ihren ihrem ihres eure euer eurer deine deiner deinen"},
	{english, you, "you your u ya yall guys"},
	{german, wish, `möchte möcht möchten will wollen wünsche wünschen wünsch würde brauche brauchen benötige benötigen bitten erbitte ersuche verlange verlangen fordere fordern beantrage beantragen bestehe hätte darf
		soll sollen sollte sollten muss müssen ich_bitte wünscht legen lege wert`},
	{english, wish, "want wanna wish would like d_like need demand request require would_like prefer should must shall"},
	{german, polite, "könnten können könnt könntet kannst könntest würden würdet würdest wollt wären kann mögen"},
	{english, polite, "could can would will may"},
	{german, no, "kein keine keinen keiner keinem keinerlei keins ohne"},
	{english, no, "no without zero"},
	{german, not, "nicht nich net ned niemals nie"},
	{english, not, "not dont don_t don doesnt never won_t wont do_not cannot cant"},
	{german, nothing, "nichts nix"},
	{english, nothing, "nothing anything"},
	{german, more, "mehr weiter weitere weiteren weiterer weiteres weiterhin länger künftig zukünftig zukunft nie_wieder nie_mehr niemals_wieder niemals nie wieder"},
	{english, more, "more anymore any_more longer further future again ever_again any never ever"},
	{german, small | more, "ab_sofort ab_jetzt von_nun_an"},
	{german, small, "alle alles aller allen allem sämtliche sämtlichen sämtlicher jegliche jeglicher jeglichen jede jeder jeden jedwede gesamten gesamte ganze ganzen beide"},
	{english, small, "all every everything any entire whole each"},
	{german, message, "nachrichten whatsapps mitteilungen benachrichtigungen whatsappnachrichten textnachrichten sms botschaften zuschriften push pushnachrichten rundnachrichten massennachrichten statusmeldungen kontaktaufnahme kontaktaufnahmen kontaktversuche kontaktierung nachrichtenversand mitteilung"},
	{english, message, "messages texts msgs notifications whatsapps messaging communications communication txts"},
	{german, message | one, "nachricht msg kontakt"},
	{english, message | one, "message text contact"},
	{german, advert, `werbung werbe werbungen werbenachricht werbenachrichten werbemails werbemail werbesms werblich werbliche werblichen werblicher werbezwecke werbezwecken direktwerbung reklame newsletter newslettern news_letter
		marketing marketingnachrichten promo promos promotion promotions promotionen spam rabattaktionen werbeaktionen werbeaktion rundschreiben infobrief newsfeed werbezeug werbekram werbemüll werbeinhalte werbebotschaften`},
	{english, advert, "ads ad adverts advert advertising advertisement advertisements promotional promotions promos newsletters newsletter marketing mailings commercials spam junk"},
	{german, offer, "angebote angeboten aktionen rabatte rabattcodes gutscheine neuigkeiten news infos informationen information aktion deals prospekte kataloge coupons mails emails werbegeschenke einladungen umfragen sonderangebote"},
	{english, offer, "offers deals discounts coupons vouchers news updates emails mails campaigns sales info information surveys"},
	{german, data, "daten personendaten kundendaten kontaktdaten datensatz datensätze stammdaten dsgvo_daten"},
	{english, data, "data personal_data personal_information personal_info records"},
	{german, handle, "nummer telefonnummer rufnummer mobilnummer handynummer handynr tel konto kundenkonto account profil kundenprofil eintrag einträge adresse kontakt namen personalien benutzerkonto chatverlauf informationen infos angaben akte"},
	{english, handle, "number account profile details contact info information file entry records name phone_number chat_history"},
	{german, small, "personenbezogenen personenbezogene persönlichen persönliche privaten gespeicherten gespeicherte vorhandenen vorliegenden hinterlegten erhobenen"},
	{english, small, "personal private stored"},
	{german, quit, `stoppen stoppe stoppt stopppen beenden beende beendet aufhören aufhoeren hört hören hör einstellen stellt stellen unterlassen unterlasst unterlasse unterlass unterbinden abstellen abschalten ausschalten
		verschonen verschont verschone deaktivieren deaktiviere lassen lasst lass schluss ende beendigung einstellung stoppet verzichten aus vermeiden sperren blockieren abbrechen`},
	{english, quit, "stop stopping end cease discontinue cancel halt turn disable deactivate off ending refrain"},
	{german, unsub, `abmelden abmeldung abmelde abbestellen abbestellung abbestelle austragen austragung auszutragen abzumelden abzubestellen meld_ab deabonnieren entabonnieren deabonniere desabonnieren`},
	{english, unsub, "unsubscribe unsubscribed unsubscription unsub sign_off sign_me_off opt_out opt_me_out opting_out optout deregister unregister"},
	{german, reach, `schicken schickt schicke schick schickst senden sendet sende send zusenden zugesendet zugeschickt zuschicken zusendung zusendungen schreiben schreibt schreibe schreib anschreiben angeschrieben
		kontaktieren kontaktiert kontaktiere kontaktier melden texten verschicken versenden übersenden bombardieren bombardiert anzuschreiben zu_kontaktieren zuzusenden zuzuschicken beliefern versorgen
		versand zuspammen vollspammen spammen spammt anfunken anpingen anmailen whatsappen simsen geschickt gesendet geschrieben informieren kommunizieren richten`},
	{english, reach, "send sending sends write writing text texting contact contacting contacted message messaging messages reach reaching mailing email emailing bombard spamming spam ping pinging notify notifying communicate sent"},
	{german, get, "bekommen erhalten haben empfangen kriegen lesen sehen hören krieg zugestellt annehmen"},
	{english, get, "receive receiving get getting hear hearing see have recieve receving read wish_to_receive"},
	{german, consent, "einwilligung einwilligungen zustimmung zustimmungen einverständnis einverständniserklärung einwilligungserklärung erlaubnis genehmigung freigabe werbeeinwilligung datenschutzeinwilligung kontakterlaubnis optin whatsapp_einwilligung"},
	{english, consent, "consent permission agreement authorisation authorization opt_in consents"},
	{german, agree, "einverstanden zustimmen stimme willige einwilligen erlaube gestatte genehmige"},
	{english, agree, "agree consent allow authorize authorise accept"},
	{german, revoke, "widerrufe widerruf widerrufen widerruft wiederrufe wiederruf wiederrufen widderrufe wiederufe widerufe widerufen"},
	{english, revoke, "withdraw withdrawing revoke revoking withdrawal rescind retract"},
	{german, back, "zurückziehen zurücknehmen entziehe entziehen zurück zurückgezogen nehme ziehe"},
	{german, object, "widerspreche widersprechen widerspruch wiederspreche wiedersprechen wiederspruch"},
	{english, object, "object objection objecting oppose"},
	{german, erase, `löschen lösche löscht lösch löschung gelöscht entfernen entfernt entferne vernichten vernichtet vergessen vergesst datenlöschung löschantrag löschungsantrag auslöschen löschst zu_löschen entfernung
		gelöscht_werden vergessenwerden`},
	{english, erase, "delete deleted deleting deletion erase erased erasing erasure remove removed removal wipe forget purge forgotten destroy"},
	{german, done, "abgemeldet abbestellt ausgetragen gelöscht widerrufen gestoppt beendet gekündigt entfernt deaktiviert"},
	{english, done, "unsubscribed deleted erased removed revoked stopped opted cancelled canceled"},
	{german, told, `habe hab hatte hatten habt hat bekomme bekam bekommt erhalte erhielt erhalten_habe kriege kriegte kam kommt kommen wurde wurden war waren ist sind seit gestern vorgestern vorhin schon letzte letzten
		letzter sehe gesehen bekommen_habe steht stand gab gibt funktioniert klappt geht ging dachte glaube finde meinte sagte hieß hattest laut`},
	{english, told, "have has had got did was were are been received arrived yesterday already says said thought since keep came comes doesnt_work ago last"},
	{german, store, "haben habt hast speichern speichert speicherst gespeichert wissen wisst weiß kennen kennt verarbeiten verarbeitet führen vorliegen liegen sammeln gesammelt erhoben besitzen besitzt erfasst hinterlegt vorhanden nutzen nutzt aufbewahren bekannt verwenden verwendet steht stehen gespeicherten"},
	{english, store, "have hold holding keep keeping store stored storing know process processing collect collected got has saved save held possess retain file hold_on"},
	{german, report, "auskunft datenauskunft selbstauskunft auskunftsersuchen auskunftsanfrage auskunftsantrag auskunftsrecht datenschutzauskunft dsgvo_auskunft datenkopie auskünfte auskunftsbegehren"},
	{english, report, "sar dsar subject_access access_request"},
	{german, inform, "einsehen einsicht kopie übersicht aufstellung wissen erfahren mitteilen export exportieren zeigen herausgeben herausgabe auflistung auszug anfordern teilen nennen sehen bekommen erhalten haben"},
	{english, inform, "access copy export overview see view show tell know disclose disclosure download list provide give receive get"},
	{german, what, "welche welcher welches was wieviel welchen"},
	{english, what, "what which whats"},
	{german, why, "warum wieso weshalb wozu woher wer"},
	{english, why, "why who"},
	{german, how, "wie wo"},
	{english, how, "how where"},
	{german, when, "wann ob wieviel wessen"},
	{english, when, "when whether until"},
	{german, suppose, "wenn falls sobald sofern ansonsten andernfalls überlege überlegen"},
	{english, suppose, "if unless otherwise once"},
	{german, list, "verteiler verteilerliste mailverteiler mailingliste liste empfängerliste adressliste kontaktliste broadcast broadcastliste kundenliste rundruf abo adressverteiler infokanal listen verteilern"},
	{english, list, "list lists mailing_list distribution broadcast subscription subscriptions subscribers mailing"},
	{german, archive, "system systemen datenbank datenbanken kartei kundenkartei kundendatenbank server unterlagen archiv crm speicher adressbuch kontakte telefonbuch bestand datenbestand kundendatei datei gedächtnis"},
	{english, archive, "system systems database databases files contacts servers books crm phonebook"},
	{german | english, channel, "whatsapp wa whats_app whatsap whatsup kanal channel chat messenger dienst whattsapp whatapp watsapp"},
	{german, law, "dsgvo datenschutz datenschutzgrundverordnung grundverordnung gemäß gemaess nach_art artikel abs absatz uwg bdsg ds_gvo recht rechts grundlage rechtlich laut_dsgvo anspruch i_s_d lit satz paragraf"},
	{english, law, "gdpr art article data_protection pursuant accordance subject request right rights law eu under_article para"},
	{german, weary, `nervt nerven nervig nervend nervst nervs belästigung belästigungen unverschämt lästig unverschämtheit schnauze genervt frechheit desinteresse aufdringlich penetrant zugemüllt zugespammt
		überdrüssig es_reicht mir_reicht jetzt_reicht es_langt mir_langt ich_hab_genug ich_habe_genug genug_davon bombardiert unerwünscht unerwünschte ungefragt unaufgefordert stalking stalken belästigend nicht_für_mich satt
		reicht_s langt_s reichts in_ruhe_lassen mich_in_ruhe uns_in_ruhe`},
	{english, weary, `annoying annoyed annoys fed_up harassment harassing harass unsolicited unwanted intrusive pestering pester knock_it_off had_it give_it_a_rest leave_me_alone leave_us_alone leave_me had_enough
		bothering_me bother_me spamming_me enough_is_enough enough_already sick_of tired_of`},
	{german, tired, `reicht genug ruhe zuviel zu_viel zu_viele zu_oft weniger seltener ständig dauernd andauernd schon_wieder immer_noch jeden_tag täglich trotzdem immer_wieder pausenlos stört stören störend störe leid langt was_soll satt
		obwohl dennoch nie_zugestimmt eigentlich keine_lust häufig viele so_viele so_viel wöchentlich dauerhaft muss_das muss_das_sein nötig reduzieren interessiert relevant unpassend`},
	{english, tired, `enough alone too_many too_much too_often constantly every_day all_the_time again_and_again bored less fewer still_getting overwhelmed stalking keep why_do_you_keep still many frequent every_single so_many so_much sick tired interested relevant necessary`},
	{german, no | wish | weary, "kein_interesse habe_kein_interesse hab_kein_interesse kein_interesse_mehr habe_kein_interesse_mehr hab_kein_interesse_mehr nicht_interessiert nicht_mehr_interessiert bin_nicht_interessiert bin_nicht_mehr_interessiert keinen_bedarf kein_bedarf"},
	{english, not | wish | weary, "not_interested no_longer_interested am_not_interested m_not_interested no_interest"},
	{english, bother, "bother bothering harass harassing pester pestering spam spamming bug bugging disturb annoy"},
	{german, this, "das dies davon damit sowas so_was es hiervon so_etwas dabei darauf daran"},
	{english, this, "this that it these those"},
	{german, others, `mutter vater sohn tochter mann ehemann ehefrau kind kinder nachbar nachbarin chef chefin kollege kollegin kollegen freund freundin bruder schwester oma opa schüler schülerin er mieter kunden_von meinem_sohn bekannter schwiegermutter eltern mitarbeiter`},
	{english, others, "mother father son daughter husband wife kid kids child neighbour neighbor boss colleague friend brother sister he she his her him they"},
	{german, goods, `lieferung lieferungen paket pakete bestellung bestellungen auftrag aufträge termin termine rechnung rechnungen vertrag verträge kurs kurse mittagessen essen hort kita training position artikel
		produktion kaufvertrag buchung reservierung reise zimmer ticket tickets sendung abholung reparatur versicherung mitgliedschaft zahlung überweisung lastschrift bus zug haltestelle straße musik
		foto fotos bild bilder datei dateien video app anruf anrufe fahrzeug auto bescheid schule unterricht kasse liefertermin versandbestätigung termineintrag ware waren lieferadresse postfach produkt produkte`},
	{english, goods, `delivery deliveries parcel package order orders appointment appointments invoice invoices contract course lunch meal booking reservation item items bus train street payment
		shipment photo photos picture pictures file video app product products subscription_box class lesson ticket tickets room calls call car membership insurance job`},
	{german, begin, "start anmelden unstop"},
	{english, begin, "start subscribe unstop opt_in optin"},
	{german, nay, "nein nö nee"},
	{english, nay, "nope nah no_thanks"},
}

// endings give compounds their class: German makes them as it likes.
var endings = []struct {
	prefix, suffix string
	is             class
}{
	{"werbe", "", advert}, {"werbung", "", advert}, {"", "werbung", advert}, {"", "newsletter", advert}, {"newsletter", "", advert}, {"marketing", "", advert}, {"reklame", "", advert}, {"promo", "", advert},
	{"", "nachrichten", message}, {"", "benachrichtigungen", message}, {"", "daten", data},
	{"", "verteiler", list}, {"", "liste", list}, {"", "datenbank", archive}, {"", "kartei", archive}, {"", "system", archive},
	{"", "einwilligung", consent}, {"abmelde", "", unsub}, {"datenschutz", "", law}, {"belaestig", "", weary}, {"bestell", "", goods}, {"liefer", "", goods},
}

// unlike are words that end like one of these and are none.
var unlike = set("soldaten kandidaten mandaten bewerbung umwerbung bewerbungen checkliste preisliste wunschliste einkaufsliste warteliste stückliste packliste promovieren promovierte messdaten promille")

// lexicon gives each word its classes and its language.
type entry struct {
	is   class
	lang lang
}

var lexicon, joined = build(own, abroad)

// build reads the lines of the table. What is joined by "_" goes into the
// second map, and its first word into the first with the class 0.
func build(tables ...[]words) (single, several map[string]entry) {
	single, several = map[string]entry{}, map[string]entry{}
	add := func(to map[string]entry, word string, w words) {
		was := to[word]
		to[word] = entry{was.is | w.is, was.lang | w.lang}
	}
	for _, table := range tables {
		for _, w := range table {
			for _, written := range strings.Fields(w.list) {
				for _, word := range spellings(written) {
					if strings.Contains(word, " ") {
						add(several, word, w)
						first, _, _ := strings.Cut(word, " ")
						several[first+" "] = entry{}
						continue
					}
					add(single, word, w)
				}
			}
		}
	}
	return single, several
}

// spellings are a word as it is compared, also written without its umlauts.
func spellings(written string) []string {
	written = strings.ReplaceAll(written, "_", " ")
	folded := fold(written)
	bare := fold(strings.NewReplacer("ä", "a", "ö", "o", "ü", "u").Replace(written))
	if bare == folded {
		return []string{folded}
	}
	return []string{folded, bare}
}

func set(list string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(list) {
		all[fold(w)] = true
	}
	return all
}
