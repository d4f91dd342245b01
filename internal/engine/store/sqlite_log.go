package store

import (
	"fmt"
	"os"
	"sync"
)

// liteLog puts SQLite's write-ahead log on the disk. With synchronous(normal) a
// commit writes its pages into the log without waiting; SQLite itself waits
// where the file's integrity needs it, around checkpoints
// (sqlite.org/pragma.html#pragma_synchronous). What a commit needs in order to
// survive a power cut, that the log is on the disk, is done here: beside the
// next transaction, and once for all commits that wait for it.
type liteLog struct {
	sync func() error // waits for the disk

	mu        sync.Mutex
	turn      *sync.Cond
	committed int64 // number of the last commit
	durable   int64 // number of the last commit that is on the disk
	syncing   bool
	broken    error // no write is taken any more

	file *os.File
}

func newLiteLog(path string) *liteLog {
	l := &liteLog{}
	l.turn = sync.NewCond(&l.mu)
	l.sync = func() error { return l.syncFile(path + "-wal") }
	return l
}

// syncFile is called by one at a time. The log stays the same file as long as
// the database is open, and SQLite puts no locks on it that closing it here
// could take away.
func (l *liteLog) syncFile(path string) error {
	if l.file == nil {
		file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // beside the database
		if err != nil {
			return err
		}
		l.file = file
	}
	return l.file.Sync()
}

// errDisk: the disk refused what was written.
var errDisk error = unusable("the disk did not take what was written: nothing more is taken until it works again and the program has been started anew")

// last is the number of the last commit. Whoever has seen it, without writing
// anything, waits for it: what he says of it is to be true after a power cut.
func (l *liteLog) last() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.committed
}

// next gives a commit its number.
func (l *liteLog) next() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.committed++
	return l.committed
}

// flush returns once commit n is on the disk.
//
// A disk that refuses once may lose what it had accepted, and say nothing the
// second time. So after a failure nothing more is written until the program has
// been started again, and SQLite has read what is really there.
func (l *liteLog) flush(n int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.durable < n && l.broken == nil {
		if l.syncing {
			l.turn.Wait()
			continue
		}
		l.syncing = true
		all, sync := l.committed, l.sync
		l.mu.Unlock()
		err := sync()
		l.mu.Lock()
		l.syncing = false
		if err != nil {
			l.broken = fmt.Errorf("%w: %w", errDisk, err)
		} else {
			l.durable = all
		}
		l.turn.Broadcast()
	}
	if l.durable >= n {
		return nil
	}
	return l.broken
}

func (l *liteLog) usable() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.broken
}

func (l *liteLog) close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
