// Package cookies keeps credentials in the cookies of browsers: it sets and
// reads the cookies, and checks that requests which carry them come from the
// site's own pages. Sessions and JSON web tokens share it.
package cookies
