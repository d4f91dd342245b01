package store

// OnSync puts a function in the place of SQLite's disk.
func (db *DB) OnSync(sync func() error) {
	log := db.engine.(*liteEngine).log
	log.mu.Lock()
	defer log.mu.Unlock()
	log.sync = sync
}
