//! Datagrams to and from one server: several with one system call where the system can, one by one elsewhere.

pub(super) use system::{BATCH, Datagrams};

#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use std::io::{self, IoSlice, IoSliceMut};
    use std::os::fd::AsRawFd;

    use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, sendmmsg};
    use tokio::io::Interest;
    use tokio::net::UdpSocket;

    use super::super::LONGEST;

    /// Datagrams that one call takes at most.
    pub(in super::super) const BATCH: usize = 16;
    /// From the room of one datagram to the next. Every one may be of any length; pages that none reaches cost nothing.
    /// A little more than needed, so that their beginnings do not all compete for the same lines of the processor's cache.
    const STRIDE: usize = LONGEST + 1 + 256;

    /// What came with the last call, and working memory for the next.
    pub(in super::super) struct Datagrams {
        octets: Box<[u8]>,
        lengths: [usize; BATCH],
        // The kernel writes the sender's address for every datagram, wanted or not.
        incoming: MultiHeaders<SockaddrStorage>,
        outgoing: MultiHeaders<()>,
    }

    impl Datagrams {
        pub(in super::super) fn new() -> Self {
            Self {
                octets: vec![0; BATCH * STRIDE].into(),
                lengths: [0; BATCH],
                incoming: MultiHeaders::preallocate(BATCH, None),
                outgoing: MultiHeaders::preallocate(BATCH, None),
            }
        }

        /// Takes what the socket holds, and says how many that is: fewer than [`BATCH`] if nothing is left.
        ///
        /// # Errors
        /// The operating system's; nothing was taken.
        pub(in super::super) fn receive(&mut self, udp: &UdpSocket) -> io::Result<usize> {
            let mut rooms = self.octets.chunks_exact_mut(STRIDE);
            let mut slices: [_; BATCH] = std::array::from_fn(|_| [IoSliceMut::new(rooms.next().unwrap_or_default())]);
            let mut count = 0;
            let result = udp.try_io(Interest::READABLE, || {
                let came = recvmmsg(udp.as_raw_fd(), &mut self.incoming, &mut slices, MsgFlags::MSG_DONTWAIT, None)?;
                for (length, message) in self.lengths.iter_mut().zip(came) {
                    *length = message.bytes;
                    count += 1;
                }
                // Tells tokio to wait for the next one, without a call that would find nothing.
                if count < BATCH { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
            });
            match result {
                Err(error) if count == 0 => Err(error),
                _ => Ok(count),
            }
        }

        /// One of those that came with the last call.
        pub(in super::super) fn get(&self, position: usize) -> &[u8] {
            &self.octets[position * STRIDE..][..self.lengths[position]]
        }

        /// Sends the first [`BATCH`] of these, or as many as the kernel takes, and says how many.
        ///
        /// # Errors
        /// The operating system's; nothing was sent.
        pub(in super::super) fn send<'a>(
            &mut self,
            udp: &UdpSocket,
            queries: impl Iterator<Item = &'a [u8]>,
        ) -> io::Result<usize> {
            let mut slices = [[IoSlice::new(&[])]; BATCH];
            let mut count = 0;
            for (slice, query) in slices.iter_mut().zip(queries) {
                *slice = [IoSlice::new(query)];
                count += 1;
            }
            if let [[only]] = &slices[..count] {
                return udp.try_send(only).map(|_| 1);
            }
            udp.try_io(Interest::WRITABLE, || {
                let (fd, nobody) = (udp.as_raw_fd(), [None; BATCH]);
                Ok(sendmmsg(fd, &mut self.outgoing, &slices[..count], nobody, [], MsgFlags::MSG_DONTWAIT)?.count())
            })
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod system {
    use std::io;

    use tokio::net::UdpSocket;

    use super::super::LONGEST;

    /// Datagrams that one call takes.
    pub(in super::super) const BATCH: usize = 1;

    /// What came with the last call, and working memory for the next.
    pub(in super::super) struct Datagrams {
        octets: Box<[u8]>,
        length: usize,
    }

    impl Datagrams {
        pub(in super::super) fn new() -> Self {
            Self { octets: vec![0; LONGEST].into(), length: 0 }
        }

        /// Takes one datagram, and says that it was one.
        ///
        /// # Errors
        /// The operating system's; nothing was taken.
        pub(in super::super) fn receive(&mut self, udp: &UdpSocket) -> io::Result<usize> {
            self.length = udp.try_recv(&mut self.octets)?;
            Ok(1)
        }

        /// The one that came with the last call.
        pub(in super::super) fn get(&self, _: usize) -> &[u8] {
            &self.octets[..self.length]
        }

        /// Sends the first of these.
        ///
        /// # Errors
        /// The operating system's; nothing was sent.
        pub(in super::super) fn send<'a>(
            &mut self,
            udp: &UdpSocket,
            mut queries: impl Iterator<Item = &'a [u8]>,
        ) -> io::Result<usize> {
            let Some(query) = queries.next() else { return Ok(0) };
            udp.try_send(query).map(|_| 1)
        }
    }
}
