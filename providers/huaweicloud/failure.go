package huaweicloud

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/agencyctl/agencyctl/providers"
)

// htmlPage is told in place of an HTML page.
const htmlPage = "the answer is an HTML page"

// maxCodeBytes bounds an error code: a longer one is no code.
const maxCodeBytes = 64

// failure turns an answer that is no success into an error. It is the one place that knows the vendors' error bodies.
func (s *secrets) failure(call Call, status int, header http.Header, body []byte) *providers.CallError {
	e := &providers.CallError{
		Kind:      kindOf(status),
		Operation: call.Operation,
		Service:   call.Service,
		Status:    status,
		RequestID: s.requestID(header),
	}
	e.Code, e.Message = decodeFailure(body)
	e.Code = s.presentable(e.Code)
	e.Message = s.presentable(e.Message)
	if status >= 300 && status < 400 {
		e.Message = "the server redirects elsewhere, which is not followed"
	}
	return e
}

// kindOf is the meaning of an HTTP status.
func kindOf(status int) error {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return providers.ErrDenied
	case status == http.StatusNotFound:
		return providers.ErrNotFound
	case status == http.StatusConflict:
		return providers.ErrConflict
	case status == http.StatusTooManyRequests:
		return providers.ErrThrottled
	case status == http.StatusRequestTimeout || status == http.StatusGone || status >= 500:
		// 410 is IAM's word for a fail-over of its own; it says nothing about what is there. 408 comes from a server that gave up on its own work: like 5xx it does not tell what was done.
		return providers.ErrUnavailable
	case status >= 400:
		return providers.ErrInvalid
	}
	return nil
}

// decodeFailure finds code and text in an error body of any known shape:
//
//	{"error":{"message":"...","code":404,"title":"Not Found"}}     code a number or a text
//	{"error":{"code":409,"error_code":null,"error_msg":null,"message":"..."}}
//	{"error_code":"IAM.0004","error_msg":"..."}
//	{"code":"...","message":"..."}
//	{"error_code":"...","error_description":"..."}
//	{"error_id":"CS.24002","error_name":"...","error_cause":"..."}
//	{"details":[{"error_code":"...","error_msg":"..."}]}            alone or beside one of the others, which then win
//
// A body that is none of these is shown as it is, HTML as "an HTML page", and an empty one not at all.
func decodeFailure(body []byte) (code, message string) {
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) == 0 {
		return "", ""
	}
	var outer map[string]json.RawMessage
	if json.Unmarshal(trimmed, &outer) != nil {
		if looksLikeHTML(trimmed) {
			return "", htmlPage
		}
		return "", string(trimmed)
	}
	code = firstText(outer, "error_code", "errCode", "code", "error_id")
	message = firstText(outer, "error_msg", "errMsg", "message", "error_description", "description", "error_cause", "error_name", "error_detail")
	var inner map[string]json.RawMessage
	if json.Unmarshal(outer["error"], &inner) == nil {
		if c := firstText(inner, "error_code", "code"); code == "" || isNumber(code) && !isNumber(c) && c != "" {
			code = c
		}
		if message == "" {
			message = firstText(inner, "message", "error_msg", "title")
		}
	} else if message == "" {
		message = firstText(outer, "error")
	}
	var details []map[string]json.RawMessage
	if json.Unmarshal(outer["details"], &details) == nil && len(details) > 0 {
		if code == "" {
			code = firstText(details[0], "error_code", "code")
		}
		if message == "" {
			message = firstText(details[0], "error_msg", "message")
		}
	}
	if message == "" && code == "" {
		message = string(trimmed)
	}
	if len(code) > maxCodeBytes {
		code = ""
	}
	return code, message
}

// firstText returns the first of the keys that holds a text or a number; null and everything else is passed over.
func firstText(object map[string]json.RawMessage, keys ...string) string {
	for _, key := range keys {
		raw, ok := object[key]
		if !ok {
			continue
		}
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			return text
		}
		var number json.Number
		if json.Unmarshal(raw, &number) == nil && number != "" {
			return number.String()
		}
	}
	return ""
}

func isNumber(code string) bool { return code != "" && strings.Trim(code, "0123456789") == "" }

func looksLikeHTML(body []byte) bool {
	start := bytes.ToLower(body[:min(len(body), 256)])
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.Contains(start, []byte("<html"))
}

// requestID returns what identifies a call to the vendor.
func (s *secrets) requestID(header http.Header) string {
	for _, name := range []string{"X-Request-Id", "X-Iam-Trace-Id"} {
		if id := s.presentable(header.Get(name)); id != "" {
			if len(id) > maxCodeBytes {
				id = strings.ToValidUTF8(id[:maxCodeBytes], "")
			}
			return id
		}
	}
	return ""
}
