//! Sockets that the process may not have yet: some systems allow 256 files at once, and a service manager fewer. A lack
//! of our own says nothing about a server or a machine, so it is waited for, and told apart from everything else.

use std::io;
use std::time::{Duration, Instant};

/// How long a socket is waited for while nothing else of the run ends. Conversations that hold one end within seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is asked for.
pub(super) const STEP: Duration = Duration::from_millis(20);

/// Whether the process, or the system, has no file descriptor left: nothing was sent.
pub(super) fn is_scarcity(error: &io::Error) -> bool {
    // ENFILE and EMFILE of every Unix; WSAEMFILE.
    let codes: &[i32] = if cfg!(windows) { &[10_024] } else { &[23, 24] };
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

/// Opens a socket, as soon as there is one. `waiting` is told whenever there is none.
pub(super) async fn patiently<T>(
    mut open: impl AsyncFnMut() -> io::Result<T>,
    mut waiting: impl FnMut(Instant),
) -> io::Result<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        match open().await {
            Err(error) if is_scarcity(&error) && Instant::now() < end => {
                waiting(Instant::now());
                tokio::time::sleep(STEP).await;
            }
            ended => return ended,
        }
    }
}
