package cloudsim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// Shape is one of the error bodies that the cloud uses.
type Shape string

// The error bodies. ShapeAExtended was seen live at a conflict; ShapeHTML is a proxy's page.
const (
	ShapeA         Shape = "A"
	ShapeAExtended Shape = "A-extended"
	ShapeB         Shape = "B"
	ShapeC         Shape = "C"
	ShapeHTML      Shape = "html"
	ShapeEmpty     Shape = "empty"
)

// The error bodies of the services that authorize themselves. ShapeE1s is shape B with room for advice, ShapeE1sCommon adds a second
// code. ShapeE3 holds the same error twice, with a JSON number as one of its codes; in ShapeE3Text that is text.
const (
	ShapeE1s       Shape = "E1s"
	ShapeE1sCommon Shape = "E1s-common"
	ShapeE2        Shape = "E2"
	ShapeE3        Shape = "E3"
	ShapeE3Text    Shape = "E3-text"
)

// ShapeV5 is shape B of the policy-based IAM and of STS, with the request's id. Where access is denied it also holds an encoded
// message.
const ShapeV5 Shape = "v5"

// answer is the success of a handler. A nil body sends none.
type answer struct {
	status int
	body   any
}

// refusal is an error answer. Handlers return it as an error.
type refusal struct {
	shape   Shape
	status  int
	code    string // for shapes B and C; "" means the usual one of the status
	message string
	// solution is advice, in the shapes that have room for it.
	solution string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.message) }

// usualCodes are the error codes of IAM by status.
var usualCodes = map[int]string{
	http.StatusBadRequest: "IAM.0011", http.StatusUnauthorized: "IAM.0001", http.StatusForbidden: "IAM.0003",
	http.StatusNotFound: "IAM.0004", http.StatusConflict: "IAM.0005", http.StatusTooManyRequests: "IAM.0012",
	http.StatusInternalServerError: "IAM.0006",
}

// gatewayCodes are the codes of the gateway, which answers where a service has no code for a status.
var gatewayCodes = map[int]string{
	http.StatusUnauthorized:    "APIG.1002",
	http.StatusTooManyRequests: "APIGW.0308", http.StatusBadGateway: "APIGW.0202", http.StatusServiceUnavailable: "APIGW.0202",
	http.StatusGatewayTimeout: "APIGW.0203",
}

// complete fills in shape and code where the refusal has none. Where the service has no code, the gateway answers.
func (r *refusal) complete(shape Shape, code string) {
	if gateway, known := gatewayCodes[r.status]; known && code == "" {
		shape, code = ShapeB, gateway
	}
	r.shape, r.code = cmp.Or(r.shape, shape), cmp.Or(r.code, code)
}

// body renders the refusal; requestID appears only in answers of the gateway and of ShapeV5.
func (r *refusal) body(requestID string) (contentType string, body []byte) {
	code := r.code
	if code == "" {
		code = usualCodes[r.status]
	}
	title := http.StatusText(r.status)
	var value any
	switch r.shape {
	case ShapeEmpty:
		return "", nil
	case ShapeHTML:
		page := fmt.Appendf(nil, "<html><head><title>%d %s</title></head><body><h1>%s</h1></body></html>\n", r.status, title, title)
		return "text/html", page
	case ShapeB:
		b := map[string]any{"error_code": code, "error_msg": r.message}
		if len(code) > 5 && code[:5] == "APIGW" {
			b["request_id"] = requestID
		}
		value = b
	case ShapeV5:
		b := map[string]any{"error_code": code, "error_msg": r.message, "request_id": requestID}
		if r.status == http.StatusForbidden {
			b["encoded_authorization_message"] = hashHex([]byte(requestID))
		}
		value = b
	case ShapeE1s, ShapeE1sCommon:
		b := map[string]any{"error_code": code, "error_msg": r.message}
		if r.solution != "" {
			b["solution_msg"] = r.solution
		}
		if r.shape == ShapeE1sCommon {
			b["common_error_code"] = "CMM.1008"
		}
		value = b
	case ShapeE2:
		value = map[string]any{"code": code, "message": r.message}
	case ShapeE3, ShapeE3Text:
		number := strconv.Itoa(r.status)
		inner := map[string]any{"code": number, "message": r.message, "title": title}
		b := map[string]any{"error": inner, "error_code": r.status, "error_msg": r.message, "title": title}
		if r.shape == ShapeE3Text {
			b["error_code"] = number
		}
		value = b
	case ShapeC:
		value = map[string]any{"error": map[string]any{"code": code, "message": r.message}}
	case ShapeAExtended:
		inner := map[string]any{"code": r.status, "error_code": nil, "error_msg": nil, "message": r.message, "title": title}
		value = map[string]any{"error": inner}
	default:
		value = map[string]any{"error": map[string]any{"code": r.status, "message": r.message, "title": title}}
	}
	return jsonType, encode(value)
}

const jsonType = "application/json;charset=utf8"

// encode returns JSON without escapes for HTML, as the cloud sends it. All values are ours and can be encoded.
func encode(value any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return []byte(`{"error":{"code":500,"message":"the answer cannot be encoded","title":"Internal Server Error"}}`)
	}
	return bytes.TrimRight(out.Bytes(), "\n")
}
