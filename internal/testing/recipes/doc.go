// Package recipes holds the code that docs/recipes.md shows, so that it can be
// tested. Each block of the page is a part of one of these files, to the letter.
package recipes
