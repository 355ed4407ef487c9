//! `ept_map` of DRSUAPI at the endpoint mapper, TCP 135 (C706 appendix O, MS-RPCE 2.2.1.2): is there a directory that
//! replicates?
//!
//! A lookup of all endpoints would not do: it always ends with the status that here means "not registered".

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::net::Conversation;
use super::reader::{Malformed, Reader};
use super::rpc;
use crate::evidence::probe::{Connected, Endpoint, Failure, Mapping, Reply, Status};

/// Operation number of ept_map.
const EPT_MAP: u16 = 3;
/// ept_s_not_registered: a client turns it into Win32 error 1753 (MS-RPCE 2.2.1.2.5).
const NOT_REGISTERED: u32 = 0x16c9_a0d6;
/// How many towers are asked for.
const MOST_TOWERS: u32 = 4;

/// DRSUAPI (MS-DRSR 1.9) in packet form.
const DRSUAPI: [u8; 16] =
    [0x35, 0x42, 0x51, 0xe3, 0x06, 0x4b, 0xd1, 0x11, 0xab, 0x04, 0x00, 0xc0, 0x4f, 0xc2, 0xdc, 0xd2];

/// Protocol identifiers of tower floors (C706 appendix I).
const BY_UUID: u8 = 0x0d;
const CONNECTION_ORIENTED: u8 = 0x0b;
const TCP: u8 = 0x07;
const IP: u8 = 0x09;

fn floor(out: &mut Vec<u8>, left: &[u8], right: &[u8]) {
    for side in [left, right] {
        out.extend_from_slice(&(side.len() as u16).to_le_bytes());
        out.extend_from_slice(side);
    }
}

/// DRSUAPI version 4.0 over NDR, RPC, TCP and IP, port and address left open.
fn tower() -> Vec<u8> {
    let mut out = vec![5, 0];
    floor(&mut out, &[&[BY_UUID][..], &DRSUAPI, &[4, 0]].concat(), &[0, 0]);
    let (syntax, version) = rpc::NDR.split_at(16);
    floor(&mut out, &[&[BY_UUID], syntax, version.get(..2).unwrap_or_default()].concat(), &[0, 0]);
    floor(&mut out, &[CONNECTION_ORIENTED], &[0, 0]);
    floor(&mut out, &[TCP], &[0, 0]);
    floor(&mut out, &[IP], &[0; 4]);
    out
}

/// The call, as one PDU.
pub fn request() -> Vec<u8> {
    let tower = tower();
    let length = (tower.len() as u32).to_le_bytes();
    let mut stub = Vec::new();
    // The object: a pointer to a nil UUID.
    stub.extend_from_slice(&1u32.to_le_bytes());
    stub.extend_from_slice(&[0; 16]);
    // The tower: a pointer, its size as array, its length.
    stub.extend_from_slice(&2u32.to_le_bytes());
    stub.extend_from_slice(&length);
    stub.extend_from_slice(&length);
    stub.extend_from_slice(&tower);
    stub.resize(stub.len().next_multiple_of(4), 0);
    // The entry handle, nil at the beginning.
    stub.extend_from_slice(&[0; 20]);
    stub.extend_from_slice(&MOST_TOWERS.to_le_bytes());
    rpc::request(EPT_MAP, &stub)
}

/// Reads the stub of the response.
///
/// # Errors
/// What is wrong with it.
pub fn decode(stub: &[u8]) -> Result<Mapping, Malformed> {
    let mut reader = Reader::new(stub);
    // The entry handle.
    reader.take(20)?;
    let towers = reader.u32_le()?;
    let _size = reader.u32_le()?;
    let offset = reader.u32_le()?;
    let actual = reader.u32_le()?;
    if towers > MOST_TOWERS || actual != towers || offset != 0 {
        return Err(Malformed("another number of towers than was asked for"));
    }
    let mut pointers = 0;
    for _ in 0..actual {
        pointers += usize::from(reader.u32_le()? != 0);
    }
    let mut endpoint = None;
    for _ in 0..pointers {
        let size = reader.u32_le()?;
        let length = reader.u32_le()?;
        if size != length {
            return Err(Malformed("a tower with two lengths"));
        }
        let length = usize::try_from(length).map_err(|_| Malformed("a tower is too long"))?;
        let tower = reader.take(length)?;
        reader.take(length.next_multiple_of(4) - length)?;
        endpoint = endpoint.or(read_tower(tower)?);
    }
    match (reader.u32_le()?, endpoint) {
        (0, Some(endpoint)) => Ok(Mapping::Registered(endpoint)),
        (0, None) => Err(Malformed("success without an endpoint of DRSUAPI")),
        (NOT_REGISTERED, _) => Ok(Mapping::NotRegistered),
        (status, _) => Ok(Mapping::Status(Status(status))),
    }
}

/// The endpoint in a tower; `None` if it is not one of DRSUAPI over TCP.
fn read_tower(tower: &[u8]) -> Result<Option<Endpoint>, Malformed> {
    let mut reader = Reader::new(tower);
    let floors = reader.u16_le()?;
    let mut is_drsuapi = false;
    let mut port = None;
    let mut address = None;
    for number in 0..floors {
        let length = usize::from(reader.u16_le()?);
        let left = reader.take(length)?;
        let length = usize::from(reader.u16_le()?);
        let right = reader.take(length)?;
        match left {
            [BY_UUID, uuid @ ..] if number == 0 => is_drsuapi = uuid.starts_with(&DRSUAPI),
            [TCP] => port = right.first_chunk().copied().map(u16::from_be_bytes),
            [IP] => address = right.first_chunk::<4>().copied().map(Ipv4Addr::from),
            _ => {}
        }
    }
    let address = address.filter(|address| !address.is_unspecified());
    Ok(port.filter(|port| is_drsuapi && *port != 0).map(|port| Endpoint { port, address }))
}

/// Asks a machine.
pub async fn ask(target: SocketAddr, timeout: Duration) -> Reply<Mapping> {
    map(target, timeout).await.into()
}

async fn map(target: SocketAddr, timeout: Duration) -> Result<Mapping, Failure> {
    let (mut conversation, _) = rpc::connect(target, timeout, None).await?;
    conversation.send(&request()).await?;
    let mut answer = rpc::Answer::default();
    loop {
        let fragment = conversation.frame(rpc::frame_length).await?;
        if let Some(stub) = answer.take(&fragment)? {
            return Ok(decode(&stub)?);
        }
    }
}

/// Tries one connection to the port that the mapper named, and says nothing on it.
pub async fn try_port(target: SocketAddr, timeout: Duration) -> Reply<Connected> {
    Conversation::open(target, timeout).await.map(|_| Connected { port: target.port() }).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::probe::testing::hex;

    #[test]
    fn the_call_is_the_known_one() {
        let expected = "05000003100000009c0000000200000084000000000003000100000000000000000000000000000000000000020000\
                        004b0000004b000000050013000d354251e3064bd111ab0400c04fc2dcd204000200000013000d045d888aeb1cc911\
                        9fe808002b10486002000200000001000b020000000100070200000001000904000000000000000000000000000000\
                        000000000000000000000004000000";
        assert_eq!(request(), hex(expected));
    }

    fn response(towers: &[Vec<u8>], status: u32) -> Vec<u8> {
        let count = (towers.len() as u32).to_le_bytes();
        let mut stub = vec![0; 20];
        stub.extend_from_slice(&count);
        stub.extend_from_slice(&4u32.to_le_bytes());
        stub.extend_from_slice(&[0; 4]);
        stub.extend_from_slice(&count);
        for _ in towers {
            stub.extend_from_slice(&3u32.to_le_bytes());
        }
        for tower in towers {
            let length = (tower.len() as u32).to_le_bytes();
            stub.extend_from_slice(&[length, length].concat());
            stub.extend_from_slice(tower);
            stub.resize(stub.len().next_multiple_of(4), 0);
        }
        stub.extend_from_slice(&status.to_le_bytes());
        stub
    }

    fn at(port: u16, address: [u8; 4]) -> Vec<u8> {
        let mut tower = tower();
        tower.truncate(tower.len() - 16);
        floor(&mut tower, &[TCP], &port.to_be_bytes());
        floor(&mut tower, &[IP], &address);
        tower
    }

    #[test]
    fn the_first_tower_of_drsuapi_counts() {
        let mut other = at(49_152, [0; 4]);
        other[8] ^= 1;
        let stub = response(&[other.clone(), at(49_153, [192, 0, 2, 11]), at(5, [0; 4])], 0);
        let endpoint = Endpoint { port: 49_153, address: Some(Ipv4Addr::new(192, 0, 2, 11)) };
        assert_eq!(decode(&stub), Ok(Mapping::Registered(endpoint)));
        assert!(decode(&response(&[other], 0)).is_err(), "an endpoint of another interface");
        assert!(decode(&response(&[], 0)).is_err());
    }

    #[test]
    fn only_one_status_says_that_there_is_no_directory() {
        assert_eq!(decode(&response(&[], 0x16c9_a0d6)), Ok(Mapping::NotRegistered));
        assert_eq!(decode(&response(&[], 0x16c9_a0cd)), Ok(Mapping::Status(Status(0x16c9_a0cd))));
    }

    #[test]
    fn counts_that_lie_are_refused() {
        let mut many = response(&[at(1, [0; 4])], 0);
        many[20..24].copy_from_slice(&u32::MAX.to_le_bytes());
        many[32..36].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(decode(&many).is_err());
        let mut long = response(&[at(1, [0; 4])], 0);
        long[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
        long[44..48].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(decode(&long).is_err());
        let mut floors = response(&[at(1, [0; 4])], 0);
        floors[48] = 0xff;
        assert!(decode(&floors).is_err());
    }
}
