package cloudapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"

	"einklang/internal/rule/pii"
)

// MediaInfo describes a file at Meta. The URL is good for five minutes (Cloud
// API: media).
type MediaInfo struct {
	pii.Personal
	ID       string  `json:"id"`
	URL      string  `json:"url"`
	MimeType string  `json:"mime_type"`
	SHA256   string  `json:"sha256"`
	FileSize FlexInt `json:"file_size"`
}

// Upload brings a file to Meta and returns its id, which lives 30 days. The
// file is streamed.
func (n Number) Upload(ctx context.Context, file io.Reader, name, mimeType string) (string, error) {
	reader, writer := io.Pipe()
	form := multipart.NewWriter(writer)
	go func() { _ = writer.CloseWithError(writeUpload(form, file, name, mimeType)) }()
	defer func() { _ = reader.Close() }()
	r := n.request("upload media", http.MethodPost, "media")
	r.body, r.kind, r.length = reader, form.FormDataContentType(), -1
	var answer struct {
		ID string `json:"id"`
	}
	if err := n.client.call(ctx, r, &answer); err != nil {
		return "", err
	}
	if answer.ID == "" {
		return "", &CallError{Op: r.op, MayHaveArrived: true, HTTPStatus: http.StatusOK, Err: errors.New("the answer holds no media id")}
	}
	return answer.ID, nil
}

func writeUpload(form *multipart.Writer, file io.Reader, name, mimeType string) error {
	if err := errors.Join(form.WriteField("messaging_product", "whatsapp"), form.WriteField("type", mimeType)); err != nil {
		return err
	}
	quoted := strings.NewReplacer("\\", "\\\\", `"`, "\\\"", "\r", "", "\n", "").Replace(name)
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename="%s"`, quoted)},
		"Content-Type":        {mimeType},
	})
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, file); err != nil {
		return err
	}
	return form.Close()
}

// MediaInfo reads where a file can be fetched.
func (n Number) MediaInfo(ctx context.Context, mediaID string) (MediaInfo, error) {
	var info MediaInfo
	err := n.client.call(ctx, request{op: "read media", method: http.MethodGet, path: []string{mediaID}, token: n.token}, &info)
	return info, err
}

// DeleteMedia deletes a file at Meta.
func (n Number) DeleteMedia(ctx context.Context, mediaID string) error {
	return n.client.change(ctx, request{op: "delete media", method: http.MethodDelete, path: []string{mediaID}, token: n.token})
}

// ErrTooLarge is returned for a file beyond the limit given.
var ErrTooLarge = errors.New("the file is larger than allowed")

// Download opens a file by the address that MediaInfo or a webhook gave, with
// the bearer token. At most most bytes can be read from it; then ErrTooLarge.
// Close it.
func (n Number) Download(ctx context.Context, address string, most int64) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, &CallError{Op: "download media", Err: errors.New("the address cannot be read")}
	}
	authorize(r, n.token)
	resp, err := n.client.download.Do(r)
	if err != nil {
		return nil, &CallError{Op: "download media", MayHaveArrived: true, Err: withoutURL(err)}
	}
	if resp.StatusCode != http.StatusOK {
		defer func() { _ = resp.Body.Close() }()
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		if e := decodeError(resp.StatusCode, body); e != nil {
			e.Op = "download media"
			return nil, e
		}
		return nil, &CallError{Op: "download media", MayHaveArrived: true, HTTPStatus: resp.StatusCode, Err: errors.New("the file was not given")}
	}
	return &capped{resp.Body, most}, nil
}

type capped struct {
	io.ReadCloser
	left int64
}

func (c *capped) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	if c.left -= int64(n); c.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}
