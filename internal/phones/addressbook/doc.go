// Package addressbook says who stands in the address book of a company phone,
// and keeps count of every change, so that a phone can ask what is new.
//
// WhatsApp uploads the whole address book of the phone it runs on. So a phone
// with WhatsApp gets a book of only those people who agreed to WhatsApp (S1);
// [Judge] is that rule. A second book with everybody exists for devices without
// WhatsApp.
//
// The book of a device is a [View] of one of the two books of its organisation:
// limited by labels, frozen, or empty. Every change of a book has a number of
// one increasing series for each organisation. A phone that knows the book up to
// a number is told what happened since (RFC 6578).
//
// Whoever changes what the rule looks at calls [Books.Touch] in the same
// transaction; [Books.Refresh], called before every delivery, judges those people
// anew, and also those whose consent has ended meanwhile. As a second line,
// everybody is judged anew every few minutes.
package addressbook
