package profile

import (
	"encoding/json"

	"einklang/internal/phones/device"
	"einklang/internal/phones/device/amapi"
)

// The packages of WhatsApp on Android.
const (
	consumerApp = "com.whatsapp"
	businessApp = "com.whatsapp.w4b"
	davApp      = "at.bitfire.davdroid" // DAVx⁵, which brings the address book
)

// AndroidChoices are what a company decides about its Android phones.
type AndroidChoices struct {
	// DenyBusiness also denies the contacts permission to the WhatsApp
	// Business app: people are then kept only inside of it (privacy.md §7,
	// set-up b).
	DenyBusiness bool `json:"deny_business"`
}

// Android writes the policy for a device (Android Management API:
// enterprises.policies).
func Android(d device.Device, c AndroidChoices) amapi.Policy {
	p := amapi.Policy{
		Applications: []amapi.Application{
			whatsApp(consumerApp, d.Product == device.Consumer, true),
			whatsApp(businessApp, d.Product == device.Business, c.DenyBusiness),
			{PackageName: davApp, InstallType: "FORCE_INSTALLED"},
		},
		// Work contacts stay inside the work profile.
		CrossProfilePolicies: &amapi.CrossProfilePolicies{
			ShowWorkContactsInPersonalProfile: "SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED",
			CrossProfileCopyPaste:             "COPY_FROM_WORK_TO_PERSONAL_DISALLOWED",
		},
		KeyguardDisabledFeatures: []string{"UNREDACTED_NOTIFICATIONS", "TRUST_AGENTS"},
		PasswordPolicies: []amapi.PasswordRequirements{{
			PasswordScope: "SCOPE_DEVICE", PasswordQuality: "COMPLEXITY_MEDIUM",
		}},
	}
	switch d.Management {
	case device.Supervised:
		// On a device of the company's own nobody adds other accounts, whose
		// contacts WhatsApp would read and whose clouds it would save to (S13).
		p.ModifyAccountsDisabled = true
	case device.WorkProfile:
		p.PersonalUsagePolicies = &amapi.PersonalUsagePolicies{
			AccountTypesWithManagementDisabled: []string{"com.google"},
			PersonalPlayStoreMode:              "BLOCKLIST",
			// The company's number is not used in a private WhatsApp (S4).
			PersonalApplications: []amapi.PersonalApplication{{PackageName: businessApp, InstallType: "BLOCKED"}},
		}
	case device.Unmanaged:
	}
	return p
}

// whatsApp is the policy for one of WhatsApp's apps: installed if it is the
// device's, else blocked. S5: contacts are denied where the company says so,
// and always to the app for private people.
func whatsApp(name string, used, denied bool) amapi.Application {
	a := amapi.Application{PackageName: name, InstallType: "BLOCKED"}
	if used {
		a.InstallType = "AVAILABLE"
	}
	policy := "GRANT"
	if denied {
		policy = "DENY"
	}
	for _, permission := range []string{"android.permission.READ_CONTACTS", "android.permission.WRITE_CONTACTS"} {
		a.PermissionGrants = append(a.PermissionGrants, amapi.PermissionGrant{Permission: permission, Policy: policy})
	}
	return a
}

// AndroidJSON is the policy as a file, for those who push it with a management
// of their own.
func AndroidJSON(d device.Device, c AndroidChoices) ([]byte, error) {
	return json.MarshalIndent(Android(d, c), "", "  ")
}
