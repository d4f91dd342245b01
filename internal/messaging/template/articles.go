package template

import (
	"context"
	"fmt"

	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// Article is an article of the organisation's catalogue at Meta, as staff call it.
type Article struct {
	Number string // product_retailer_id
	Title  string
}

// ArticlesMost is how many titles are remembered, LongestTitle how long one is, in
// letters.
const (
	ArticlesMost = 500
	LongestTitle = 100
)

// Articles are those whose titles are remembered, the one that was used last first.
func (c *Catalogue) Articles(ctx context.Context, r store.Reader, org id.Org) ([]Article, error) {
	all, err := store.Collect(ctx, r, func(row store.Row) (a Article, err error) { return a, row.Scan(&a.Number, &a.Title) },
		"SELECT number, title FROM article WHERE org_id = ? ORDER BY used_at DESC, number LIMIT ?", org, int64(ArticlesMost))
	if err != nil {
		return nil, fmt.Errorf("read the articles: %w", err)
	}
	return all, nil
}

// Learn remembers what articles are called; beyond the most, the one that was used
// longest ago is forgotten.
func (c *Catalogue) Learn(ctx context.Context, tx store.Tx, org id.Org, all []Article) error {
	for _, a := range all {
		if _, err := tx.Exec(ctx, "INSERT INTO article (org_id, number, title, used_at) VALUES (?, ?, ?, ?) ON CONFLICT (org_id, number) DO UPDATE SET title = excluded.title, used_at = excluded.used_at",
			org, a.Number, a.Title, store.Micros(c.now())); err != nil {
			return fmt.Errorf("remember an article: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM article WHERE org_id = ? AND number NOT IN (SELECT number FROM article WHERE org_id = ? ORDER BY used_at DESC, number LIMIT ?)", org, org, int64(ArticlesMost)); err != nil {
		return fmt.Errorf("delete articles: %w", err)
	}
	return nil
}
