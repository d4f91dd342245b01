// Package api is the REST interface for programs of the organisation. A bearer
// token stands for one organisation, and nothing else of the installation can
// be seen with it. Every message goes through the same gate as in the inbox.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/validation"

	"einklang/internal/account/audit"
	"einklang/internal/account/org"
	"einklang/internal/account/token"
	"einklang/internal/consent/optin"
	"einklang/internal/engine/store"
	"einklang/internal/engine/threshold"
	"einklang/internal/messaging/conversation"
	"einklang/internal/messaging/media"
	"einklang/internal/messaging/outbox"
	"einklang/internal/messaging/template"
	"einklang/internal/person/attribute"
	"einklang/internal/person/contact"
	"einklang/internal/rule/id"
	"einklang/internal/rule/pii"
)

// Parts are what the interface works with.
type Parts struct {
	DB         *store.DB
	Orgs       *org.Registry
	People     *contact.Book
	Threads    *conversation.Threads
	Consents   *optin.Consents
	Outbox     *outbox.Outbox
	Templates  *template.Catalogue
	Shelf      *media.Shelf
	Attributes *attribute.Attributes
	Audit      *audit.Log
	Tokens     *token.Tokens
	Log        *slog.Logger
}

type server struct {
	Parts
	unruled []error // operations without a rule for the log
}

// Prefix is the path of everything here.
const Prefix = "/api/"

// scheme is what the description calls the way in which programs show who they are.
const scheme = "token"

// New makes the interface, under /api/v1.
func New(p Parts) (http.Handler, error) {
	s, mux := &server{Parts: p}, http.NewServeMux()
	config := huma.DefaultConfig("Einklang", "1.0.0")
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/api/v1/openapi", "", ""
	config.CreateHooks = nil
	config.Transformers = append(config.Transformers, mute(config.Components.Schemas))
	config.Info.Description = "Send WhatsApp messages that may be sent, and read what came in. Every message passes the gate: a refusal names its reason and the remedies."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{scheme: {Type: "http", Scheme: "bearer", Description: "An API token of the organisation (ek_…). It is made in the settings, with scopes, numbers and an end; each operation names the scope that it needs. Reading lists is granted by a second person."}}
	config.Security = []map[string][]string{{scheme: {}}}
	describe(config.Components.Schemas)
	api := humago.New(mux, config)
	api.UseMiddleware(s.authorize(api))
	s.messages(api)
	s.conversations(api)
	s.contacts(api)
	s.sales(api)
	s.lists(api)
	s.words(api)
	mux.HandleFunc(Prefix, nothingHere)
	return mux, errors.Join(s.unruled...)
}

// operation adds an operation with its scope and its rule. What it changes, its handler writes
// through the act; what it shows is written down when it has.
func operation[I, O any](s *server, api huma.API, op huma.Operation, needs token.Scope, rule audit.Rule, handle func(context.Context, *audit.Act, *I) (*O, error)) {
	op.Security = []map[string][]string{{scheme: {string(needs)}}}
	op.Description = strings.TrimSpace(op.Description + "\n\nScope: `" + string(needs) + "`.")
	s.unruled = append(s.unruled, s.Audit.Register(op.Method+" "+op.Path, rule))
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		c := who(ctx)
		act := s.Audit.Begin(c.org, audit.Actor{Who: audit.Program, ID: id.ID(c.token.ID)}, rule)
		if at, err := id.Parse[id.ID](c.object); err == nil && rule.From != "" { // of what is none, the handler says so
			act.On(rule.Object, at)
		}
		out, err := handle(ctx, act, in)
		if err == nil && rule.Kind == audit.View {
			act.Seen()
		}
		return out, err
	})
}

// shows is operation for what changes nothing.
func shows[I, O any](s *server, api huma.API, op huma.Operation, needs token.Scope, rule audit.Rule, handle func(context.Context, *I) (*O, error)) {
	operation(s, api, op, needs, rule, func(ctx context.Context, _ *audit.Act, in *I) (*O, error) { return handle(ctx, in) })
}

// mute takes what the request held out of what is said to be wrong with it: answers
// stand in the logs of programs. Of members that are not expected it names those that
// the description has somewhere; the others are named by who calls.
func mute(described huma.Registry) huma.Transformer {
	var once sync.Once
	words := map[string]bool{}
	return func(_ huma.Context, _ string, answer any) (any, error) {
		refused, ok := answer.(*huma.ErrorModel)
		if !ok {
			return answer, nil
		}
		once.Do(func() {
			for _, schema := range described.Map() {
				members(schema, words)
			}
		})
		for _, wrong := range refused.Errors {
			wrong.Value = nil
			last := strings.LastIndexByte(wrong.Location, '.')
			if wrong.Message == validation.MsgUnexpectedProperty && last >= 0 && !words[wrong.Location[last+1:]] {
				wrong.Location = wrong.Location[:last]
			}
		}
		return answer, nil
	}
}

// members notes the names of the members of a schema, and of what is in it.
func members(schema *huma.Schema, words map[string]bool) {
	if schema == nil {
		return
	}
	for name, member := range schema.Properties {
		words[name] = true
		members(member, words)
	}
	members(schema.Items, words)
}

// nothingHere answers programs in their own language where there is nothing.
func nothingHere(w http.ResponseWriter, _ *http.Request) {
	p := problem(http.StatusNotFound, "not_found", "There is nothing at this address or with this method. See /api/v1/openapi.json.")
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	_ = json.NewEncoder(w).Encode(p)
}

// caller is who calls: an organisation's program.
type caller struct {
	pii.Personal
	org    id.Org
	token  token.Token
	object string // the identifier in the path
}

type callerKey struct{}

func who(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// bodyMost is how large the body of a request may be, in bytes.
const bodyMost = 1 << 20

// authorize lets only valid tokens pass.
//
//nolint:contextcheck // the context is in that of the library
func (s *server) authorize(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		ctx.SetHeader("Cache-Control", "no-store")
		secret, bearer := strings.CutPrefix(ctx.Header("Authorization"), "Bearer ")
		if !bearer {
			ctx.SetHeader("WWW-Authenticate", `Bearer realm="Einklang"`)
			_ = huma.WriteErr(api, ctx, http.StatusUnauthorized, "Send the API token of your organisation in the header Authorization: Bearer ek_…")
			return
		}
		t, err := s.Tokens.Find(ctx.Context(), secret)
		needs := ctx.Operation().Security[0][scheme][0]
		switch {
		case errors.Is(err, token.ErrInvalid):
			ctx.SetHeader("WWW-Authenticate", `Bearer realm="Einklang", error="invalid_token"`)
			_ = huma.WriteErr(api, ctx, http.StatusUnauthorized, "The API token is not valid. Make a new one in the settings, or with: einklang token")
		case err != nil:
			ctx.SetHeader("Retry-After", "5")
			_ = huma.WriteErr(api, ctx, http.StatusServiceUnavailable, "The database cannot be reached right now. Try again later.")
		case needs == string(token.ReadBulk) && !t.May(token.ReadBulk):
			writeProblem(ctx, bulkProblem(token.ErrNotGranted))
		case !t.May(token.Scope(needs)):
			s.Log.Warn("a token does not allow what was asked for", "operation", ctx.Operation().OperationID, "token", t.ID, "scope", needs)
			writeProblem(ctx, problem(http.StatusForbidden, "scope", "This token does not have the scope "+needs+". An administrator makes one that has, in the settings."))
		default:
			r, _ := humago.Unwrap(ctx)
			threshold.Raise(r, 2*bodyMost, 0) // beyond it nothing is answered any more
			if tooLarge(r) {
				writeProblem(ctx, problem(http.StatusRequestEntityTooLarge, "too_large", "The body is larger than 1 MB, the most that is taken."))
				return
			}
			if name := unknownParameter(ctx.Operation(), r); name != "" {
				writeProblem(ctx, problem(http.StatusUnprocessableEntity, "unknown_parameter", "There is no parameter "+strconv.Quote(name)+" here. See /api/v1/openapi.json."))
				return
			}
			next(huma.WithValue(ctx, callerKey{}, caller{org: t.Org, token: t, object: ctx.Param("id")}))
		}
	}
}

// tooLarge reports whether a body has more bytes than are taken. One that does
// not say how many it has is read so far.
func tooLarge(r *http.Request) bool {
	if r.ContentLength >= 0 || r.Body == nil {
		return r.ContentLength > bodyMost
	}
	begin, _ := io.ReadAll(io.LimitReader(r.Body, bodyMost+1)) // who reads on meets the error again
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(begin), r.Body), r.Body}
	return len(begin) > bodyMost
}

// unknownParameter is a parameter of the address that the operation does not
// know, or "": a filter that is passed over would show what was not asked for.
func unknownParameter(op *huma.Operation, r *http.Request) string {
	for _, name := range slices.Sorted(maps.Keys(r.URL.Query())) {
		if !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name }) {
			return name
		}
	}
	return ""
}

func writeProblem(ctx huma.Context, p *Problem) {
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p) // a program that went away
}

// Problem is an error as the interface writes it (RFC 9457), with a code to
// branch on and the ways out.
type Problem struct {
	Title    string              `json:"title"`
	Status   int                 `json:"status"`
	Detail   string              `json:"detail"`
	Code     string              `json:"code" doc:"Stable; branch on this."`
	Remedy   string              `json:"remedy,omitempty" doc:"The easiest way out, as a stable code."`
	Remedies []string            `json:"remedies,omitempty" doc:"All ways out, the easiest first."`
	Verdict  *Verdict            `json:"verdict,omitempty"`
	Errors   []*huma.ErrorDetail `json:"errors,omitempty"`
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType follows RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func problem(status int, code, detail string) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
}

// explain turns an error of the capabilities into one for programs.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, contact.ErrNotFound), errors.Is(err, conversation.ErrNotFound), errors.Is(err, outbox.ErrNotFound), errors.Is(err, org.ErrNotFound), errors.Is(err, media.ErrNotFound):
		return problem(http.StatusNotFound, "not_found", "There is nothing with this id in your organisation.")
	case errors.Is(err, store.ErrFull), errors.Is(err, store.ErrReadOnly):
		return huma.ErrorWithHeaders(problem(http.StatusServiceUnavailable, "storage", "Nothing can be stored right now: the disk is full or read-only."), http.Header{"Retry-After": {"60"}})
	case store.Passing(err):
		return huma.ErrorWithHeaders(problem(http.StatusServiceUnavailable, "unavailable", "The database cannot do this right now. Try again later."), http.Header{"Retry-After": {"5"}})
	default:
		return err
	}
}

// named reads the identifier in a parameter or a member of the body; empty is
// zero.
func named[T id.Like](name, text string) (T, error) {
	at, err := id.Optional[T](text)
	if err != nil {
		return at, problem(http.StatusUnprocessableEntity, name, name+" is not an id: "+id.ErrMalformed.Error()+".")
	}
	return at, nil
}

// cursor reads where a list goes on; empty is its beginning.
func cursor(text string) (id.Cursor, error) {
	at, err := id.Optional[id.Cursor](text)
	if err != nil {
		return at, errCursor
	}
	return at, nil
}

var errCursor = problem(http.StatusUnprocessableEntity, "cursor", "after is not a cursor of this list.")

// parseID reads an identifier of a path.
func parseID[T id.Like](text string) (T, error) {
	at, err := id.Parse[T](text)
	if err != nil {
		return at, problem(http.StatusNotFound, "not_found", "There is nothing with this id in your organisation.")
	}
	return at, nil
}

// bulkProblem is why a list is not given out.
func bulkProblem(err error) *Problem {
	if errors.Is(err, token.ErrStopped) {
		return problem(http.StatusForbidden, "bulk_stopped", "This token has read as much as it may in a day, and has stopped. A second person was asked whether it goes on.")
	}
	return problem(http.StatusForbidden, "bulk_not_granted", "Reading lists of messages, conversations and people is granted by a second person for each token, in the settings: with purpose, recipient, an amount for each day, and an end.")
}

// counted counts what a list gives out, before it does.
func (s *server) counted(ctx context.Context, records int) error {
	err := s.Tokens.Count(ctx, who(ctx).token, records)
	if errors.Is(err, token.ErrStopped) || errors.Is(err, token.ErrNotGranted) {
		return bulkProblem(err)
	}
	return explain(err)
}
