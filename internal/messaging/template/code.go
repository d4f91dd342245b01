package template

import (
	"context"
	"strings"

	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/store"
	"einklang/internal/rule/id"
)

// WithCode fills an approved authentication template in a language with a code;
// found is false if the account has none.
func (c *Catalogue) WithCode(ctx context.Context, r store.Reader, org id.Org, waba, locale, code string) (filled cloudapi.Template, found bool, err error) {
	all, err := c.List(ctx, r, org, waba)
	if err != nil {
		return filled, false, err
	}
	for _, t := range all {
		if !t.Usable() || !strings.EqualFold(t.Category, "authentication") || !strings.HasPrefix(t.Language, locale) {
			continue
		}
		filled = cloudapi.Template{Name: t.Name, Language: cloudapi.TemplateLanguage{Code: t.Language},
			Components: []cloudapi.TemplateComponent{{Type: "body", Parameters: []cloudapi.TemplateParameter{{Type: "text", Text: code}}}}}
		if t.Check(filled) == nil {
			return filled, true, nil
		}
	}
	return cloudapi.Template{}, false, nil
}
