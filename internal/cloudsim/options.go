package cloudsim

import (
	"io"
	"time"
)

// The clouds that can be simulated.
const (
	HuaweiCloud      = "huaweicloud"
	OpenTelekomCloud = "opentelekomcloud"
)

// The demo key pair of a world's home account. Both halves are public on purpose: they open simulators and nothing else.
const (
	DemoAccessKey = "DEMOAGENCYCTL0000001"
	DemoSecretKey = "public-demo-secret-opens-only-simulators"
)

// Options says what a Server simulates. The zero value is a Huawei Cloud demo world in memory, signatures verified.
type Options struct {
	// Cloud is HuaweiCloud (also for "") or OpenTelekomCloud.
	Cloud string
	// State is the path of the JSON state file; "" keeps everything in memory. An existing file wins over Seed, a missing one
	// is created. Only one server at a time may use a file. The server notices when the file is edited.
	State string
	// Seed is the initial world. A world without accounts means DemoWorld(Cloud) with the properties of its unpublished roles.
	Seed World
	// Switches choose between behaviours where the cloud documents none.
	Switches Switches
	// Faults are the initial faults; SetFaults replaces them.
	Faults Faults
	// Keys are accepted beside the demo pair. They never reach the state file, a log or an error.
	Keys []Key
	// Users can get tokens with a password, beside DemoUser. They never reach the state file, a log or an error.
	Users []User
	// TokenLife is the life of a token, by the server's clock; 0 means 24 hours.
	TokenLife time.Duration
	// NoSignatures accepts every signature without a check. The caller is then the account of a known access key, else of
	// X-Domain-Id, else the home account. Tokens are checked nevertheless.
	NoSignatures bool
	// SecMasterAgency is the name of SecMaster's agency, which is not documented; "" means SecMaster_Agency.
	SecMasterAgency string
	// TraceRegion is the region that keeps the traces of IAM. "" means cn-north-4 and ap-southeast-1, so that an account is of both sites,
	// and for Open Telekom Cloud eu-de.
	TraceRegion string
	// Clock returns the time; nil means time.Now. It must be safe for concurrent use.
	Clock func() time.Time
	// Random is the source of new ids; nil means crypto/rand. The server reads it from one goroutine at a time.
	Random io.Reader
	// CallLog receives one JSON line a call; nil means none. Lines hold no header and no body. Errors of the writer are
	// ignored: the log is a convenience and must not break a simulated call.
	CallLog io.Writer
}

// Key is an access key pair that acts for one account.
type Key struct {
	Access, Secret string
	// Account is the name or the id of an account of the world; "" means its home account.
	Account string
}

// Switches choose between behaviours where the documentation leaves several open. The zero value of a field is the recommended one.
type Switches struct {
	// ForeverAsNull shows the duration of an agency without end as null instead of "FOREVER" in list and show.
	ForeverAsNull bool
	// OneDayText shows a duration of one day as "ONEDAY" instead of "24".
	OneDayText bool
	// DurationCountsDown shows the remaining hours instead of the duration that was set.
	DurationCountsDown bool
	// DurationNumber shows hours as a JSON number instead of text, which the vendor's own client cannot decode.
	DurationNumber bool
	// OmitNullExpireTime leaves the key expire_time out instead of sending null.
	OmitNullExpireTime bool
	// TimesWithZone appends a Z to times of agencies.
	TimesWithZone bool
	// NullDescription shows an empty description as null.
	NullDescription bool
	// TrustNameInAnswers puts trust_domain_name into create and update answers.
	TrustNameInAnswers bool
	// AgencyURN adds agency_urn to list and show on Huawei Cloud.
	AgencyURN bool

	// AnyContentType accepts a body of every content type, instead of answering 400 to all but application/json, with or without
	// the charset UTF-8.
	AnyContentType bool
	// ConflictShapeB answers a duplicate agency name in shape B instead of the extended shape A.
	ConflictShapeB bool
	// QuotaStatus400 answers an exceeded quota with 400 instead of 403.
	QuotaStatus400 bool
	// RequireBothTrustFields makes Open Telekom Cloud demand trust_domain_id and trust_domain_name together.
	RequireBothTrustFields bool
	// RefuseDescriptionCharacters answers 400 to a description that holds one of @#$%^&*<>\.
	RefuseDescriptionCharacters bool
	// AcceptEmptyUpdate answers 200 instead of 400 to an agency update without any known key.
	AcceptEmptyUpdate bool
	// KeepExpiry leaves expire_time counted from the creation when an update sends duration, instead of from now.
	KeepExpiry bool
	// IgnoreAgencyPaging makes the agency list ignore page and per_page, as Open Telekom Cloud does anyway.
	IgnoreAgencyPaging bool
	// AcceptHalfPaging reads page alone, or per_page alone, with a default for the other instead of answering 400.
	AcceptHalfPaging bool

	// ConflictOnRepeatedGrant answers 409 instead of success to a grant that is already there.
	ConflictOnRepeatedGrant bool
	// RevokeOfMissingSucceeds answers 204 instead of 404 to a revoke of a role that is not granted.
	RevokeOfMissingSucceeds bool
	// RefuseTypeMismatch answers 403 to a grant whose role type does not fit the scope.
	RefuseTypeMismatch bool
	// RefuseSecurityAdministrator answers 403 to a grant of Security Administrator in every scope.
	RefuseSecurityAdministrator bool
	// GrantNeedsVisibleAgency answers 404 to a grant while read lag hides the agency.
	GrantNeedsVisibleAgency bool
	// ServeDisabledProjects answers calls about grants in a disabled project as those in any other, instead of 403.
	ServeDisabledProjects bool
	// HideDisabledProjects answers 404 instead of 403 to such calls.
	HideDisabledProjects bool
	// RefuseMOS answers 404 to grant calls on the project MOS.
	RefuseMOS bool
	// BatchAppliesInOrder makes an enterprise project batch keep the items before the bad one instead of all or nothing.
	BatchAppliesInOrder bool
	// BatchUnknownIllegal answers 400 instead of 404 to an unknown id in an enterprise project batch.
	BatchUnknownIllegal bool
	// BatchRevokeStatus200 answers 200 instead of 204 to an enterprise project revoke.
	BatchRevokeStatus200 bool
	// UnscopedWithoutInherited leaves inherited records out of a role assignment list without scope.
	UnscopedWithoutInherited bool
	// TotalCountsPage makes total_num of role assignments count the page instead of the whole set.
	TotalCountsPage bool

	// UncappedRoles lists all roles and custom policies when no page is asked for, instead of the first 300.
	UncappedRoles bool
	// RefuseRolePages makes Open Telekom Cloud, which documents none, answer 400 to pages of roles and custom policies.
	RefuseRolePages bool
	// DeleteGrantedPolicy revokes the grants of a deleted custom policy instead of refusing the delete with 400.
	DeleteGrantedPolicy bool
	// NoReferences leaves references out of custom policies.
	NoReferences bool
	// PoliciesAsSent shows custom policies as they were sent. Without it, statements, actions, resources and the values of conditions
	// come back in another order, and lone values and values that are no texts as lists of texts.
	PoliciesAsSent bool
	// DuplicatePolicyNames lets two custom policies of an account share a display name instead of answering 409.
	DuplicatePolicyNames bool
	// EmptyAuthDomains answers an empty list of domains, as for a caller without user read permission.
	EmptyAuthDomains bool
	// RequireDomainHeader answers 403 to calls that need the account scope and do not send X-Domain-Id.
	RequireDomainHeader bool
	// NoEnterpriseProjects answers 404 APIGW.0101 for the enterprise project service.
	NoEnterpriseProjects bool

	// AccountTokensInProjects lets a token of the account work for regional services, in the project of the path or of
	// X-Project-Id, instead of answering 403.
	AccountTokensInProjects bool
	// ProjectlessStatus403 answers 403 instead of 400 to a call of a regional service that names no project.
	ProjectlessStatus403 bool
	// OnlyPublishedRoles makes services give their agencies no other roles than those that pages name or clients guess. Without it,
	// every agency of a service gets a role that no page names, a second one half a minute later, and one with each update.
	OnlyPublishedRoles bool
	// ServicesSeeTrust makes a service read as not granted where its agency trusts another party or has expired. Without it, the
	// service goes on saying granted.
	ServicesSeeTrust bool
	// ServicesKeepForeignTrust makes a service grant its roles to such an agency without changing it back.
	ServicesKeepForeignTrust bool
	// UpperCaseServices makes the agencies of services trust names such as op_svc_KMS.
	UpperCaseServices bool
	// ServicesRefuseForeignAgency makes a service fail on an agency of its name that trusts another party or has expired,
	// instead of changing it back.
	ServicesRefuseForeignAgency bool
	// ServiceDeleteSparesRegions makes Fabric and LakeFormation delete their agency's grants in the calling region, and the
	// agency itself only when no other project grants it anything, instead of the whole agency at once.
	ServiceDeleteSparesRegions bool
	// CSMSRepeatFails answers the error "already exists", inside the 200, for a complete agency of CSMS.
	CSMSRepeatFails bool
	// CSMSGrantedPerAccount shows a type as granted in every region when it is granted in one.
	CSMSGrantedPerAccount bool
	// SecMasterListsGranted lists the roles that SecMaster's agency has instead of those that SecMaster needs.
	SecMasterListsGranted bool
	// SecMasterShapeE2 makes SecMaster's errors have the shape of its schema instead of that of its examples.
	SecMasterShapeE2 bool
	// FabricEmptyAnswer answers Fabric's POST with an empty body instead of the request's.
	FabricEmptyAnswer bool
	// FabricAbsent404 answers Fabric's GET with 404 instead of 200 while there is no agency.
	FabricAbsent404 bool
	// SolutionMessages adds advice to the errors of Fabric and LakeFormation, as their pages' tables say and no example shows.
	SolutionMessages bool
	// LakeFormationShortAnswer answers LakeFormation's GET with the agency type alone, as older interfaces do.
	LakeFormationShortAnswer bool

	// TracesOff answers 404 to the list of traces, as where CTS is not enabled.
	TracesOff bool
	// TracesDenied answers 403 to it, as without the permission.
	TracesDenied bool
	// LateTraces lets a trace be found no sooner than five minutes after the operation.
	LateTraces bool
	// TracesTwice records each operation twice.
	TracesTwice bool
	// TraceUserText shows the user of a trace as JSON in a text.
	TraceUserText bool
	// TracesWithoutUser shows neither user nor address, as of actions of the cloud itself.
	TracesWithoutUser bool
	// TracesByURL shows what an operation is about in its path alone, instead of in request and resource_id.
	TracesByURL bool
	// TracesNameScopes tells the scope of grants in all projects and in enterprise projects by their names. Without it, neither a scope
	// nor a verb can be read from them.
	TracesNameScopes bool
	// TracesNameDeleted tells the name of what was deleted. Without it, such a trace has the id alone.
	TracesNameDeleted bool
	// TracesNameAllGrants names these grants as those in the other scopes, with scope and verb.
	TracesNameAllGrants bool
	// ServiceTracesNameCaller shows whoever called a service as the user of what the service does to its agency, instead of nobody.
	ServiceTracesNameCaller bool
}
