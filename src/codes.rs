//! Win32 error codes and event numbers that name the consequences of a wrong locator record.

/// DNS lookup failure of the source's alias (ERROR_DS_DNS_LOOKUP_FAILURE).
pub const DNS_LOOKUP_FAILURE: i64 = 8524;
/// No DRSUAPI in the endpoint mapper of the machine that was reached (EPT_S_NOT_REGISTERED, 0x6D9).
pub const ENDPOINT_NOT_REGISTERED: i64 = 1753;
/// The machine that was reached cannot decrypt the ticket (SEC_E_WRONG_PRINCIPAL, 0x80090322).
pub const WRONG_PRINCIPAL: i64 = -2_146_893_022;
/// Nothing answers RPC at the address (RPC_S_SERVER_UNAVAILABLE).
pub const RPC_UNAVAILABLE: i64 = 1722;
/// The target account name is incorrect (ERROR_WRONG_TARGET_NAME).
pub const WRONG_TARGET_NAME: i64 = 1396;
/// DNS Server event: a DC's changed address could not be pushed to its partners.
pub const EVENT_ADDRESS_NOT_PUSHED: i64 = 6702;
