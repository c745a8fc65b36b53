package constraint

import (
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	f := func(a, b string, want int) {
		t.Helper()
		v, ok1 := ParseVersion(a)
		w, ok2 := ParseVersion(b)
		if !ok1 || !ok2 {
			t.Fatalf("%s, %s: read %v, %v", a, b, ok1, ok2)
		}
		if got := v.Compare(w); got != want {
			t.Errorf("%s against %s: %d, want %d", a, b, got, want)
		}
	}
	f("v1.33.5-eks-113cf36", "1.33.5", 0)
	f("v1.33.5-eks-113cf36", "1.33", 0)
	f("v1.33.5-eks-113cf36", "1.33.6", -1)
	f("v1.9.9", "1.10", -1) // numbers, not letters
	f("6.1.0-50-cloud-amd64", "6.1", 0)
	f("6.1.0-50-cloud-amd64", "5.10.240", 1)
	f("6.1.0-50-cloud-amd64", "6.1.0-49", 1)
	f("6.1.141-155.222.amzn2023.x86_64", "6.1.140", 1)
	f("1.7.27-1.eks.amzn2023.0.1", "1.7.27-1", 0)
	f("1.7.27-1.eks.amzn2023.0.1", "1.7.28", -1)
	f("v1.20.4-eksbuild.2", "v1.20.4-eksbuild.1", 1)
	f("v1.20.4-eksbuild.2", "v1.20.4-eksbuild.10", -1)
	f("v1.20.4", "v1.20.4-eksbuild.1", -1)
	f("2.0.0-rc.1", "2.0.0", -1)
	f("2.0.0-rc.1", "2.0", 0) // as far as it goes
	f("2.0.0", "2.0.0-rc.1", 1)
	f("2.0.0-rc.1", "2.0.0-rc.2", -1)
	f("1.29", "1.29.0", 0)
	f("1.1.5+ds1-1+deb12u1", "1.1.5", 0)
	f("1:2.7", "2.7", 0)
}

func TestParseVersion(t *testing.T) {
	for _, s := range []string{"", "latest", "v", "eksbuild", strings.Repeat("1", 30), "1." + strings.Repeat("9", 300)} {
		if v, ok := ParseVersion(s); ok {
			t.Errorf("%.40q is read as %v", s, v)
		}
	}
}

func TestHolds(t *testing.T) {
	versions := Kind{}
	f := func(kind Kind, text, value string, want, wantKnown bool) {
		t.Helper()
		c, err := Parse(text, kind)
		if err != nil {
			t.Fatal(err)
		}
		if got, known := c.Holds(value); got != want || known != wantKnown {
			t.Errorf("%q of %q: %v, known %v; want %v, %v", text, value, got, known, want, wantKnown)
		}
		if c.String() != text {
			t.Errorf("String() = %q, want %q", c, text)
		}
	}
	f(versions, ">=1.27", "v1.33.5-eks-113cf36", true, true)
	f(versions, ">=1.27 <1.30", "v1.33.5-eks-113cf36", false, true)
	f(versions, ">=1.27 <1.30", "v1.29.15-eks-1", true, true)
	f(versions, "<=1.28", "v1.28.9", true, true)
	f(versions, ">1.28", "v1.28.9", false, true)
	f(versions, "1.28", "v1.28.9", true, true)
	f(versions, "!=1.28", "v1.28.9", false, true)
	f(versions, ">= 1.27 < 1.30", "v1.26.1", false, true)
	f(versions, "<1.7.28 | >=2.0 <2.0.6", "1.7.27-1.eks.amzn2023.0.1", true, true)
	f(versions, "<1.7.28 | >=2.0 <2.0.6", "v1.7.28", false, true)
	f(versions, "<1.7.28 | >=2.0 <2.0.6", "v2.0.5", true, true)
	f(versions, "<1.7", "latest", false, false)
	os := Kind{Names: []string{"al2", "al2023", "bottlerocket"}}
	f(os, "al2023", "al2023", true, true)
	f(os, "al2*", "al2", true, true)
	f(os, "al2 | al2023", "bottlerocket", false, true)
	f(os, "!bottlerocket", "al2", true, true)
	f(os, "!bottlerocket", "bottlerocket", false, true)
	f(Kind{Any: true}, "p4d.* | p5*", "p5en.48xlarge", true, true)
	f(Kind{Any: true}, "p4d.* | p5*", "m5.large", false, true)
}

func TestParse_errors(t *testing.T) {
	os := Kind{Names: []string{"al2", "al2023"}}
	f := func(kind Kind, text, want string) {
		t.Helper()
		if _, err := Parse(text, kind); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%.60q) = %v, want %q", text, err, want)
		}
	}
	f(Kind{}, "", "empty alternative")
	f(Kind{}, ">=1.2 |", "empty alternative")
	f(Kind{}, "new", "no version")
	f(Kind{}, ">=", "no version")
	f(Kind{}, "=>1.2", "no operator")
	f(Kind{}, "!1.2", "no operator")
	f(Kind{}, strings.Repeat(">1 ", 50), "more than 20")
	f(os, "al3", "none of al2, al2023")
	f(os, ">=al2", "not compared")
	f(os, "!", "no name")
	f(Kind{Any: true}, "a[", "no pattern")
}

func TestFix(t *testing.T) {
	f := func(text, value string, want, wantKnown bool) {
		t.Helper()
		fix, err := ParseFix(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, known := fix.In(value); got != want || known != wantKnown {
			t.Errorf("%q in %q: %v, known %v; want %v, %v", text, value, got, known, want, wantKnown)
		}
	}
	f("1.18.3", "v1.16.0-eksbuild.1", false, true)
	f("1.18.3", "v1.18.3-eksbuild.1", true, true)
	f("1.18.3", "v1.19.0", true, true)
	f("1.7.28, 2.0.6", "1.7.27", false, true)
	f("1.7.28, 2.0.6", "1.7.29", true, true)
	f("1.7.28, 2.0.6", "2.0.5", false, true)
	f("1.7.28, 2.0.6", "1.6.40", false, true)
	f("1.7.28, 2.0.6", "2.1.0", true, true)
	f("1.7.28", "main", false, false)
	for _, bad := range []string{"", "1.2,", ">=1.2", "soon", strings.Repeat("1.2,", 30) + "1.2"} {
		if _, err := ParseFix(bad); err == nil {
			t.Errorf("ParseFix(%.20q) has no error", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(">=1.27 <1.30 | !al2", "v1.33.5-eks-113cf36")
	f.Add("1.7.28, 2.0.6", "1:2.0.0-rc.1+deb")
	f.Fuzz(func(t *testing.T, text, value string) {
		for _, kind := range []Kind{{}, {Any: true}, {Names: []string{"al2"}}} {
			if c, err := Parse(text, kind); err == nil {
				c.Holds(value)
			}
		}
		if fix, err := ParseFix(text); err == nil {
			fix.In(value)
		}
	})
}
