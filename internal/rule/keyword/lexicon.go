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
	often                      // how often: less is no end
	joinedUp                   // subscribed, agreed to
	source                     // "von euch": what comes from the company
	gets                       // "bekomme ich", "kommt": what reaches her
	noise                      // what a phone does when a message comes
	lawful                     // whether something is allowed
	mistaken                   // the wrong person
	glad                       // is content
	pause                      // a break
	less                       // fewer
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
		unverzüglich schnellstmöglich baldmöglichst schnellstens höflich freundlich freundlichst herzlich dann da denn bereits wirklich absolut ganz gar komplett vollständig
		der die das den dem des ein eine einen einem einer von vom bei beim über ueber übers per via auf aus zu zum zur für fuer mit in im um am an ans nach ins daran davon dafür dazu drüber darüber hierfür
		dass wie deinem deines dein eueren euerer ihr_system einzige einzigen einziger einziges geltend zusammen oder sowie sowohl bzw etc sei wäre werde wird werden sein wieder bezüglich betreffend hinsichtlich einmal direkt gleich künftig zukünftig sonst generell grundsätzlich irgendwelche irgendwas
		solche solcher solchen solch art arten weise form seite firma unternehmen betrieb laden shop geschäft haus praxis verein service kunde kundin kunden person zukunft zeitpunkt wirkung
		sehe erbitte darum wiederum nämlich halt eben so was etwas dieser diese diesen diesem dieses eurer euren eurem hierher raus los ihrerseits eurerseits interesse da drin meinerseits lieber nunmehr
		moment seiten hier dort irgendwo irgendwie überhaupt langsam eigentlich ehrlich gesagt leider sonstige sonstigen sonstiger weder endgültig dauerhaft vorerst erst bloß gerade zwar weil obwohl damit
		komplette kompletten vollständige gänzlich restlos echt voll total wenn_möglich sogar allerdings zumindest mindestens insbesondere außerdem ebenfalls ebenso natürlich selbstverständlich wenigstens trotzdem_bitte
		hallöchen bitteschön dankend mfg schon_jetzt zeit dato nachdem damit_bitte schriftlich bestätigen bestätigt bestätigung kurz mitteilt gebrauch mache fristlos ausdrücklich entschieden formlos freundlicherweise ordnungsgemäß
		eintragen auffordern auffordere aufforderung fordere_sie_auf antrag wunsch willen einmalig zeitnah asap binnen innerhalb frist tagen tage monat monats
		dazugehörigen zugehörigen weiteres anderes andere anderen anderer übrigen übrige verbundene verbundenen meinerseits erteilte erteilten gegebene gegebenen abgegebene ursprüngliche damals insgesamt rundum`},
	{english, small, `please pls plz kindly thanks thank thx thankyou now immediately asap just really from on to for the a an of at by with about all and or but is be am it its that there
		as soon possible right away straight ever entirely completely fully through via way let sure here i ve ll re d s t am would_like_to_ask_you request requesting regards respect under back out up off
		company business shop store team customer such kind then so very much also too even only well hereby formally completely permanently immediately effective today_on hi_there as_of now_on currently your_end end
		once_and_for_all guys folks people team_please absolutely simply honestly actually basically anyway at_once kindly_please tbh lol thx tho though because since_i id my_side exercise exercising officially confirm confirmation writing_to_you
		like_to ask asking given which_i was_given other others' related associated belonging goes along together under terms accordance without_delay without_undue_delay whatsoever at_all`},
	{german, greeting, "hallo hi hey moin servus guten liebe lieber liebes sehr_geehrte sehr_geehrter sehr_geehrtes werte grüezi huhu tag morgen abend frau herr herren damen"},
	{english, greeting, "hello dear good_morning good_evening good_afternoon good_day sir madam hi_there"},
	{german, farewell, "gruß grüße gruss gruesse grüsse lg vg mfg bg ciao tschüss tschuess tschau mit_freundlichen_grüßen viele_grüße liebe_grüße"},
	{english, farewell, "regards cheers sincerely kind_regards best_regards best bye yours_sincerely"},
	{german, me, "ich mir mich wir uns man "},
	{english, me, "i me us we myself im"},
	{german, mine, "mein meine meiner meinen meinem meines unser unsere unserer unseren unserem unseres"},
	{english, mine, "my mine our"},
	{german, about, "über_mich von_mir zu_mir über_uns von_uns zu_uns meiner_person über_meine_person unter_meiner_nummer zu_meiner_nummer unter_meiner_telefonnummer unter_meiner_handynummer mit_meiner_nummer unter_meinem_namen zu_meinem_namen vonmir übermich zumir mich_betreffend mich_betreffenden mich_betreffende betreffend_meine_person"},
	{english, about, "about_me on_me about_us on_us of_me concerning_me relating_to_me regarding_me about_myself linked_to_my tied_to_my of_mine linked_to_me"},
	{german, you, "sie ihr ihnen euch du dir dich ihre ihrer ihren ihrem ihres eure euer eurer deine deiner deinen"},
	{english, you, "you your u ya yall guys"},
	{german, wish, `möchte möcht möchten will wollen wünsche wünschen wünsch würde brauche brauch bräuchte gebrauchen brauchen benötige benötigen bitten erbitte ersuche verlange verlangen fordere fordern beantrage beantragen bestehe hätte darf dürft dürfen dürfte bestehe_darauf mag fände gefordert
		soll sollen sollte sollten muss müssen ich_bitte wünscht legen lege wert`},
	{english, wish, "want wants wanna wish wishing entitled would like d_like need demand request require would_like prefer should must shall"},
	{german, polite, "könnten können könnt könntet kannst könntest würden würdet würdest wollt wären kann mögen"},
	{english, polite, "could can would will may"},
	{german, no, "kein keine keinen keiner keinem keinerlei keins ohne"},
	{english, no, "no without zero"},
	{german, not, "nicht nich net ned niemals nie"},
	{english, not | told, "didnt didn_t did_not haven_t havent hasn_t wasn_t"},
	{english, not | more, "no_longer nolonger"},
	{english, not, "isnt arent wouldn_t shouldn_t not dont don_t don doesnt won_t wont do_not cannot cant"},
	{german, nothing, "nichts nix"},
	{english, nothing, "nothing anything"},
	{german, more, "mehr weiter weitere weiteren weiterer weiteres weiterhin länger künftig zukünftig zukunft wieder"},
	{german, not | more, "nie_wieder nie_mehr niemals_wieder niemals_mehr nie_und_nimmer niemals nimmer"},
	{english, more, "more anymore any_more longer further future again ever_again ever another"},
	{english, not | more, "never never_again never_ever"},
	{german, small | more, "ab_sofort ab_jetzt von_nun_an ab_heute ab_morgen von_jetzt_an"},
	{german, small, "alle alles aller allen allem sämtliche sämtlichen sämtlicher jegliche jeglicher jeglichen jede jeder jeden jedwede gesamten gesamte ganze ganzen beide"},
	{english, small, "all every everything any entire whole each"},
	{german, message, "nachrichten whatsapps mitteilungen benachrichtigungen whatsappnachrichten textnachrichten sms botschaften zuschriften push pushnachrichten rundnachrichten massennachrichten statusmeldungen kontaktaufnahme kontaktaufnahmen kontaktversuche kontaktierung nachrichtenversand mitteilung nachricten anschreiben whatsapp_nachrichten zusendungen zusendung serviennachrichten meldungen infonachrichten"},
	{english, message, "messages texts msgs notifications whatsapps messaging communications communication txts"},
	{german, message | one, "nachricht msg kontakt"},
	{english, message | one, "message text contact"},
	{german, advert | unsub, "werbestopp werbestop werbesperre newsletterabmeldung newsletterstopp newsletterabbestellung werbewiderspruch"},
	{german, advert, `werbung werbe werbungen werbenachricht werbenachrichten werbemails werbemail werbesms werblich werbliche werblichen werblicher werbezwecke werbezwecken direktwerbung reklame newsletter newslettern news_letter
		marketing marketingnachrichten promo promos promotion promotions promotionen spam rabattaktionen werbeaktionen werbeaktion rundschreiben infobrief newsfeed werbezeug werbekram werbemüll werbeinhalte werbebotschaften sonderangebote sonderangeboten rabattcodes werbeangebote werbepost reklamenachrichten newsletters newsmails infomails produktwerbung angebotsnachrichten newletter`},
	{english, advert, "ads ad adverts advert advertising advertisement advertisements promotional promotions promos newsletters newsletter marketing mailings commercials spam junk"},
	{german, offer, "angebote angeboten aktionen rabatte rabattcodes gutscheine neuigkeiten news infos informationen information aktion deals prospekte kataloge coupons mails emails werbegeschenke einladungen umfragen sonderangebote"},
	{english, offer, "offers deals discount discount_codes codes discounts coupons vouchers news updates emails mails campaigns sales info information surveys"},
	{german, data, "daten personendaten kundendaten kontaktdaten datensatz datensätze stammdaten dsgvo_daten"},
	{english, data, "data personal_data personal_information personal_info records"},
	{german, handle, "chat chats verlauf nummer telefonnummer rufnummer mobilnummer handynummer handynr tel konto kundenkonto account profil kundenprofil eintrag einträge adresse kontakt namen personalien benutzerkonto chatverlauf informationen infos angaben akte"},
	{english, handle, "number account profile details contact info information file entry records name phone_number chat_history"},
	{german, small, "personenbezogenen personenbezogene persönlichen persönliche privaten gespeicherten gespeicherte vorhandenen vorliegenden hinterlegten erhobenen"},
	{english, small, "personal private stored"},
	{german, quit, `absehen abzusehen spart erspart ersparen erspare sparen weglassen schließen schließt stornieren storniere muten stummschalten unterbrechen ausstellen abstellt einzustellen aufzuhören zu_stoppen stop_mit stopp_mit sein_lassen bleiben_lassen abzustellen zu_beenden zu_unterlassen verzichte verzicht unterlassung unterbleibt unterbleiben stoppst stellen_ein stellt_ein unerwünscht stoppten stopt
		stoppen stoppe stoppt stopppen beenden beende beendet aufhören aufhoeren hört hören hör einstellen unterlassen unterlasst unterlasse unterlass unterbinden abstellen abschalten ausschalten
		verschonen verschont verschone deaktivieren deaktiviere lassen lasst lass schluss ende beendigung einstellung stoppet verzichten aus vermeiden sperren blockieren abbrechen`},
	{english, quit, "stop stopping end cease skip spare mute drop ceasing stops shut discontinue cancel halt turn disable deactivate off ending refrain"},
	{german, unsub, `abmelden abmeldung abmelde abbestellen abbestellung abbestelle austragen austragung auszutragen abzumelden abzubestellen meld_ab deabonnieren entabonnieren deabonniere desabonnieren`},
	{english, unsub, "unsubscribing unsubscribe unsubscribed unsubscription unsub sign_off sign_me_off opt_out opt_me_out opting_out optout deregister unregister"},
	{german, reach, `schicken schickt schicke schick schickst melde_dich meldet_euch senden sendet sende send zusenden zugesendet zugeschickt zuschicken zusendung zusendungen übermitteln übermittelt zukommen aushändigen zustellen schreiben schreibt schreibe schreib anschreiben angeschrieben
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
	{german, object, "untersage untersagen verbiete verbieten werbewiderspruch widersprochen widerspreche widersprechen widerspruch wiederspreche wiedersprechen wiederspruch"},
	{english, object, "object objection objecting oppose forbid prohibit"},
	{german, erase | small, "weg"},
	{german, erase, `löschen lösche löscht lösch löschung gelöscht entfernen entfernt entferne vernichten vernichtet vergessen vergesst datenlöschung löschantrag löschungsantrag auslöschen löschst löschwunsch löschanfrage löschgesuch löschbitte löschaufforderung löschanspruch beseitigen beseitigt beseitige beseitigung vernichtung auszulöschen zu_entfernen zu_vernichten zu_tilgen tilgt tilge eliminieren schreddert schreddern wegwerfen zu_löschen entfernung löschbegehren löschersuchen löschungsverlangen löschverlangen löschungsbegehren verschwinden tilgen tilgung ausradieren wegmachen schreddern
		gelöscht_werden vergessenwerden`},
	{english, erase, "delet delete deleted deleting deletion erase erased erasing erasure remove removed removal wipe wiped forget purge purged forgotten destroy scrub get_rid_of rid clear"},
	{german, done, "abgemeldet abbestellt ausgetragen gelöscht widerrufen gestoppt beendet gekündigt entfernt deaktiviert"},
	{english, done, "unsubscribed deleted erased removed revoked stopped opted cancelled canceled"},
	{german, told, `habe hab hatte hatten habt hat bekomme bekam bekommt erhalte erhielt erhalten_habe kriege kriegte kam kommt kommen wurde wurden war waren ist sind seit gestern vorgestern vorhin schon letzte letzten
		letzter sehe gesehen bekommen_habe steht stand gab gibt funktioniert klappt geht ging dachte wollte wollten versucht versuchte probiert neulich kürzlich längst geklappt klappte gebeten gestanden glaube finde meinte sagte hieß hattest laut`},
	{english, told, "have has had got did was were are been received arrived yesterday already wanted tried wrote written reads says said thought since keep came comes doesnt_work ago last"},
	{german, store, "haben habt hast speichern speichert speicherst gespeichert wissen wisst weiß kennen kennt verarbeiten verarbeitet führen vorliegen liegen sammeln gesammelt erhoben besitzen besitzt erfasst hinterlegt vorhanden nutzen nutzt aufbewahren bekannt gespeicherte gespeichertes gespeicherter erhobene weitergegeben weitergeleitet übermittelt verwenden verwendet steht stehen gespeicherten liegt ihr_habt vor haltet wisst gesammelte gesammelten aufbewahrt verarbeitung"},
	{english, store, "have hold holding keep keeping store stored storing shared share know process processing collect collected got has saved save held possess retain file retain retaining"},
	{german, report, "auskunft datenauskunft selbstauskunft auskunftsersuchen auskunftsanfrage auskunftsantrag auskunftsrecht datenschutzauskunft dsgvo_auskunft datenkopie auskünfte auskunftsbegehren datenübersicht datenauszug auskunftsverlangen offenlegung datenexport"},
	{english, report, "sar dsar subject_access access_request right_of_access data_access"},
	{german, inform, "einsehen einsicht einblick offen offenlegen legen lege herausfinden erfahre kopie übersicht aufstellung wissen erfahren mitteilen export exportieren zeigen herausgeben herausgabe auflistung auszug anfordern teilen nennen liste auflisten kopien abschrift zusammenstellung aufzählung interessiert interessieren verraten sagt sagen mitteilt wüsste nenne nennt zeigt erklären sehen bekommen erhalten haben"},
	{english, inform, "access copy export overview see view show tell know disclose explain learn disclosure download list provide give receive get"},
	{german, what, "welche welcher welches was wieviel welchen wasfür"},
	{english, what, "what which whats what_kind_of what_sort_of"},
	{german, why, "warum wieso weshalb wozu woher wer von_wem seit_wann wie_kommt_es wie_kommen_sie_dazu wie_kommt_ihr_dazu"},
	{english, why, "why who since_when how_come"},
	{german, how, "wie wo"},
	{english, how, "how where"},
	{german, when, "wann wieviel wessen"},
	{german, suppose, "ob vielleicht wohl womöglich eventuell evtl"},
	{english, when, "when whether until"},
	{german, suppose, "wenn falls sobald sofern angenommen irgendwann demnächst ansonsten andernfalls überlege überlegen"},
	{english, suppose, "if unless otherwise maybe perhaps wonder wondering thinking considering tempted might may_want might_want i_may at_some_point some_day someday one_day suppose supposing"},
	{german, list, "verteiler verteilerliste mailverteiler mailingliste liste empfängerliste adressliste kontaktliste broadcast broadcastliste kundenliste rundruf abo adressverteiler infokanal listen verteilern"},
	{english, list, "list lists mailing_list distribution broadcast subscription subscriptions subscribers mailing"},
	{german, archive, "system systemen datenbank datenbanken kartei kundenkartei kundendatenbank server unterlagen archiv crm speicher adressbuch kontakte telefonbuch bestand datenbestand kundendatei datei gedächtnis"},
	{english, archive, "system systems database databases files contacts servers books crm phonebook"},
	{german | english, channel, "whatsapp wa whats_app whatsap whatsup kanal channel messenger dienst whattsapp whatapp watsapp"},
	{german, law, "dsgvo datenschutz datenschutzgrundverordnung grundverordnung uwg bdsg ds_gvo recht_auf laut_dsgvo anspruch_auf datenschutzrecht datenschutzgesetz datenschutzbeauftragter eu_dsgvo datenschutzrechtlich"},
	{german, small, "gemäß gemaess laut nach artikel art abs absatz satz lit paragraf grundlage rechtlich rechts recht rechte anspruch"},
	{english, small, "article art pursuant accordance subject request rights right law under_the"},
	{english, law, "gdpr data_protection right_to dpa_2018"},
	{german, weary, `nervt nerven nervig nervend nervst nervs belästigung belästigungen unverschämt lästig unverschämtheit schnauze genervt frechheit desinteresse aufdringlich penetrant zugemüllt zugespammt
		überdrüssig es_reicht mir_reicht jetzt_reicht es_langt mir_langt ich_hab_genug ich_habe_genug genug_davon bombardiert unerwünscht unerwünschte ungefragt unaufgefordert stalking stalken belästigend nicht_für_mich satt
		reicht_s langt_s reichts in_ruhe_lassen ruhe_geben gebt_ruhe ruhe_gebt genug_jetzt jetzt_genug es_ist_genug reicht_jetzt reicht_es reicht_es_aber schon_wieder_ihr nicht_schon_wieder schon_wieder_sie
		muss_das_sein muss_das_wirklich_sein muss_das_jetzt_sein zu_viel_des_guten mir_zu_viel echt_zu_viel einfach_zu_viel mir_zuviel wird_mir_zu_viel viel_zu_viel viel_zu_viele viel_zu_oft zu_oft zu_häufig nase_voll geht_s_noch gehts_noch
		was_wollt_ihr was_wollen_sie was_willst_du lass_gut_sein lasst_gut_sein ist_gut_jetzt mal_gut_jetzt aber_mal_gut jetzt_ist_gut jetzt_ist_aber_gut reicht_langsam hört_das_nie nicht_mein_ding ist_nichts_für_mich für_mich_ist_das_nichts nichts_für_mich
		  bin_raus ohne_mich kann_weg überflüssig unnötig ich_melde_euch anwalt verbraucherzentrale aufsichtsbehörde datenschutzbehörde anzeige_erstatten abmahnung unangenehm nicht_gestört gestört_werden
		    wollte_das_nie wollte_das_nicht das_wollte_ich_nie wollte_ich_nie wollte_ich_das_nicht nie_zugestimmt nie_eingewilligt nie_angemeldet nie_abonniert nicht_zugestimmt nichts_abonniert
		nie_gewollt nicht_darum_gebeten nie_darum_gebeten kenne_euch_nicht kenne_sie_nicht kenne_sie_gar_nicht kenne_euch_gar_nicht wer_sind_sie wer_seid_ihr wer_hat_euch wer_hat_ihnen mag_nicht_mehr keine_lust_mehr
		keine_lust_drauf keine_lust_darauf hab_keine_lust lieber_nicht_mehr eher_nicht_mehr nur_noch_wichtiges         
		     blockiere blockieren blockier sperre_euch zugeschüttet überflutet zugetextet bombardement zumüllt vollgespammt interessieren_mich_nicht
		interessiert_mich_nicht interessiert_mich_alles_nicht interessiert_mich_nicht_mehr interessiert_mich_eigentlich_nicht nicht_interessant kein_bock keinen_bock bock_mehr hartnäckig zudringlich bedrängt verfolgt verarschen aufgedrängt
		     stresst stressig belastet belastend geht_mir_auf auf_den_keks auf_die_nerven auf_den_geist auf_den_wecker zum_hals zu_bunt kotzt
		verzichten_können gerne_verzichten    nicht_erwünscht nicht_gewollt ungewollt ungebeten dauerwerbung dauerbeschallung penetranz ist_spam spam mich_in_ruhe uns_in_ruhe`},
	{english, weary, `annoying annoyed annoys fed_up harassment harassing harass unsolicited unwanted intrusive pestering pester knock_it_off had_it give_it_a_rest leave_me_alone leave_us_alone leave_me had_enough too_many_messages too_many_texts too_much_for_me you_again seriously_again again_with_this make_it_stop needs_to_stop has_to_stop this_must_stop who_is_this who_are_you why_am_i_getting why_do_i_get why_do_you_keep
		why_are_you_texting why_are_you_messaging why_do_you_write i_m_done im_done lose_my_number go_away bugging_me bug_me never_signed_up didn_t_sign_up did_not_sign_up never_subscribed never_agreed never_consented never_asked
		didn_t_ask_for did_not_ask_for didn_t_agree did_not_agree didn_t_consent pushy feels_like_spam like_spam give_me_a_break enough_with cut_down     rather_not not_for_me 
		   not_sure_i_want not_sure_about_this thinking_about_leaving block_you blocking_you report_you reporting_you lawyer cut_it_out lay_off back_off get_off_my leave_me_be
		getting_old over_it driving_me_crazy flooding flooded bombarding bombarded inundated you_keep_sending you_keep_texting you_keep_messaging you_keep_writing you_keep_contacting you_keep_spamming keep_getting still_getting still_receiving still_sending don_t_care_about
		not_what_i_signed tone_it_down ease_up slow_down_with who_gave_you where_did_you_get how_did_you_get how_do_you_have_my do_i_have_to_get do_i_have_to_keep unwelcome nuisance relentless spam
				bothering_me bother_me spamming_me enough_is_enough enough_already sick_of tired_of`},
	{german, tired, `reicht genug ruhe zuviel zu_viel zu_viele zu_oft weniger ständig dauernd andauernd schon_wieder immer_noch jeden_tag täglich trotzdem immer_wieder pausenlos stört stören störend störe leid langt was_soll satt jede_woche
		obwohl dennoch nie_zugestimmt eigentlich keine_lust häufig viele so_viele so_viel wöchentlich dauerhaft muss_das muss_das_sein nötig reduzieren interessiert relevant unpassend`},
	{english, tired, `enough alone too_many too_much too_often constantly every_day all_the_time again_and_again bored less fewer overwhelmed many frequent every_single so_many so_much sick tired interested relevant necessary`},
	{german, pull, "nehmen nehmt nehme nimm streichen streicht streiche streich rausnehmen herausnehmen kündigen kündige kündigt tragen tragt trag melden meldet melde meld bestelle bestellt schmeißt werft rauswerfen verlassen holt rausstreichen löscht entfernt entfernen"},
	{english, pull, "take strike drop remove cut get leave pull cancel scratch removed"},
	{german, quit | weary, "hört_auf hören_sie_auf hör_auf hört_bitte_auf hören_sie_bitte_auf hört_endlich_auf hört_mal_auf hört_doch_auf hört_sofort_auf"},
	{german, law, "datenschutz"},
	{german, bother, "belästigen belästigt belästige behelligen behelligt belästig nerven zuballern zumüllen zuspammen stören"},
	{german, quit | weary, "lasst_das lassen_sie_das lass_das lasst_es lassen_sie_es lasst_mich lassen_sie_mich"},
	{german, not | wish | weary, "will_das_nicht möchte_das_nicht will_ich_nicht möchte_ich_nicht brauch_ich_nicht brauche_ich_nicht brauche_das_nicht brauch_das_nicht brauche_das_alles_nicht will_ich_das_nicht möchte_ich_das_nicht"},
	{german, often | tired, "so_oft so_viel so_viele"},
	{german, often | weary, `nicht_so_oft nicht_so_viel nicht_so_viele nicht_mehr_so_viel nicht_mehr_so_viele nicht_mehr_so_oft weniger_oft seltener weniger_schreiben weniger_nachrichten weniger_werbung weniger_davon
		nicht_jeden_tag nicht_jede_woche nicht_ständig nicht_dauernd nicht_täglich nicht_andauernd`},
	{german, often, "am_wochenende nachts abends sonntags morgens mitten_in_der_nacht in_der_nacht am_sonntag an_sonntagen am_feiertag so_früh so_spät um_diese_uhrzeit um_diese_zeit zu_dieser_uhrzeit jeden_tag jede_woche dreimal zweimal pro_woche pro_tag"},
	{english, often | tired, "so_often so_many so_much"},
	{english, small, "thank_you_so_much thanks_so_much many_thanks thank_you_very_much"},
	{english, often | weary, "less_often fewer_messages fewer_texts a_bit_less less_frequently not_every_day not_so_often"},
	{english, often, "in_the_middle_of_the_night on_sundays on_sunday so_early so_late this_early this_late at_night weekends on_weekends every_day every_week daily per_week per_day"},
	{german, joinedUp, "abonniert angemeldet eingetragen zugestimmt eingewilligt erlaubt registriert abonnieren angefordert angekreuzt gewünscht verlangt"},
	{english, joinedUp, "subscribed subscribing signed_up signing_up agreed consented opted_in subscribe agreeing consenting"},
	{german, erase | law, "recht_auf_löschung recht_auf_vergessenwerden recht_auf_vergessen löschrecht"},
	{english, erase | law, "right_to_erasure right_to_be_forgotten right_of_erasure right_to_deletion"},
	{english, weary, "chill_with chill_out calm_down_with"},
	{german, weary, "langsam_gut was_soll_das wieder_los wird_mir_zu_viel das_zu_viel das_ist_zu_viel zu_viel_hier mir_das_zu_viel"},
	{english, weary, "this_is_too_much its_too_much it_s_too_much too_much_for"},
	{english, not | wish | weary, "don_t_need_this do_not_need_this don_t_want_this do_not_want_this"},
	{german, no | wish | weary, "kein_interesse habe_kein_interesse hab_kein_interesse kein_interesse_mehr habe_kein_interesse_mehr hab_kein_interesse_mehr nicht_interessiert nicht_mehr_interessiert bin_nicht_interessiert bin_nicht_mehr_interessiert keinen_bedarf kein_bedarf"},
	{english, not | wish | weary, "not_interested no_longer_interested am_not_interested m_not_interested no_interest"},
	{english, bother, "bother bothering harass harassing pester pestering spam spamming bug bugging disturb annoy"},
	{german, this, "das dies davon damit sowas so_was es hiervon so_etwas dabei darauf daran"},
	{english, this, "this that it these those"},
	{german, others, `mutter vater sohn tochter mann ehemann ehefrau kind kinder nachbar nachbarin chef chefin kollege kollegin kollegen freund freundin bruder schwester oma opa schüler schülerin er mieter kunden_von meinem_sohn bekannter schwiegermutter eltern mitarbeiter`},
	{english, others, "mother father son daughter husband wife kid kids child neighbour neighbor boss colleague friend brother sister he she his her him they"},
	{german, goods, `lieferung lieferungen paket pakete bestellung bestellungen auftrag aufträge termin termine rechnung rechnungen vertrag verträge kurs kurse mittagessen essen hort kita training position 
		produktion kaufvertrag buchung reservierung reise zimmer ticket tickets sendung abholung reparatur versicherung mitgliedschaft zahlung überweisung lastschrift bus zug haltestelle straße musik
		foto fotos bild bilder video app anruf anrufe fahrzeug auto bescheid schule unterricht kasse liefertermin versandbestätigung termineintrag ware waren lieferadresse postfach produkt produkte`},
	{english, goods, `delivery deliveries parcel package order orders appointment appointments invoice invoices contract course lunch meal booking reservation item items bus train street payment
		shipment photo photos picture pictures video app product products subscription_box class lesson ticket tickets room calls call car membership insurance job`},
	{english, goods, "stopped_by stopping_by stop_by stop_at bus_stop stop_sign full_stop next_stop stop_in stop_over stop_off"},
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
	{"loesch", "ersuchen", erase}, {"loesch", "begehren", erase}, {"loesch", "antrag", erase}, {"loesch", "verlangen", erase}, {"loesch", "anfrage", erase}, {"loesch", "wunsch", erase}, {"loesch", "forderung", erase}, {"auskunft", "", report},
	{"", "verteiler", list}, {"", "liste", list}, {"", "datenbank", archive}, {"", "kartei", archive}, {"", "system", archive},
	{"", "einwilligung", consent}, {"abmelde", "", unsub}, {"datenschutz", "", law}, {"belaestig", "", weary}, {"bestell", "", goods}, {"liefer", "", goods},
}

// unlike are words that end like one of these and are none.
var unlike = set("soldaten kandidaten mandaten bewerbung umwerbung bewerbungen checkliste preisliste wunschliste einkaufsliste warteliste stückliste packliste promovieren promovierte messdaten promille")

// entry is a word of the table. Of some that count together it is the first:
// longest is how many words they are at most, second which first letters their
// second words have, a bit for each.
type entry struct {
	word    string
	is      class
	lang    lang
	longest int
	second  uint64
}

// lexicon has the words by themselves, joined those that count together.
var lexicon, joined map[string]*entry

func init() { lexicon, joined = build(own, abroad, doubts) }

// build reads the lines of the table. What is joined by "_" goes into the
// second map.
func build(tables ...[]words) (single, several map[string]*entry) {
	single, several = map[string]*entry{}, map[string]*entry{}
	add := func(to map[string]*entry, word string, w words) *entry {
		e := to[word]
		if e == nil {
			e = &entry{word: word}
			to[word] = e
		}
		e.is, e.lang = e.is|w.is, e.lang|w.lang
		return e
	}
	for _, table := range tables {
		for _, w := range table {
			for _, written := range strings.Fields(w.list) {
				for _, word := range spellings(written) {
					if strings.Contains(word, " ") {
						add(several, word, w)
						first, rest, _ := strings.Cut(word, " ")
						second, _, _ := strings.Cut(rest, " ")
						e := add(single, first, words{})
						e.longest, e.second = max(e.longest, strings.Count(word, " ")+1), e.second|initial(second)
						continue
					}
					add(single, word, w)
				}
			}
		}
	}
	return single, several
}

// initial is a bit for the first letters of a word.
func initial(word string) uint64 {
	h := uint(word[0])
	if len(word) > 1 {
		h += 5 * uint(word[1])
	}
	return 1 << (h % 64)
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
