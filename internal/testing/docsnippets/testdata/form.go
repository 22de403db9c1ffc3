// Package form declares what a form or a link brought.
package form

var address, site, uid, token, newPassword string
