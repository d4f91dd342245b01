// Package egress is the one way to the internet.
//
// Nothing in Einklang opens a connection to the outside on its own: a part of
// the program that has to reach a service asks a Border for the client of a
// named Destination. A destination says whom we talk to (the recipient), in
// which country, on what legal footing the data may go there (the mechanism,
// such as "EU-US DPF + SCC") and which categories of data go. Its allow-list
// is closed: any other host, port, scheme or path is refused with *Refused,
// also when it is the target of a redirect.
//
// Every call is counted in memory, per destination. A consumer takes the
// counts with Drain and persists them in the transfer register, so that the
// register is filled from real traffic and not from memory or good intentions.
package egress
