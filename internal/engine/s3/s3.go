// Package s3 keeps files in an object store that speaks Amazon S3's REST API:
// Amazon's own, or one of the many that do as it does. Of the API it uses six
// requests; the signature (Signature Version 4) is Amazon's own code.
//
// Source: Amazon S3 API Reference, actions PutObject, GetObject, DeleteObject,
// ListObjectsV2 and those of a multipart upload.
package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"einklang/internal/rule/backoff"
)

// Options say how to reach a bucket.
type Options struct {
	Client    *http.Client
	Endpoint  string // https://host[:port]
	Bucket    string
	Region    string // empty: as the store says, at first us-east-1
	AccessKey string
	SecretKey string
	Now       func() time.Time // nil: time.Now
}

// Bucket is where files lie. A file is there in full or not at all.
type Bucket struct {
	options Options
	signer  *v4.Signer
	region  atomic.Pointer[string]
}

// New makes a Bucket; it calls nobody.
func New(o Options) (*Bucket, error) {
	if u, err := url.Parse(o.Endpoint); err != nil || u.Host == "" || o.Bucket == "" {
		return nil, fmt.Errorf("an object store needs an address like https://s3.example.com and a bucket, got %q and %q", o.Endpoint, o.Bucket)
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	b := &Bucket{options: o, signer: v4.NewSigner(func(s *v4.SignerOptions) { s.DisableURIPathEscaping = true })}
	b.region.Store(&o.Region)
	return b, nil
}

// Error is what a store answers instead of doing it.
type Error struct {
	Status  int    // of HTTP
	Code    string `xml:"Code"` // such as NoSuchBucket
	Message string `xml:"Message"`
	Region  string `xml:"Region"` // that the request should have named
}

func (e *Error) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the object store answers %d %s %s", e.Status, e.Code, e.Message))
}

// partSize is how much of a file is held in memory at a time. Parts have at
// least 5 MiB and a file at most 10,000 of them (Multipart upload limits), so a
// file may have 156 GiB.
const partSize = 16 << 20

// Put writes a file whose length nobody knows before.
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader) error {
	var buffer bytes.Buffer
	whole, err := next(r, &buffer)
	if err != nil {
		return err
	}
	if whole {
		_, err = b.send(ctx, http.MethodPut, key, nil, buffer.Bytes())
		return err
	}
	var upload struct {
		ID string `xml:"UploadId"`
	}
	if err := b.ask(ctx, http.MethodPost, key, url.Values{"uploads": {""}}, nil, &upload); err != nil {
		return err
	}
	if err = b.parts(ctx, key, upload.ID, &buffer, r); err != nil {
		// The parts are paid for until they are thrown away, so this is done
		// also when the caller has stopped.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		_, abort := b.send(ctx, http.MethodDelete, key, url.Values{"uploadId": {upload.ID}}, nil)
		return errors.Join(err, abort)
	}
	return nil
}

// next reads the next part, and tells whether it is the last one, which may be
// shorter or empty.
func next(r io.Reader, buffer *bytes.Buffer) (last bool, err error) {
	buffer.Reset()
	n, err := io.CopyN(buffer, r, partSize)
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return n < partSize, err
}

// part is one of a multipart upload that the store has.
type part struct {
	Number int    `xml:"PartNumber"`
	ETag   string `xml:"ETag"`
}

// parts sends a full part and what follows it, and has the store put them
// together.
func (b *Bucket) parts(ctx context.Context, key, upload string, buffer *bytes.Buffer, r io.Reader) error {
	var done struct {
		XMLName xml.Name `xml:"CompleteMultipartUpload"`
		Parts   []part   `xml:"Part"`
	}
	for last := false; buffer.Len() > 0; {
		number := len(done.Parts) + 1
		answer, err := b.send(ctx, http.MethodPut, key, url.Values{"partNumber": {strconv.Itoa(number)}, "uploadId": {upload}}, buffer.Bytes())
		if err != nil {
			return err
		}
		done.Parts = append(done.Parts, part{number, answer.header.Get("ETag")})
		if last {
			break
		}
		if last, err = next(r, buffer); err != nil {
			return err
		}
	}
	list, err := xml.Marshal(done)
	if err != nil {
		return err
	}
	var whole struct {
		XMLName xml.Name
		ETag    string `xml:"ETag"`
	}
	if err := b.ask(ctx, http.MethodPost, key, url.Values{"uploadId": {upload}}, list, &whole); err != nil {
		return err
	}
	if whole.XMLName.Local == "Error" { // comes with a 200 (CompleteMultipartUpload, "could fail")
		return errors.New("the object store could not put the parts of a file together")
	}
	return nil
}

// Get reads a file.
func (b *Bucket) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	answer, err := b.do(ctx, http.MethodGet, key, nil, nil)
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}

// List names the files whose name begins with a prefix, sorted.
func (b *Bucket) List(ctx context.Context, prefix string) ([]string, error) {
	var names []string
	for next := ""; ; {
		q := url.Values{"list-type": {"2"}, "prefix": {prefix}}
		if next != "" {
			q.Set("continuation-token", next)
		}
		var page struct {
			Contents []struct {
				Key string `xml:"Key"`
			} `xml:"Contents"`
			More bool   `xml:"IsTruncated"`
			Next string `xml:"NextContinuationToken"`
		}
		if err := b.ask(ctx, http.MethodGet, "", q, nil, &page); err != nil {
			return nil, err
		}
		for _, c := range page.Contents {
			names = append(names, c.Key)
		}
		if !page.More || page.Next == "" {
			return names, nil
		}
		next = page.Next
	}
}

// Delete removes a file; one that is not there is removed already.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	_, err := b.send(ctx, http.MethodDelete, key, nil, nil)
	return err
}

// answer is what came back, whole.
type answer struct {
	header http.Header
	body   []byte
}

// answerMost bounds a list or an error: a page of a list has 1,000 names of at
// most 1,024 bytes each.
const answerMost = 8 << 20

func (b *Bucket) ask(ctx context.Context, method, key string, q url.Values, body []byte, into any) error {
	a, err := b.send(ctx, method, key, q, body)
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(a.body, into); err != nil {
		return fmt.Errorf("read what the object store answers: %w", err)
	}
	return nil
}

func (b *Bucket) send(ctx context.Context, method, key string, q url.Values, body []byte) (answer, error) {
	resp, err := b.do(ctx, method, key, q, body)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	read, err := io.ReadAll(io.LimitReader(resp.Body, answerMost))
	if err != nil {
		return answer{}, fmt.Errorf("read what the object store answers: %w", err)
	}
	return answer{resp.Header, read}, nil
}

// pauses between tries of a store that is busy.
var pauses = backoff.Pause{First: 200 * time.Millisecond, Most: 10 * time.Second}

// tries is how often a request is made.
const tries = 6

// do makes a request until the store has taken it or has said no.
func (b *Bucket) do(ctx context.Context, method, key string, q url.Values, body []byte) (*http.Response, error) {
	moved := false
	for n := int64(1); ; n++ {
		resp, err := b.once(ctx, method, key, q, body)
		var no *Error
		switch {
		case err == nil:
			return resp, nil
		case errors.As(err, &no) && no.Region != "" && no.Region != *b.region.Load() && !moved:
			moved = true
			b.region.Store(&no.Region)
			continue
		case errors.As(err, &no) && no.Status < 500 && no.Status != http.StatusTooManyRequests, n == tries:
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-time.After(pauses.After(n, key)):
		}
	}
}

func (b *Bucket) once(ctx context.Context, method, key string, q url.Values, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, b.address(key, q), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	hashed := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", hashed)
	if method == http.MethodPut {
		r.Header.Set("Content-Type", "application/octet-stream")
	}
	keys := aws.Credentials{AccessKeyID: b.options.AccessKey, SecretAccessKey: b.options.SecretKey}
	if err := b.signer.SignHTTP(ctx, keys, r, hashed, "s3", *b.region.Load(), b.options.Now()); err != nil {
		return nil, fmt.Errorf("sign for the object store: %w", err)
	}
	resp, err := b.options.Client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("the object store cannot be reached: %w", err)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	read, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	no := &Error{}
	_ = xml.Unmarshal(read, no) // a proxy in between may answer anything
	no.Status = resp.StatusCode
	return nil, no
}

// address is that of a file, or of the bucket where key is empty, with the
// bucket in the path: stores other than Amazon's know no host for each bucket.
func (b *Bucket) address(key string, q url.Values) string {
	u := strings.TrimRight(b.options.Endpoint, "/") + "/" + escape(b.options.Bucket)
	for name := range strings.SplitSeq(key, "/") {
		if key != "" {
			u += "/" + escape(name)
		}
	}
	if len(q) > 0 {
		// A space is %20 in what is signed (Signature Version 4, UriEncode).
		u += "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
	}
	return u
}

// escape writes a name as Amazon's UriEncode does: all but letters, digits and
// "-._~" as %XX.
func escape(name string) string {
	return strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}
