package store

// EndAtOnce takes the time away from writes.
func (db *DB) EndAtOnce() { db.group.longest = 0 }

// OnSync puts a function in the place of SQLite's disk.
func (db *DB) OnSync(sync func() error) {
	log := db.engine.(*liteEngine).log
	log.mu.Lock()
	defer log.mu.Unlock()
	log.sync = sync
}
