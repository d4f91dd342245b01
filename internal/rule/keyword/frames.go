package keyword

// Words of a wish that is put as a condition: "es wäre mir lieb, wenn Sie mir
// nicht mehr schrieben", "I'd appreciate it if you didn't message me again".
var (
	conditions = set("wenn if")
	softly     = set("wäre wär wärs waren wären fände würde würden d would")
	gladly     = set(`lieb lieber liebsten recht nett schön toll super gut prima klasse dankbar froh freuen angenehm begrüßen passen mögen fein cool spitze besser hilfreich freundlich verbunden
		appreciate grateful great nice good glad happy prefer better lovely love like mind thankful ideal kind helpful pleased best`)
)

// farthest is how many words of a frame stand before its "if".
const farthest = 9

// framed makes such a frame one polite word, so that what follows it is no
// condition, and what is wanted does not sound like what was.
func framed(words []token) []token {
	for i := 1; i < len(words); i++ {
		if !conditions[words[i].word] {
			continue
		}
		begin := i
		soft, glad := false, false
		for j := i - 1; j >= max(0, i-farthest) && words[j].after < hard; j-- {
			isSoft, isGlad := softly[words[j].word], gladly[words[j].word]
			if soft, glad = soft || isSoft, glad || isGlad; isSoft || isGlad || begin == j+1 && words[j].is&(me|you|this|small) != 0 {
				begin = j
			}
		}
		if !soft || !glad {
			continue
		}
		words[begin] = token{word: words[i].word, is: polite | small, lang: words[i].lang, after: space}
		words = append(words[:begin+1], words[i+1:]...)
		for j := begin + 1; j < len(words); j++ {
			w := &words[j]
			if w.word == "stopped" {
				w.is |= quit
			}
			w.is &^= told | done
			if w.after >= hard {
				break
			}
		}
		i = begin
	}
	return words
}

// Words that have something come about, and what begins it: "sorgen Sie dafür,
// dass ich keine Nachrichten mehr bekomme".
var (
	bringing = set(`sorgen sorgt sorg sorge veranlassen veranlasst veranlasse sicherstellen sicher achten achtet schauen schaut gucken guckt möchte will wünsche wollen verlange fordere
		bitte bitten erwarte hätte make ensure sure see want would like`)
	contents = set("dass daß that so")
)

// acts are what participles ask for in the passive: "abgemeldet werden".
var acts = map[string]class{
	"abgemeldet": unsub, "abbestellt": unsub, "ausgetragen": unsub, "geloescht": erase, "geloscht": erase, "entfernt": erase, "vernichtet": erase, "gestoppt": quit, "beendet": quit, "eingestellt": quit,
	"gestrichen": pull, "rausgenommen": pull, "herausgenommen": pull, "genommen": pull, "deaktiviert": quit, "abgestellt": quit, "unsubscribed": unsub, "deleted": erase, "erased": erase, "stopped": quit,
}

// passive makes a wish of what somebody wants to be done: "Kann der Newsletter
// bitte abbestellt werden?"
func passive(words []token) []token {
	for i := 1; i < len(words); i++ {
		at := -1
		switch {
		case words[i].word == "werden" && acts[words[i-1].word] != 0:
			at = i - 1
		case words[i-1].word == "be" && acts[words[i].word] != 0:
			at = i
		}
		if at < 0 {
			continue
		}
		for j := i - 1; j >= max(0, i-farthest); j-- {
			if (words[j].courteous() || words[j].is&wish != 0) && words[j].after == space {
				words[at].is = acts[words[at].word] | words[at].is&^(done|told)
				break
			}
		}
	}
	return words
}

// brought takes from what is to come about that it sounds like what is.
func brought(words []token) []token {
	for i := 1; i < len(words); i++ {
		if !contents[words[i].word] {
			continue
		}
		causes := false
		for j := i - 1; j >= max(0, i-farthest) && words[j].after < hard; j-- {
			causes = causes || bringing[words[j].word]
		}
		for j := i + 1; causes && j < len(words); j++ {
			words[j].is &^= told
			if words[j].after >= soft {
				break
			}
		}
	}
	return words
}
