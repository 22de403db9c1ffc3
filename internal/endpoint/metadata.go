package endpoint

import (
	"strings"

	"github.com/ginauth/ginauth/internal/requestdata"
)

// metadata returns the answer to OPTIONS (DRF: SimpleMetadata).
func (v View) metadata() []byte {
	text, err := encode(struct {
		Name        string               `json:"name"`
		Description string               `json:"description"`
		Renders     []string             `json:"renders"`
		Parses      []requestdata.Parser `json:"parses"`
		Actions     object               `json:"actions,omitempty"`
	}{v.Name, v.Description, []string{"application/json"}, v.Body.parsers, v.actions()})
	if err != nil {
		panic("endpoint: " + err.Error()) // unreachable: the value consists of strings
	}
	return text
}

// actions describes the fields of a POST, if the view has a serializer.
func (v View) actions() object {
	var fields object
	for _, name := range v.Takes {
		fields = append(fields, describe(name, true))
	}
	for _, name := range v.Gives {
		fields = append(fields, describe(name, false))
	}
	if fields == nil {
		return nil
	}
	return object{{"POST", fields}}
}

func describe(name string, taken bool) member {
	return member{name, struct {
		Type     string `json:"type"`
		Required bool   `json:"required"`
		ReadOnly bool   `json:"read_only"`
		Label    string `json:"label"`
	}{"string", taken, !taken, strings.ToUpper(name[:1]) + name[1:]}}
}
