package cases

import "testing"

func TestTasksFollowTheFile(t *testing.T) {
	open := Case{Kind: Access, Identity: Unchecked}
	known := Case{Kind: Access, Identity: ByCode}
	for _, c := range []struct {
		name string
		c    Case
		file []Entry
		done []string
		all  int
	}{
		{"nothing yet", open, nil, nil, 4},
		{"who asks is known", known, nil, []string{"identity"}, 4},
		{"package and answer", known, []Entry{{Kind: "package"}, {Kind: "letter"}}, []string{"identity", "package", "answer"}, 4},
		{"ticked", open, []Entry{{Kind: "task.done", Text: "third_parties"}}, []string{"third_parties"}, 4},
		{"and open again", open, []Entry{{Kind: "task.done", Text: "third_parties"}, {Kind: "task.open", Text: "third_parties"}}, nil, 4},
		{"one's own", open, []Entry{{Kind: "task", Text: "anrufen"}}, nil, 5},
	} {
		var done []string
		all := tasks(c.c, c.file)
		for _, one := range all {
			if one.Done {
				done = append(done, one.Key)
			}
		}
		if len(all) != c.all || len(done) != len(c.done) {
			t.Errorf("%s: %d tasks, done %v", c.name, len(all), done)
		}
	}
	for _, k := range Kinds() {
		if len(tasks(Case{Kind: k}, nil)) < 3 {
			t.Errorf("%s has hardly any tasks", k)
		}
	}
}

func TestWhatAMailAsksFor(t *testing.T) {
	for text, want := range map[string]Kind{
		"Bitte löschen Sie alles": Erase, "Please delete my data": Erase, "Auskunft nach Art. 15": Access, "Welche Daten haben Sie über mich?": Access,
		"Ich widerspreche der Werbung": Object, "Hiermit widerrufe ich meine Einwilligung": Withdraw, "Mein Name ist falsch geschrieben": Rectify,
		"Ich möchte meine Daten in maschinenlesbarer Form": Portability, "Sperren Sie meine Daten": Restrict,
		"Kim\n\nMeine Daten\n\nBitte löschen Sie meine Daten.\n\nGruß": Erase, "Kim\n\nFrage\n\nBitte schicken Sie mir keine Nachrichten mehr.": Withdraw, "Kim\n\nBitte nehmt mich aus dem Newsletter": Object, "Guten Tag": Complaint,
	} {
		if got := KindIn(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
