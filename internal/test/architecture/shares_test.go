package architecture

// shares lists tables that more than one package still knows. The list only
// gets shorter: a table that is not in it has one keeper.
//
// The media tables stay: a backup takes every table as it is, and must know
// before there is a keeper, on a database that is being restored, which files it
// has to bring.
var shares = map[string][]string{
	"media":       {"messaging/media", "rights/backup"},
	"media_chunk": {"messaging/media", "rights/backup"},
}
