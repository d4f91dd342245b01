package agenda

// The topics of what comes due.
const (
	ofNotice    = "notice"
	ofApproval  = "approval"
	ofCase      = "case"
	ofBreach    = "breach"
	ofProcessor = "processor"
	ofNumber    = "number"
	ofDevice    = "device"
	ofRelay     = "relay"
)

// Topics lists them all.
func Topics() []string {
	return []string{ofNotice, ofApproval, ofCase, ofBreach, ofProcessor, ofNumber, ofDevice, ofRelay}
}
