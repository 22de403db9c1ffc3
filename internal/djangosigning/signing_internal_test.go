package djangosigning

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestParseValues(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{}`, `{}`},
		{` { "a" : 1 , "b" : [ 1, "}" ] } `, `{"a":1,"b":[ 1, "}" ]}`},
		{`{"a":NaN,"b":-Infinity,"c":1.50,"d":1E5}`, `{"a":NaN,"b":-Infinity,"c":1.50,"d":1E5}`},
		{`{"a":"\ud800","\u0061":{"x":[]}}`, `{"a":"\ud800","\u0061":{"x":[]}}`},
		{``, "error"}, {`[]`, "error"}, {`null`, "error"}, {`{`, "error"}, {`{"a"}`, "error"}, {`{"a":}`, "error"}, {`{"a":1`, "error"},
		{`{"a":1,}`, "error"}, {`{,}`, "error"}, {`{"a":1}}`, "error"}, {`{"a":1} x`, "error"}, {`{a:1}`, "error"}, {`{"a":[}]}`, "error"},
		{`{"a":"x}`, "error"},
		{`{"a":"x\`, "error"},
		{`{"a":1"b"}`, "error"},
		{`{"a":1{}}`, "error"},
		{`{"a":1 "b":2}`, "error"},
		{`{"\x":1}`, "error"},
	} {
		values, err := ParseValues(c.text)
		got := string(values.Text())
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.text, got, c.want)
		}
	}
}

// TestOfTwoValuesTheLastCounts checks that of two members with one name the
// last counts, as in Python: ginauth and Django must read the same value.
func TestOfTwoValuesTheLastCounts(t *testing.T) {
	values, err := ParseValues(`{"_auth_user_id":"1","a":0,"\u005fauth_user_id":"2"}`)
	if err != nil {
		t.Fatal(err)
	}
	var id string
	if !values.Get("_auth_user_id", &id) || id != "2" {
		t.Errorf("read %q", id)
	}
	changed, err := values.Set("_auth_user_id", "3")
	if !changed.Get("_auth_user_id", &id) || id != "3" || err != nil {
		t.Errorf("after a change %q, %v", id, err)
	}
	if !values.Get("_auth_user_id", &id) || id != "2" {
		t.Errorf("the former values have changed: %q", id)
	}
	if left := values.Without("_auth_user_id"); string(left.Text()) != `{"a":0}` {
		t.Errorf("after a deletion %s", left.Text())
	}
}

// TestGetText checks which values are strings, and that they are those that
// Get decodes.
func TestGetText(t *testing.T) {
	for _, text := range []string{
		`"a"`, `""`, `"a\"b"`, `"\u0061"`, `"\ud83d\ude00"`, `"\ud800"`, `"é"`, "\"\xff\"", "\"\x7f\"", "\"\t\"", `"\` + "\n" + `"`,
		`"\x"`, `1`, `null`, `true`, `[]`, `{"a":"b"}`,
	} {
		values, err := ParseValues(`{"x":` + text + `}`)
		if err != nil {
			t.Fatal(text, err)
		}
		var want string
		isText := values.Get("x", &want) && text != "null"
		if got, ok := values.GetText("x"); ok != isText || got != want {
			t.Errorf("%s is %q, %v, want %q, %v", text, got, ok, want, isText)
		}
		if got, ok := values.GetText("y"); ok || got != "" {
			t.Errorf("a missing value is %q, %v", got, ok)
		}
	}
}

// TestGetInt checks which values are integers, and that they are those that Get
// decodes.
func TestGetInt(t *testing.T) {
	for _, text := range []string{
		"0", "1", "-1", "-0", "1767225600000000", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1.0", "1.5", "1e3",
		"01", "+1", "1_0", "0x1", "1a", `"1"`, "null", "NaN", "[1]", "true",
	} {
		values, err := ParseValues(`{"x":` + text + `}`)
		if err != nil {
			t.Fatal(text, err)
		}
		var want int64
		isInt := values.Get("x", &want)
		if got, ok := values.GetInt("x"); ok != isInt || ok && got != want {
			t.Errorf("%s is %d, %v, want %d, %v", text, got, ok, want, isInt)
		}
	}
}

func FuzzParseValues(f *testing.F) {
	f.Add(`{"a":[1,{"b":"}"}],"c":"\\\"","d":NaN}`)
	f.Add(`{"a":1,"a":2}`)
	f.Fuzz(func(t *testing.T, text string) {
		values, err := ParseValues(text)
		if err != nil {
			return
		}
		again, err := ParseValues(string(values.Text()))
		if err != nil || !bytes.Equal(again.Text(), values.Text()) {
			t.Fatalf("%q became %q, %v", text, values.Text(), err)
		}
	})
}

var testSigner = New([]string{"a key of more than 16 bytes"}, "x")

func TestUnsign(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	good := testSigner.Sign("payload", at)
	if payload, signed, err := testSigner.Unsign(good); payload != "payload" || !signed.Equal(at) || err != nil {
		t.Errorf("%q, %s, %v", payload, signed, err)
	}
	other := New([]string{"a key of more than 16 bytes"}, "y")
	for _, text := range []string{
		"", ":", "::", "payload", good + "x", "x" + good, strings.ToUpper(good), good[:len(good)-1], strings.Replace(good, ":", "", 1),
		other.Sign("payload", at), strings.Replace(good, "payload:", "payload:1", 1),
	} {
		if payload, _, err := testSigner.Unsign(text); err == nil {
			t.Errorf("%q was believed to be %q", text, payload)
		}
	}
}

func TestBase62(t *testing.T) {
	for text, n := range map[string]int64{"0": 0, "z": 61, "10": 62, "1xVZ68": 1_793_000_000} {
		got, ok := parseBase62(text)
		if !ok || base62(got) != text || len(text) < 3 && got != n {
			t.Errorf("%s is %d, written %s", text, got, base62(got))
		}
	}
	for _, text := range []string{"", "-1", "1.5", "1 ", "zzzzzzzzz", "é"} {
		if n, ok := parseBase62(text); ok {
			t.Errorf("%q is %d", text, n)
		}
	}
}

// TestInflatersAreOfOnePayload checks what many unpack at the same time, with
// inflaters from the pool that were left in the middle of another payload.
func TestInflatersAreOfOnePayload(t *testing.T) {
	other := strings.Repeat("poison ", 1000)
	packed, err := Pack([]byte(other))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 50 {
				text := strings.Repeat(fmt.Sprintf("text %d of %d ", n, i), 20)
				payload, err := Pack([]byte(text))
				if err != nil {
					t.Error(err)
				}
				f := new(inflater)
				f.decoded, _ = base64.RawURLEncoding.DecodeString(packed[1:])
				f.compressed.Reset(f.decoded)
				_ = f.start()
				_, _ = io.CopyN(&f.text, f.reader, 1000)
				inflaters.Put(f)
				if got, err := Unpack(payload); got != text || err != nil {
					t.Errorf("%.40q, %v, want %.40q", got, err, text)
				}
				if got, err := Unpack(packed); got != other || err != nil {
					t.Errorf("%.40q, %v, want %.40q", got, err, other)
				}
			}
		})
	}
	all.Wait()
}

// TestUnpackIsBounded checks that a payload of a kilobyte that would unpack to
// a gigabyte is refused before it is unpacked.
func TestUnpackIsBounded(t *testing.T) {
	var bomb bytes.Buffer
	w := zlib.NewWriter(&bomb)
	chunk := make([]byte, 1<<20)
	for range 64 {
		if _, err := w.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	payload := "." + base64.RawURLEncoding.EncodeToString(bomb.Bytes())
	if data, err := Unpack(payload); err == nil { // within a Benchmark this would not fail the test
		t.Errorf("unpacked to %d bytes", len(data))
	}
	allocated := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if data, err := Unpack(payload); err == nil {
				b.Fatalf("unpacked to %d bytes", len(data))
			}
		}
	}).AllocedBytesPerOp()
	if allocated > 16<<20 {
		t.Errorf("%d bytes were allocated", allocated)
	}
	if _, err := Pack(chunk); err != nil {
		t.Error(err)
	}
	if _, err := Pack(append(chunk, 0)); err == nil {
		t.Error("more was packed than can be unpacked")
	}
}
