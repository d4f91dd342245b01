package inbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"einklang/internal/door/web/shell"
	"einklang/internal/engine/cloudapi"
	"einklang/internal/engine/opus"
	"einklang/internal/engine/threshold"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/media"
	"einklang/internal/rule/fold"
	"einklang/internal/rule/id"
	"einklang/internal/rule/wire"
)

func (s *server) sendFile(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	c, err := s.where(r, v)
	if err != nil {
		return err
	}
	threshold.Stream(r, 101<<20, uploadTime)
	form, err := r.MultipartReader()
	if err != nil {
		return s.reply(w, r, v, c.ID, answer{Problem: v.Text.T("compose.failed")}, "")
	}
	fields := map[string]string{}
	var saved *media.File
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s.reply(w, r, v, c.ID, answer{Problem: v.Text.T("compose.filebad", v.Text.T("compose.file.large"))}, "")
		}
		if part.FormName() != "file" {
			raw, _ := io.ReadAll(io.LimitReader(part, 8<<10))
			fields[part.FormName()] = string(raw)
			continue
		}
		if saved, err = s.saveFile(r.Context(), v, c, filepath.Base(part.FileName()), part.Header.Get("Content-Type"), part); err != nil {
			problem := v.Text.T("compose.file.kind")
			if errors.Is(err, media.ErrTooLarge) {
				problem = v.Text.T("compose.file.large")
			} else if !errors.Is(err, media.ErrKind) {
				return err
			}
			return s.reply(w, r, v, c.ID, answer{Problem: v.Text.T("compose.filebad", problem)}, "")
		}
	}
	if saved == nil {
		return s.reply(w, r, v, c.ID, answer{Problem: v.Text.T("compose.filebad", v.Text.T("compose.file.kind"))}, "")
	}
	words := strings.TrimSpace(fields["caption"])
	replyTo, err := s.beside(r, v, c.ID, "reply_to", fields["reply_to"])
	if err != nil {
		return err
	}
	content := fileContent(saved, words)
	if content.Audio != nil {
		// Shown as a voice message with its waveform (Cloud API: audio).
		content.Audio.Voice = fields["voice"] != "" && saved.MimeType == wire.Opus
	}
	advertising, err := s.advertises(r.Context(), v, fields["advertising"], fields["quick"])
	if err != nil {
		return err
	}
	a, err := s.queueMessage(r.Context(), v, composed{in: c, content: content, media: saved.ID, replyTo: replyTo, key: fields["key"], words: words, advertising: advertising, consented: shortened(fields["consented"])})
	if err != nil {
		return err
	}
	return s.reply(w, r, v, c.ID, a, "")
}

// uploadTime is how long a file may take to arrive.
const uploadTime = 15 * time.Minute

// recordingMost is the size of sound that WhatsApp takes (Cloud API: media).
const recordingMost = 16 << 20

// saveFile puts a file on the shelf. A recording of a browser is made one that
// WhatsApp takes.
func (s *server) saveFile(ctx context.Context, v *shell.Viewer, c conversation.Summary, name, declared string, body io.Reader) (*media.File, error) {
	kind, _, err := mime.ParseMediaType(declared)
	if err != nil {
		kind = "application/octet-stream"
	}
	if kind == "application/octet-stream" && strings.EqualFold(filepath.Ext(name), ".opus") {
		kind = wire.Opus
	}
	if kind == "audio/webm" {
		recorded, err := io.ReadAll(io.LimitReader(body, recordingMost+1))
		if err != nil {
			return nil, err
		}
		if len(recorded) > recordingMost {
			return nil, media.ErrTooLarge
		}
		ogg, err := opus.Ogg(recorded)
		if err != nil {
			return nil, errors.Join(media.ErrKind, err)
		}
		name, kind, body = strings.TrimSuffix(name, ".webm")+".ogg", wire.Opus, bytes.NewReader(ogg)
	}
	return s.Shelf.Save(ctx, v.Org, c.Contact, c.Channel, name, kind, body)
}

// fileContent is the message that carries a file. Meta's id is put in right
// before the call.
func fileContent(f *media.File, caption string) cloudapi.Content {
	kind, _, _ := media.Limit(f.MimeType)
	m := &cloudapi.Media{MimeType: f.MimeType, Caption: caption}
	c := cloudapi.Content{Type: kind}
	switch kind {
	case cloudapi.TypeImage:
		c.Image = m
	case cloudapi.TypeVideo:
		c.Video = m
	case cloudapi.TypeAudio:
		m.Caption = ""
		c.Audio = m
	case cloudapi.TypeSticker:
		m.Caption = ""
		c.Sticker = m
	default:
		m.Filename = f.Filename
		c.Document = m
	}
	return c
}

// text is a message that is too long for its conversation, as a file: its words,
// or what it says as WhatsApp sent it.
func (s *server) text(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	m, err := s.message(r, v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": m.At.UTC().Format("2006-01-02-150405") + ".txt"}))
	words := conversation.Words(m.Body.Content)
	if m.Size > len(words)+fold.Most { // there is more to it than words
		return shell.IgnoreGone(json.NewEncoder(w).Encode(m.Body))
	}
	_, err = io.WriteString(w, words)
	return shell.IgnoreGone(err)
}

// media hands out the file of a message: never cached, never run.
func (s *server) media(w http.ResponseWriter, r *http.Request, v *shell.Viewer) error {
	at, err := parseID[id.Message](r.PathValue("message"))
	if err != nil {
		return err
	}
	m, err := s.seen(v).Get(r.Context(), s.DB, v.Org, at)
	if err != nil {
		return err
	}
	f, err := s.file(r.Context(), v, m)
	if err != nil {
		return err
	}
	if f == nil || f.State != "held" {
		return media.ErrNotFound
	}
	h := w.Header()
	h.Set("Content-Type", f.MimeType)
	disposition := "attachment"
	if kind, _, _ := strings.Cut(f.MimeType, "/"); kind == "image" && f.MimeType != "image/svg+xml" || kind == "audio" || kind == "video" {
		disposition = "inline"
	}
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Filename}))
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	_, err = f.Copy(r.Context(), w)
	return shell.IgnoreGone(err)
}
