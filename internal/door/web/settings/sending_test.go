package settings

import "testing"

func TestAmounts(t *testing.T) {
	for text, want := range map[string]int64{"500": 500_000_000, "0,11": 110_000, "0.045": 45_000, " 1,5 ": 1_500_000, ",5": 500_000, "0": 0, "1000000": 1_000_000_000_000} {
		if got, err := micros(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ".", "-1", "1e3", "viel", "0,0000001", "1.000,50", "1000001", "+5", "0x5", "99999999999"} {
		if got, err := micros(text); err == nil {
			t.Errorf("%q is read as %d", text, got)
		}
	}
	for micros, want := range map[int64]string{0: "0", 500_000_000: "500", 110_000: "0,11", 45_000: "0,045", 1_500_000: "1,50", 1: "0,000001"} {
		if got := amountText(micros, "de"); got != want {
			t.Errorf("%d: %q", micros, got)
		}
	}
	if got := amountText(110_000, "en"); got != "0.11" {
		t.Errorf("English: %q", got)
	}
}
