//! Where output goes, and what is known about that place.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::CommandError;
use crate::cli::Display;
use crate::render::{RenderOptions, Verbosity, WIDTH_WITHOUT_TERMINAL, color_wanted};

/// What is known about a standard stream.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// How to write for people there.
    pub options: RenderOptions,
}

impl Console {
    /// Looks at standard output.
    pub fn stdout(display: Display, verbosity: Verbosity) -> Self {
        let terminal = io::stdout().is_terminal();
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self::new(display, verbosity, terminal, width)
    }

    /// Looks at standard error, for messages.
    pub fn stderr(display: Display) -> Self {
        let width = terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| usize::from(width.0));
        Self::new(display, Verbosity::Normal, io::stderr().is_terminal(), width)
    }

    fn new(display: Display, verbosity: Verbosity, terminal: bool, width: Option<usize>) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        Self {
            options: RenderOptions {
                width: width.filter(|_| terminal).unwrap_or(WIDTH_WITHOUT_TERMINAL),
                color: color_wanted(display.color, terminal, variable),
                ascii: display.ascii || !terminal,
                verbosity,
            },
        }
    }
}

/// Whether anything may have gone to standard output.
static PRINTED: AtomicBool = AtomicBool::new(false);

/// Whether what is printed next is the first that standard output gets.
pub fn nothing_printed() -> bool {
    !PRINTED.load(Ordering::Relaxed)
}

/// Lets `write` write to standard output.
///
/// A reader that closed the pipe has seen what it wanted: that is success, and the exit code stays the verdict's.
pub fn to_stdout(color: bool, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CommandError> {
    PRINTED.store(true, Ordering::Relaxed);
    let stdout = io::stdout().lock();
    // Old Windows consoles have to be told that colours come; elsewhere both are the plain stream.
    let stdout = if color { anstream::AutoStream::always(stdout) } else { anstream::AutoStream::always_ansi(stdout) };
    let mut out = BufWriter::new(stdout);
    let Err(error) = write(&mut out).and_then(|()| out.flush()) else { return Ok(()) };
    // What is left in the buffer must not be tried again when it is dropped.
    let _ = out.into_parts();
    if is_closed_pipe(&error) { Ok(()) } else { Err(CommandError::Stdout(error)) }
}

fn is_closed_pipe(error: &io::Error) -> bool {
    // ERROR_PIPE_NOT_CONNECTED, which std counts among the errors without a kind.
    error.kind() == io::ErrorKind::BrokenPipe || cfg!(windows) && error.raw_os_error() == Some(233)
}
