//! Starts programs for tests, and those of Windows under Wine in spite of it.

use std::io;
use std::time::Duration;

/// ERROR_INTERNAL_ERROR of Windows, which names no error of a program.
const INTERNAL_ERROR: i32 = 1359;

/// Runs `start`, which starts a program, and gives what that gave.
///
/// Once in some thousands of times a new process under Wine dies before it has told Wine's server that it is there, and
/// whoever starts it gets this error; tests/windows.sh says why, and prevents it where it may. Nothing of the program has
/// run by then, so it is started again. However a program that did run has ended is no error of its start, and is never
/// tried again.
#[track_caller]
pub(crate) fn program<T>(mut start: impl FnMut() -> io::Result<T>) -> T {
    for _ in 0..4 {
        match start() {
            Err(error) if cfg!(windows) && error.raw_os_error() == Some(INTERNAL_ERROR) => {
                std::thread::sleep(Duration::from_millis(200));
            }
            started => return started.expect("the program starts"),
        }
    }
    start().expect("the program starts")
}
