package cloudapi

import "slices"

// forWire leaves out what Meta only sends and does not accept: the hash, the type
// and the address of incoming media, and the policy of a language. A stored
// content may hold them.
func forWire(c Content) Content {
	for _, m := range []**Media{&c.Image, &c.Video, &c.Audio, &c.Document, &c.Sticker} {
		*m = mediaForWire(*m)
	}
	c.Location = placeForWire(c.Location)
	if c.Interactive != nil {
		c.Interactive = interactiveForWire(*c.Interactive)
	}
	if c.Template != nil {
		t := *c.Template
		t.Language.Policy = ""
		t.Components = componentsForWire(t.Components)
		c.Template = &t
	}
	return c
}

func mediaForWire(m *Media) *Media {
	if m == nil {
		return nil
	}
	return &Media{ID: m.ID, Link: m.Link, Caption: m.Caption, Filename: m.Filename, Voice: m.Voice}
}

func placeForWire(l *Location) *Location {
	if l == nil {
		return nil
	}
	place := *l
	place.URL = ""
	return &place
}

func interactiveForWire(i Interactive) *Interactive {
	i.Header = headerForWire(i.Header)
	if i.Action != nil && len(i.Action.Cards) > 0 {
		action := *i.Action
		action.Cards = slices.Clone(action.Cards)
		for k := range action.Cards {
			action.Cards[k].Header = headerForWire(action.Cards[k].Header)
		}
		i.Action = &action
	}
	return &i
}

func headerForWire(h *InteractiveHeader) *InteractiveHeader {
	if h == nil {
		return nil
	}
	header := *h
	header.Image, header.Video, header.Document = mediaForWire(header.Image), mediaForWire(header.Video), mediaForWire(header.Document)
	return &header
}

func componentsForWire(all []TemplateComponent) []TemplateComponent {
	all = slices.Clone(all)
	for i := range all {
		c := &all[i]
		c.Parameters = slices.Clone(c.Parameters)
		for k := range c.Parameters {
			p := &c.Parameters[k]
			for _, m := range []**Media{&p.Image, &p.Video, &p.GIF, &p.Document} {
				*m = mediaForWire(*m)
			}
			p.Location = placeForWire(p.Location)
		}
		c.Cards = slices.Clone(c.Cards)
		for k := range c.Cards {
			c.Cards[k].Components = componentsForWire(c.Cards[k].Components)
		}
	}
	return all
}
