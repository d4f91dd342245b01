package architecture

// shares lists tables that more than one package still knows.
var shares = map[string][]string{}
