package store

import (
	"database/sql"
	"errors"
	"reflect"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// interrupting returns what stops the statement that runs on a connection
// (sqlite.org/c3ref/interrupt.html). The driver would do so at the end of a
// statement's context, at the price of a goroutine and some locks for each, and
// only until the first row; it does not offer SQLite's function itself. So the
// handle is read from it (decision 0146). It is used only while the connection
// is open: a write has ended before the database is closed.
func interrupting(conn *sql.Conn) (func(), error) {
	var db uintptr
	err := conn.Raw(func(driver any) error {
		handle := reflect.Indirect(reflect.ValueOf(driver)).FieldByName("db")
		if handle.Kind() != reflect.Uintptr || handle.Uint() == 0 {
			return errors.New("the driver of SQLite has become another one: its handle is not found")
		}
		db = uintptr(handle.Uint())
		return nil
	})
	return func() {
		tls := libc.NewTLS() // the connection's own is busy
		defer tls.Close()
		sqlite3.Xsqlite3_interrupt(tls, db)
	}, err
}
