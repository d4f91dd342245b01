package keyword

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
	bargain                    // an offer that does nothing but advertise
)

// lang is a language that a word belongs to, a bit for each.
type lang uint8

const (
	german lang = 1 << iota
	english
	foreign // any other
)

// named are the classes as the lists of words call them.
var named = map[string]class{
	"small": small, "greeting": greeting, "farewell": farewell, "me": me, "mine": mine, "you": you, "wish": wish, "polite": polite, "no": no, "not": not,
	"nothing": nothing, "more": more, "message": message, "one": one, "advert": advert, "offer": offer, "data": data, "handle": handle, "stop": stop,
	"quit": quit, "unsub": unsub, "reach": reach, "get": get, "consent": consent, "agree": agree, "revoke": revoke, "back": back, "object": object,
	"erase": erase, "done": done, "told": told, "store": store, "inform": inform, "what": what, "why": why, "how": how, "when": when, "suppose": suppose,
	"list": list, "archive": archive, "channel": channel, "law": law, "weary": weary, "this": this, "goods": goods, "others": others, "begin": begin,
	"nay": nay, "bother": bother, "tired": tired, "about": about, "report": report, "pull": pull, "often": often, "joinedUp": joinedUp, "source": source,
	"gets": gets, "noise": noise, "lawful": lawful, "mistaken": mistaken, "glad": glad, "pause": pause, "less": less, "bargain": bargain,
}
