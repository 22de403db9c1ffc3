package docsnippets_test

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// write writes the table of a group.
func (g group) write(page *strings.Builder) {
	about, _, _ := strings.Cut(g.about, "\n\n")
	fmt.Fprintf(page, "\n## %s\n\n", g.title)
	if about != "" {
		fmt.Fprintf(page, "%s.\n\n", wrap(strings.TrimRight(inline(about), ".:")))
	}
	page.WriteString("| setting | type | default | meaning |\n|---|---|---|---|\n")
	for _, s := range g.settings {
		meaning, value := divide(s.comment, s.kind)
		names := "`" + strings.ReplaceAll(s.name, ", ", "`, `") + "`"
		fmt.Fprintf(page, "| %s | `%s` | %s | %s |\n", names, s.kind, value, meaning)
	}
}

var (
	subject      = regexp.MustCompile(`^[A-Z]\w*(?: and [A-Z]\w*)? (?:is|are) `)
	defaultValue = regexp.MustCompile(`(?:^|[.;] )(?:[Dd]efaults?:|[Tt]he defaults? (?:is|are)) (.+?)(?:\. ([A-Z]|$)|\.?$)`)
	required     = regexp.MustCompile(`(?:^|\. )[Rr]equired[:;.] ?`)
)

// divide returns what the comment of a setting says, and its default.
func divide(comment, kind string) (meaning, value string) {
	meaning = subject.ReplaceAllString(inline(comment), "")
	value = "none"
	if kind == "bool" {
		value = "false"
	}
	if at := defaultValue.FindStringSubmatchIndex(meaning); at != nil {
		value = meaning[at[2]:at[3]]
		rest := ""
		if at[4] >= 0 {
			rest = " " + meaning[at[4]:]
		}
		meaning = strings.TrimSpace(meaning[:at[0]] + "." + rest)
	} else if at := required.FindStringIndex(meaning); at != nil {
		value = "**required**"
		before := ""
		if at[0] > 0 {
			before = meaning[:at[0]] + ". "
		}
		meaning = before + upper(meaning[at[1]:])
	}
	meaning = strings.TrimLeft(meaning, ". ")
	if meaning != "" && !strings.HasSuffix(meaning, ".") {
		meaning += "."
	}
	return upper(meaning), value
}

func upper(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

var docLink = regexp.MustCompile(`\[(\*?[\w.]*[A-Za-z]\w*)\]`)

// inline returns a comment as one line of Markdown.
func inline(comment string) string {
	var words, code []string
	for line := range strings.Lines(comment) {
		if text, ok := strings.CutPrefix(line, "\t"); ok {
			code = append(code, "`"+strings.TrimSpace(text)+"`")
			continue
		}
		if len(code) == 1 { // longer ones do not fit into a table
			words = append(words, code...)
		}
		code = nil
		line = docLink.ReplaceAllString(strings.TrimSpace(line), "`$1`")
		line = strings.NewReplacer("|", `\|`, "<", `\<`, "*", `\*`, "_", `\_`).Replace(line)
		if item, ok := strings.CutPrefix(line, "- "); ok {
			line = "• " + item
		}
		words = append(words, strings.Fields(line)...)
	}
	text := strings.Join(append(words, code...), " ")
	return strings.ReplaceAll(text, "GORM plugin:", "GORM plugin.")
}

// wrap breaks a paragraph into lines of a page's width.
func wrap(text string) string {
	var page strings.Builder
	width := 0
	for i, word := range strings.Fields(text) {
		switch length := utf8.RuneCountInString(word); {
		case i == 0:
			width = length
		case width+1+length > 100:
			page.WriteByte('\n')
			width = length
		default:
			page.WriteByte(' ')
			width += 1 + length
		}
		page.WriteString(word)
	}
	return page.String()
}
