package store

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
)

// On the way to another machine nothing is encrypted only if somebody there likes:
// the address says what it is to be.
func TestADatabaseElsewhereIsEncrypted(t *testing.T) {
	for address, want := range map[string]error{
		"postgres://u@db.example.com/x":                                     ErrWay,
		"postgres://u@db.example.com/x?sslmode=prefer":                      ErrWay,
		"postgres://u@10.0.0.5/x?sslmode=allow":                             ErrWay,
		"postgres://u@127.0.0.1,10.0.0.5/x":                                 ErrWay,
		"postgres://u@db.example.com/x?sslmode=verify-full":                 nil,
		"postgres://u@db.example.com,other.example.com/x?sslmode=verify-ca": nil,
		"postgres://u@db.example.com/x?sslmode=require":                     nil,
		"postgres://u@db.example.com/x?sslmode=disable":                     nil,
		"postgres://u@127.0.0.1/x":                                          nil,
		"postgres://u@[::1]/x":                                              nil,
		"postgres://u@localhost/x":                                          nil,
		"postgres://u@/x?host=/run/postgresql":                              nil,
	} {
		config, err := pgx.ParseConfig(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := checkWay(config); !errors.Is(got, want) {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}
