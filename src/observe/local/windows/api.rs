//! Windows itself: the only module that calls C functions.
//!
//! Every pointer that Windows hands out is followed once, here, and what it points to is copied. Meaning is given to it
//! elsewhere.
#![expect(unsafe_code, reason = "Windows tells these things through C functions only")]

use std::io;
use std::os::windows::io::AsRawSocket;
use std::path::Path;
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{
    ERROR_BUFFER_OVERFLOW, ERROR_FILE_NOT_FOUND, ERROR_MORE_DATA, ERROR_NO_DATA, ERROR_PATH_NOT_FOUND, NO_ERROR,
};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_MULTICAST, GetAdaptersAddresses, IF_TYPE_SOFTWARE_LOOPBACK,
    IP_ADAPTER_ADDRESSES_LH, IP_ADAPTER_DNS_SERVER_ADDRESS_XP, IP_ADAPTER_UNICAST_ADDRESS_LH,
};
use windows_sys::Win32::NetworkManagement::Ndis::IfOperStatusUp;
use windows_sys::Win32::Networking::ActiveDirectory::{
    DSROLE_PRIMARY_DOMAIN_INFO_BASIC, DsRoleFreeMemory, DsRoleGetPrimaryDomainInformation, DsRolePrimaryDomainInfoBasic,
};
use windows_sys::Win32::Networking::WinSock::{
    AF_UNSPEC, SIO_TCP_INITIAL_RTO, SOCKET_ADDRESS, TCP_INITIAL_RTO_PARAMETERS, WSAIoctl,
};
use windows_sys::Win32::System::Registry::{
    HKEY_LOCAL_MACHINE, RRF_NOEXPAND, RRF_RT_REG_EXPAND_SZ, RRF_RT_REG_SZ, RegGetValueW,
};
use windows_sys::Win32::System::SystemInformation::{ComputerNameDnsFullyQualified, GetComputerNameExW};

use super::wide::{terminated, text};
use super::{Adapter, AdapterAddress, Machine, Membership};
use crate::evidence::LocalView;
use crate::observe::local::octets_of;

/// Most octets that are taken of the list of adapters, or of one registry value.
const MOST_OCTETS: u32 = 16 << 20;
/// How often a size is asked for again because what is read grew meanwhile.
const TRIES: u32 = 10;
/// Most characters of a text behind a pointer.
const LONGEST_TEXT: usize = 32_768;

/// The machine that this program runs on.
pub(super) struct Windows;

impl Windows {
    /// Its network adapters; the list gets so many octets at first, and more if it needs them.
    pub(super) fn adapters_within(&self, mut octets: u32) -> Result<Vec<Adapter>, String> {
        let failed = |code| failed("asking Windows for its network adapters (GetAdaptersAddresses)", code);
        for _ in 0..TRIES {
            // Of u64, because the list must lie at a multiple of eight.
            let mut buffer = vec![0_u64; octets.div_ceil(8).max(1) as usize];
            let first: *mut IP_ADAPTER_ADDRESSES_LH = buffer.as_mut_ptr().cast();
            octets = octets.div_ceil(8) * 8;
            let flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST;
            // SAFETY: `first` points to `octets` octets that may be written, aligned as the structure needs; Windows
            // writes no more than that, and says in `octets` how many it needs.
            let code = unsafe { GetAdaptersAddresses(AF_UNSPEC.into(), flags, null(), first, &mut octets) };
            match code {
                // SAFETY: Windows filled the buffer, which lives until the list has been copied.
                NO_ERROR => return Ok(unsafe { chain(first, |at| at.Next, |at| adapter(at)) }),
                ERROR_NO_DATA => return Ok(Vec::new()),
                ERROR_BUFFER_OVERFLOW if octets <= MOST_OCTETS => {}
                code => return Err(failed(code)),
            }
        }
        Err(failed(ERROR_BUFFER_OVERFLOW))
    }
}

impl Machine for Windows {
    fn adapters(&self) -> Result<Vec<Adapter>, String> {
        self.adapters_within(32 << 10)
    }

    fn registry(&self, key: &str, value: &str) -> Result<Option<String>, String> {
        let (wide_key, wide_value) = (terminated(key), terminated(value));
        let flags = RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND;
        let mut buffer: Vec<u16> = vec![0; 16];
        for _ in 0..TRIES {
            let mut octets = u32::try_from(buffer.len() * 2).unwrap_or(MOST_OCTETS);
            let data = buffer.as_mut_ptr().cast();
            let (key_at, value_at) = (wide_key.as_ptr(), wide_value.as_ptr());
            // SAFETY: both names end with a zero and outlive the call; `data` points to at least `octets` octets that
            // may be written.
            let code =
                unsafe { RegGetValueW(HKEY_LOCAL_MACHINE, key_at, value_at, flags, null_mut(), data, &mut octets) };
            match code {
                NO_ERROR => return Ok(Some(text(&buffer))),
                ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND => return Ok(None),
                ERROR_MORE_DATA if octets <= MOST_OCTETS => buffer.resize(octets.div_ceil(2) as usize, 0),
                code => return Err(failed(&format!(r"reading registry value HKLM\{key}\{value}"), code)),
            }
        }
        Err(failed(&format!(r"reading registry value HKLM\{key}\{value}"), ERROR_MORE_DATA))
    }

    fn host(&self) -> Result<String, String> {
        let mut buffer = vec![0_u16; 1024];
        let mut length = 1024;
        // SAFETY: `buffer` has room for `length` characters.
        let done = unsafe { GetComputerNameExW(ComputerNameDnsFullyQualified, buffer.as_mut_ptr(), &mut length) };
        if done == 0 {
            let error = io::Error::last_os_error();
            return Err(format!("asking Windows for its host name (GetComputerNameExW): {error}"));
        }
        Ok(text(&buffer))
    }

    fn membership(&self) -> Result<Membership, String> {
        let mut at: *mut u8 = null_mut();
        // SAFETY: no server means this machine; Windows writes a pointer to memory of its own into `at`.
        let code = unsafe { DsRoleGetPrimaryDomainInformation(null(), DsRolePrimaryDomainInfoBasic, &mut at) };
        if code != NO_ERROR || at.is_null() {
            let doing = "asking Windows for its domain (DsRoleGetPrimaryDomainInformation)";
            return Err(failed(doing, code));
        }
        let known = |name: String| Some(name).filter(|name| !name.is_empty());
        // SAFETY: at this level `at` points to this structure, and its names are null or end with a zero. Both are
        // read before the memory is given back, once.
        unsafe {
            let info = &*at.cast::<DSROLE_PRIMARY_DOMAIN_INFO_BASIC>();
            let domain = known(text_at(info.DomainNameDns));
            let forest = known(text_at(info.DomainForestName));
            DsRoleFreeMemory(at.cast());
            Ok(Membership { domain, forest })
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn file(&self, path: &str, view: &mut LocalView) -> Option<Vec<u8>> {
        octets_of(Path::new(path), view)
    }
}

/// Lets a socket that is about to connect believe the second refusal. Windows goes on for about two seconds otherwise,
/// and what ends sooner looks as if nobody had answered. Where this has no effect, Windows does as usual.
///
/// One SYN is still sent again if it is lost; a connection that waits for less than three seconds has no more anyway.
pub(in crate::observe) fn believe_refusals(socket: &impl AsRawSocket) {
    /// TCP_INITIAL_RTO_UNSPECIFIED_RTT: leave it as it is.
    const UNSPECIFIED: u16 = u16::MAX;
    let parameters = TCP_INITIAL_RTO_PARAMETERS { Rtt: UNSPECIFIED, MaxSynRetransmissions: 1 };
    let length = size_of_val(&parameters).try_into().unwrap_or(0);
    let Ok(socket) = usize::try_from(socket.as_raw_socket()) else { return };
    let (given, mut taken) = (&raw const parameters, 0);
    // SAFETY: the socket is open as long as it is borrowed; `given` points to `length` octets, nothing is to be
    // written but `taken`, and nothing goes on after the call.
    unsafe { WSAIoctl(socket, SIO_TCP_INITIAL_RTO, given.cast(), length, null_mut(), 0, &mut taken, null_mut(), None) };
}

fn failed(doing: &str, code: u32) -> String {
    // Errors of Windows are small numbers, and errors of this kind are what std expects there.
    format!("{doing}: {}", io::Error::from_raw_os_error(code.cast_signed()))
}

/// What `take` makes of each item of a list that Windows made.
///
/// # Safety
/// `first` and whatever `next` gives must be null or point to a valid item that lives until this returns.
unsafe fn chain<T, R>(first: *mut T, next: impl Fn(&T) -> *mut T, take: impl Fn(&T) -> R) -> Vec<R> {
    let mut all = Vec::new();
    let mut at = first;
    // SAFETY: the caller promises that what is not null is valid.
    while let Some(item) = unsafe { at.as_ref() } {
        all.push(take(item));
        at = next(item);
    }
    all
}

/// A copy of what Windows tells of an adapter.
///
/// # Safety
/// `at` must lie in a buffer that GetAdaptersAddresses filled.
unsafe fn adapter(at: &IP_ADAPTER_ADDRESSES_LH) -> Adapter {
    let unicast = |at: &IP_ADAPTER_UNICAST_ADDRESS_LH| AdapterAddress {
        // SAFETY: the item lies in the same buffer.
        octets: unsafe { octets(&at.Address) },
        prefix: at.OnLinkPrefixLength,
        // SAFETY: Windows fills the structure by its fields; the other half of the union only aligns it.
        flags: unsafe { at.Anonymous.Anonymous.Flags },
        state: at.DadState,
    };
    // SAFETY: the item lies in the same buffer.
    let server = |at: &IP_ADAPTER_DNS_SERVER_ADDRESS_XP| unsafe { octets(&at.Address) };
    Adapter {
        // SAFETY: Windows gives null or a text that ends with a zero, in the same buffer.
        name: unsafe { text_at(at.FriendlyName) },
        up: at.OperStatus == IfOperStatusUp,
        loopback: at.IfType == IF_TYPE_SOFTWARE_LOOPBACK,
        // SAFETY: both halves of the union are the same 32 bits.
        flags: unsafe { at.Anonymous2.Flags },
        // SAFETY: as for the name.
        suffix: unsafe { text_at(at.DnsSuffix) },
        index: at.Ipv6IfIndex,
        // SAFETY: these lists lie in the same buffer, and end with null.
        addresses: unsafe { chain(at.FirstUnicastAddress, |at| at.Next, unicast) },
        // SAFETY: as above.
        servers: unsafe { chain(at.FirstDnsServerAddress, |at| at.Next, server) },
    }
}

/// A copy of a socket address, as it lies in memory.
///
/// # Safety
/// `address` must be one that Windows wrote, and what it points to must still live.
unsafe fn octets(address: &SOCKET_ADDRESS) -> Vec<u8> {
    let length = usize::try_from(address.iSockaddrLength).unwrap_or(0);
    if address.lpSockaddr.is_null() {
        return Vec::new();
    }
    // SAFETY: Windows says that so many octets lie there, and the caller that they still do.
    unsafe { std::slice::from_raw_parts(address.lpSockaddr.cast::<u8>(), length) }.to_vec()
}

/// A copy of a text that ends with a zero; empty for null.
///
/// # Safety
/// `at` must be null or point to such a text.
unsafe fn text_at(at: *const u16) -> String {
    if at.is_null() {
        return String::new();
    }
    let mut units = Vec::new();
    while units.len() < LONGEST_TEXT {
        // SAFETY: no zero has come yet, so the text goes on.
        match unsafe { *at.add(units.len()) } {
            0 => break,
            unit => units.push(unit),
        }
    }
    text(&units)
}
