package commands

import (
	"fmt"
	"regexp"

	"github.com/alecthomas/kong"
)

type completion struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// scripts make a shell ask the program, here called %[1]s, what may follow the
// words before the cursor. The function is called _%[2]s.
var scripts = map[string]string{
	"bash": `_%[2]s() {
    COMPREPLY=($(compgen -W "$(%[1]s complete -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _%[2]s %[1]s
`,
	"zsh": `#compdef %[1]s
_%[2]s() {
    compadd -- ${(f)"$(%[1]s complete -- "${(@)words[2,CURRENT-1]}" 2>/dev/null)"}
}
compdef _%[2]s %[1]s
`,
	"fish": `complete -c %[1]s -f -a '(%[1]s complete -- (commandline -opc)[2..] 2>/dev/null)'
`,
}

var (
	plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	notInName = regexp.MustCompile(`[^A-Za-z0-9]`)
)

// Run prints a script for a shell.
func (c completion) Run(app App, s *streams) error {
	if !plainName.MatchString(app.Name) {
		return fmt.Errorf("there is no completion for a program whose name is not one plain word: %q", app.Name)
	}
	_, err := fmt.Fprintf(s.out, scripts[c.Shell], app.Name, notInName.ReplaceAllLiteralString(app.Name, "_"))
	return err
}

type complete struct {
	Words []string `arg:"" optional:"" help:"The words before the cursor."`
}

// Run prints the commands and flags that may follow the words, one per line.
func (c complete) Run(line *kong.Context, s *streams) error {
	for _, candidate := range candidates(line.Model.Node, c.Words) {
		if err := s.say("%s", candidate); err != nil {
			return err
		}
	}
	return nil
}

// candidates returns what may follow words below a node of the grammar.
func candidates(node *kong.Node, words []string) (all []string) {
	for _, word := range words {
		for _, child := range node.Children {
			if child.Name == word {
				node = child
				break
			}
		}
	}
	for _, child := range node.Children {
		if !child.Hidden {
			all = append(all, child.Name)
		}
	}
	for ; node != nil; node = node.Parent {
		for _, flag := range node.Flags {
			if !flag.Hidden {
				all = append(all, "--"+flag.Name)
			}
		}
	}
	return all
}
