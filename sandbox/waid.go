package sandbox

import "strings"

// waID is how WhatsApp writes a phone number, which in three countries is not
// always how people do: a business that asks for one form gets a contact with
// the other. Which one depends on the number alone.
//
//	Mexico     52 55 1234 5678     →  521 55 1234 5678
//	Argentina  54 11 2345 6789     →  549 11 2345 6789
//	Brazil     55 31 9 8765 4321   →  55 31 8765 4321   area codes from 31 on
//	           55 11 8765 4321     →  55 11 9 8765 4321 area codes up to 28
func waID(digits string) string {
	country, rest := "", ""
	if len(digits) > 4 {
		country, rest = digits[:2], digits[2:]
	}
	switch {
	case country == "52" && len(rest) == 10:
		return "521" + rest
	case country == "54" && len(rest) == 10 && rest[0] != '9':
		return "549" + rest
	case country == "55" && len(rest) == 11 && rest[2] == '9' && rest[:2] >= "31":
		return country + rest[:2] + rest[3:]
	case country == "55" && len(rest) == 10 && strings.Contains("6789", rest[2:3]) && rest[:2] <= "28":
		return country + rest[:2] + "9" + rest[2:]
	default:
		return digits
	}
}
