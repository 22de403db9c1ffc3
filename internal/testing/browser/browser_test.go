package browser_test

import (
	"bufio"
	"cmp"
	"context"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPages runs the tests in JavaScript against the example application itself.
func TestPages(t *testing.T) {
	chromium := need(t)
	url, password := start(t)
	screenshots := cmp.Or(os.Getenv("GINAUTH_TEST_SCREENSHOTS"), t.TempDir())

	for script, shots := range map[string][]string{
		"pages.test.mjs":    {"login", "refused", "notes", "phone", "dark"},
		"policies.test.mjs": {"policies", "policies-empty", "policies-light", "policies-dark", "policies-phone-light", "policies-phone-dark"},
	} {
		t.Run(script, func(t *testing.T) {
			runScript(t, script, "SITE="+url, "PASSWORD="+password, "SCREENSHOTS="+screenshots, "CHROMIUM="+chromium)
			for _, name := range shots {
				look(t, filepath.Join(screenshots, name+".png"))
			}
		})
	}
}

func runScript(t *testing.T, script string, env ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "--test-reporter=spec", script)
	cmd.Env = append(os.Environ(), env...)
	// so that it ends the browser too
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Error(err)
		for line := range strings.Lines(string(out)) {
			t.Error(strings.TrimRight(line, "\n"))
		}
	}
}

// need skips the test unless everything that it needs is installed, and returns
// the browser.
func need(t *testing.T) (chromium string) {
	t.Helper()
	chromium, err := exec.LookPath(cmp.Or(os.Getenv("CHROMIUM"), "chromium"))
	if err == nil {
		_, err = exec.LookPath("node")
	}
	if err == nil {
		_, err = os.Stat("node_modules/playwright-core/package.json")
	}
	if err != nil {
		t.Skipf("SKIPPED: install Node.js, chromium and, with npm ci --prefix internal/testing/browser, playwright-core to run this test: %v", err)
	}
	return chromium
}

// start builds the application and starts it as its README says, on a database
// of its own.
func start(t *testing.T) (url, password string) {
	t.Helper()
	app := filepath.Join(t.TempDir(), "example_app")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", app, "../../../example_app").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// it ends when the test cleans up
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), app)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+t.TempDir()+"/app.db", "ADDR=127.0.0.1:0", "SECRET_KEY=", "INSECURE_COOKIES=", "REDIS_URL=")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	lines := bufio.NewScanner(stdout)
	for url == "" && lines.Scan() {
		if found := regexp.MustCompile(`password (\S+)`).FindStringSubmatch(lines.Text()); found != nil {
			password = found[1]
		}
		url = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(lines.Text())
	}
	if url == "" || password == "" {
		t.Fatalf("the application said neither where it is nor the password: %v", lines.Err())
	}
	return url, password
}

// look fails the test if a screenshot is missing or shows nothing.
func look(t *testing.T, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Error(err)
		return
	}
	defer file.Close()
	picture, err := png.Decode(file)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	size, colours := picture.Bounds(), map[[3]uint32]bool{}
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			r, g, b, _ := picture.At(x, y).RGBA()
			colours[[3]uint32{r, g, b}] = true
		}
	}
	if len(colours) < 50 { // antialiased text alone has more
		t.Errorf("%s has %d colours only", path, len(colours))
	}
}

// TestLockFile checks that the packages are pinned by their content, and come
// from whatever registry is configured.
func TestLockFile(t *testing.T) {
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(lock), "resolved") || strings.Contains(string(lock), "://") {
		t.Error("package-lock.json names a registry; .npmrc keeps it out")
	}
	if packages := strings.Count(string(lock), `"node_modules/`); packages == 0 || strings.Count(string(lock), `"integrity"`) != packages {
		t.Errorf("%d packages, not all of them pinned", packages)
	}
}
