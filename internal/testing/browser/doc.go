// Package browser visits the pages of the example application, and the page of
// docs/browsers.md, with a real browser, headless Chromium, driven by
// playwright-core. Its tests need Node.js, Debian's chromium and
// playwright-core, and are skipped without them:
//
//	apt-get install chromium
//	npm ci --prefix internal/testing/browser
//	GINAUTH_TEST_SCREENSHOTS=/tmp/screenshots go test ./internal/testing/browser
//
// The variable is for looking at the pages; without it the screenshots are
// discarded. CHROMIUM names another executable.
package browser
