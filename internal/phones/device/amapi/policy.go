package amapi

// Policy is the part of a policy that Einklang sets, in the words of Google's
// API (Android Management API: enterprises.policies). What a field may hold is
// said there.
type Policy struct {
	Applications             []Application          `json:"applications,omitempty"`
	CrossProfilePolicies     *CrossProfilePolicies  `json:"crossProfilePolicies,omitempty"`
	KeyguardDisabledFeatures []string               `json:"keyguardDisabledFeatures,omitempty"`
	ModifyAccountsDisabled   bool                   `json:"modifyAccountsDisabled,omitempty"`
	PasswordPolicies         []PasswordRequirements `json:"passwordPolicies,omitempty"`
	PersonalUsagePolicies    *PersonalUsagePolicies `json:"personalUsagePolicies,omitempty"`
}

// Application says what becomes of one app of the company.
type Application struct {
	InstallType      string            `json:"installType,omitempty"`
	PackageName      string            `json:"packageName,omitempty"`
	PermissionGrants []PermissionGrant `json:"permissionGrants,omitempty"`
}

// PermissionGrant decides one Android permission of an app for its user.
type PermissionGrant struct {
	Permission string `json:"permission,omitempty"`
	Policy     string `json:"policy,omitempty"`
}

// CrossProfilePolicies say what passes between the work profile and the
// personal side of a phone.
type CrossProfilePolicies struct {
	CrossProfileCopyPaste             string `json:"crossProfileCopyPaste,omitempty"`
	ShowWorkContactsInPersonalProfile string `json:"showWorkContactsInPersonalProfile,omitempty"`
}

// PasswordRequirements say how a phone is locked.
type PasswordRequirements struct {
	PasswordQuality string `json:"passwordQuality,omitempty"`
	PasswordScope   string `json:"passwordScope,omitempty"`
}

// PersonalUsagePolicies bind the personal side of a company's phone.
type PersonalUsagePolicies struct {
	AccountTypesWithManagementDisabled []string              `json:"accountTypesWithManagementDisabled,omitempty"`
	PersonalApplications               []PersonalApplication `json:"personalApplications,omitempty"`
	PersonalPlayStoreMode              string                `json:"personalPlayStoreMode,omitempty"`
}

// PersonalApplication says what becomes of an app on the personal side.
type PersonalApplication struct {
	InstallType string `json:"installType,omitempty"`
	PackageName string `json:"packageName,omitempty"`
}
