// Package apikey reads and writes the API keys of djangorestframework-api-key,
// which belong to programs, not to users. Package policies has the permission
// HasAPIKey.
package apikey
