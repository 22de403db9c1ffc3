package endpoint

import (
	"github.com/gin-gonic/gin"

	"github.com/ginauth/ginauth/ginauth"
	"github.com/ginauth/ginauth/internal/charfield"
	"github.com/ginauth/ginauth/internal/requestdata"
)

// defaultLimit is the maximum length of a body with credentials, in bytes,
// unless the config sets another.
const defaultLimit = 64 << 10

// Body says which bodies a view reads.
type Body struct {
	parsers []requestdata.Parser
	limit   int64
}

// NewBody returns the Body of a view with these parsers, in the order in which
// OPTIONS lists them. Zero stands for the default limit; NewBody panics if the
// limit is negative. The constructor is e.g. "handlers: MountSession".
func NewBody(constructor string, limit int64, parsers ...requestdata.Parser) Body {
	switch {
	case limit < 0:
		panic(constructor + ": MaxBodyBytes must not be negative; 0 stands for 64 KiB")
	case limit == 0:
		limit = defaultLimit
	}
	return Body{parsers, limit}
}

// Within refuses a body that is too long, before other code reads it.
func (b Body) Within(c *gin.Context) error { return requestdata.Within(c.Request, b.limit) }

// Data returns the parsed body.
func (b Body) Data(c *gin.Context) (requestdata.Data, error) {
	return requestdata.Read(c.Request, b.limit, b.parsers...)
}

// Fields returns the fields of the body, which must be an object.
func (b Body) Fields(c *gin.Context) (charfield.Fields, error) {
	data, err := b.Data(c)
	if err != nil {
		return charfield.Fields{}, err
	}
	fields, refusal := charfield.FieldsOf(data)
	if refusal != "" {
		return charfield.Fields{}, ginauth.ValidationError(NonField(refusal))
	}
	return fields, nil
}

// Input is Fields for a view that reads the fields one by one.
func (b Body) Input(c *gin.Context) (*Input, error) {
	fields, err := b.Fields(c)
	if err != nil {
		return nil, err
	}
	return &Input{fields: fields}, nil
}

// Input reads the fields of a body, and collects what is wrong with them.
type Input struct {
	fields charfield.Fields
	errors object
}

// Text returns the text of a required field. If the field is missing or wrong,
// it returns "" and Err reports the mistake. trim removes surrounding blanks.
func (in *Input) Text(name string, trim bool) string {
	text, message := in.fields.Text(name, trim)
	if message != "" {
		in.errors = append(in.errors, member{name, []string{message}})
	}
	return text
}

// Optional returns the trimmed text of a field, or "" if there is none. A value
// that is not a text is ignored, as other fields that a view does not know are.
func (in *Input) Optional(name string) string {
	text, _ := in.fields.Text(name, true)
	return text
}

// Err returns the refusal of the fields that were read, or nil.
func (in *Input) Err() error {
	if len(in.errors) == 0 {
		return nil
	}
	return ginauth.ValidationError(in.errors)
}
