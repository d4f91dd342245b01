package threshold

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"einklang/internal/rule/pii"
)

// File is an uploaded file.
type File struct {
	pii.Personal
	Name    string // as the sender calls it; not to be trusted
	Type    string // as the sender says; not to be trusted
	Content []byte
}

// formTime is how long a form with files may take to arrive.
const formTime = 3 * time.Minute

// partsMost is how many fields and files a form may have.
const partsMost = 500

// ErrForm is returned for a body that is no form with files.
var ErrForm = errors.New("the form cannot be read")

// ReadForm reads a form with files, at most so many bytes, and keeps it in
// memory: the library would put files onto the disk, in clear. Its values are
// then found with r.PostFormValue, its files by their fields' names. To be
// called once it is known who asks. Errors: ErrForm, *http.MaxBytesError.
func ReadForm(r *http.Request, most int64) (map[string]File, error) {
	Raise(r, most, formTime)
	parts, err := r.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		return nil, r.ParseForm() // a form without files
	}
	if err != nil {
		return nil, ErrForm
	}
	values, files := url.Values{}, map[string]File{}
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, formError(err)
		}
		if n == partsMost {
			return nil, ErrForm
		}
		if err := keep(part, values, files); err != nil {
			return nil, formError(err)
		}
	}
	r.PostForm, r.Form = values, r.URL.Query()
	for name, given := range values {
		r.Form[name] = append(given, r.Form[name]...)
	}
	r.MultipartForm = &multipart.Form{Value: values}
	return files, nil
}

func keep(part *multipart.Part, values url.Values, files map[string]File) error {
	var content bytes.Buffer
	if _, err := content.ReadFrom(part); err != nil {
		return err
	}
	if part.FileName() == "" {
		values.Add(part.FormName(), content.String())
	} else if content.Len() > 0 {
		files[part.FormName()] = File{Name: part.FileName(), Type: part.Header.Get("Content-Type"), Content: content.Bytes()}
	}
	return nil
}

func formError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return large
	}
	return errors.Join(ErrForm, err)
}
