package keyword

import "strings"

// German makes compounds as it likes: the first part says of what kind the
// second is. A part that makes what it stands before advertising, or a list of
// those who are written to, counts before these heads.
var (
	modifiers = map[class][]string{
		advert:  strings.Fields("werbe werbungs werbung aktions angebots rabatt rabatts rabattaktions promo promotion promotions marketing spam verkaufs sonderangebots newsletter news gutschein gewinnspiel reklame prospekt kampagnen sale shopping produkt"),
		message: strings.Fields("nachrichten nachricht whatsapp sms chat kontakt mail mailing empfaenger info broadcast rundmail rundbrief telefon handy nummern adress kunden mitglieder eltern"),
	}
	heads = map[class][]string{
		message: strings.Fields("nachricht nachrichten mail mails sms info infos information informationen post botschaft botschaften mitteilung mitteilungen text texte zusendung zusendungen sendung sendungen zeug kram muell aktion aktionen anschreiben versand flut messages msgs whatsapps benachrichtigung benachrichtigungen tipps updates news neuigkeiten neuheiten vorschlaege empfehlungen angebote"),
		list:    strings.Fields("dienst service kanal channel abo abonnement liste verteiler verteilerliste versandliste gruppe"),
	}
)

// parted are the classes of compounds of these parts, by the whole.
var parted = func() map[string]class {
	all := map[string]class{}
	for kind, first := range modifiers {
		for _, a := range first {
			for head, second := range heads {
				for _, b := range second {
					switch {
					case kind == advert && head == message:
						all[a+b] |= advert
					case kind == advert:
						all[a+b] |= advert | list
					case head == list:
						all[a+b] |= list
					}
				}
			}
		}
	}
	for _, ordinary := range strings.Fields("produktinformation produktinformationen produktinfo produktaktion produkttext newstext kundengruppe elterngruppe mitgliedergruppe infogruppe kontaktgruppe whatsappgruppe chatgruppe telefongruppe handygruppe kundenliste") {
		delete(all, ordinary)
	}
	return all
}()
