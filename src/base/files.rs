//! Reading and writing files: the one place that does.
//!
//! Text may be UTF-8 or, as Windows PowerShell 5.1 writes it, UTF-16 with a byte order mark. Output goes to a temporary
//! file beside its target and is renamed over it at the end, so that a reader never sees half a report.
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "files.rs is where files are touched")]

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The most that [`read_text`] reads.
pub const TEXT_LIMIT: u64 = 64 * 1024 * 1024;

/// Why a file could not be read or written. Each message names what was attempted and the path.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("cannot {operation} `{}`: {error}", path.display())]
    Io {
        /// What was attempted, such as `read`.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        error: io::Error,
    },
    /// The file is larger than anything that is expected there.
    #[error("cannot read `{}`: it is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
    /// The file is no text in a known encoding.
    #[error("cannot read `{}` as text: {error}", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        error: TextError,
    },
}

impl FileError {
    /// Whether the file does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == io::ErrorKind::NotFound)
    }

    /// Whether the file exists, and should not.
    pub fn is_there(&self) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == io::ErrorKind::AlreadyExists)
    }

    /// Why, without the path: for messages that name the file in another way.
    pub fn into_reason(self) -> io::Error {
        match self {
            Self::Io { error, .. } => error,
            other => io::Error::other(other),
        }
    }
}

/// Why bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Neither UTF-8 nor UTF-16 with a byte order mark.
    #[error(
        "byte {octet:#04x} at offset {offset} is not UTF-8; save the file as UTF-8, or as UTF-16 with a byte order mark"
    )]
    Utf8 {
        /// The offending byte.
        octet: u8,
        /// Its place in the file, from 0.
        offset: usize,
    },
    /// UTF-16 by its mark, but with half a surrogate pair, or an odd number of bytes.
    #[error("the UTF-16 text is broken at offset {offset}")]
    Utf16 {
        /// The place in the file, from 0.
        offset: usize,
    },
}

/// Reads at most `limit` bytes.
///
/// # Errors
/// The operating system's, or that the file is larger.
pub fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    match read_beginning(path, limit)? {
        (bytes, None) => Ok(bytes),
        (_, Some(too_large)) => Err(too_large),
    }
}

/// Reads the first `limit` bytes, and says so if the file is larger.
///
/// # Errors
/// The operating system's.
pub fn read_beginning(path: &Path, limit: u64) -> Result<(Vec<u8>, Option<FileError>), FileError> {
    let failed = |error| FileError::Io { operation: "read", path: path.to_owned(), error };
    let mut bytes = Vec::new();
    // The length is not asked for beforehand: it says nothing for pipes and for files that grow.
    File::open(path).map_err(failed)?.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    let limited = usize::try_from(limit).unwrap_or(usize::MAX);
    let too_large = (bytes.len() > limited).then(|| FileError::TooLarge { path: path.to_owned(), limit });
    bytes.truncate(limited);
    Ok((bytes, too_large))
}

/// Reads the first `limit` bytes like [`read_beginning`], of a regular file alone: whoever opens a pipe may wait for ever.
///
/// # Errors
/// The operating system's, or that it is no regular file.
pub fn read_regular(path: &Path, limit: u64) -> Result<(Vec<u8>, Option<FileError>), FileError> {
    let failed = |error| FileError::Io { operation: "read", path: path.to_owned(), error };
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")));
    }
    read_beginning(path, limit)
}

/// Reads a text of at most [`TEXT_LIMIT`] bytes, see [`decode_text`].
///
/// # Errors
/// The operating system's, that the file is too large, or the place where it is no text.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    read_text_up_to(path, TEXT_LIMIT)
}

/// Reads a text of at most `limit` bytes, see [`decode_text`].
///
/// # Errors
/// The operating system's, that the file is too large, or the place where it is no text.
pub fn read_text_up_to(path: &Path, limit: u64) -> Result<String, FileError> {
    decode_text(read_bytes(path, limit)?).map_err(|error| FileError::NotText { path: path.to_owned(), error })
}

/// Decodes UTF-8, with or without a byte order mark, and UTF-16 with one. The mark is not part of the text.
///
/// # Errors
/// The offset of the first byte that fits neither.
pub fn decode_text(mut bytes: Vec<u8>) -> Result<String, TextError> {
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => return decode_utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return decode_utf16(rest, u16::from_be_bytes),
        _ => {}
    }
    let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    bytes.drain(..mark);
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        TextError::Utf8 { octet: error.as_bytes().get(at).copied().unwrap_or_default(), offset: mark + at }
    })
}

/// Decodes UTF-16 with a byte order mark; what is broken becomes U+FFFD. `None` without the mark.
pub fn decode_utf16_lossy(bytes: &[u8]) -> Option<String> {
    let (rest, unit): (_, fn([u8; 2]) -> u16) = match bytes {
        [0xff, 0xfe, rest @ ..] => (rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => (rest, u16::from_be_bytes),
        _ => return None,
    };
    let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    Some(char::decode_utf16(units).map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, TextError> {
    let pairs = bytes.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Err(TextError::Utf16 { offset: bytes.len() + 1 });
    }
    let mut text = String::with_capacity(bytes.len() / 2);
    // The byte order mark, which is not in `bytes`, takes two.
    let mut offset = 2;
    for decoded in char::decode_utf16(pairs.map(|pair| unit([pair[0], pair[1]]))) {
        let character = decoded.map_err(|_| TextError::Utf16 { offset })?;
        offset += 2 * character.len_utf16();
        text.push(character);
    }
    Ok(text)
}

/// A file that appears under its name only when it is complete.
///
/// [`OutputFile::create`] makes a temporary file in the same directory, so a path that cannot be written fails before
/// any work is done. [`OutputFile::commit`] renames it over the target; dropped without, it vanishes and what stood
/// under the name before stays whole.
#[derive(Debug)]
pub struct OutputFile {
    target: PathBuf,
    /// Empty when there is none: after the rename, and for a device or pipe.
    temporary: PathBuf,
    /// `None` once the file is closed for the rename.
    file: Option<io::BufWriter<File>>,
    /// Nothing may stand under the name.
    new: bool,
}

impl OutputFile {
    /// Prepares writing to `path`.
    ///
    /// # Errors
    /// The operating system's, if the directory is missing or not writable, or `path` is a directory.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let failed = |error| FileError::Io { operation: "write", path: path.to_owned(), error };
        // A device or pipe, such as `/dev/stdout`, is written to as it is: nothing may be renamed over it.
        if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
            let file = OpenOptions::new().write(true).open(path).map_err(failed)?;
            return Ok(Self {
                target: path.to_owned(),
                temporary: PathBuf::new(),
                file: Some(io::BufWriter::new(file)),
                new: false,
            });
        }
        // A symbolic link stays one: what it points to is replaced. A target that does not exist yet is itself.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let kind = io::ErrorKind::IsADirectory;
        let name = target.file_name().filter(|_| !target.is_dir()).ok_or(kind).map_err(|kind| failed(kind.into()))?;
        for attempt in 0..100 {
            let mut hidden = OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{}-{attempt}.tmp", std::process::id()));
            let temporary = target.with_file_name(hidden);
            match Self::options().open(&temporary) {
                Ok(file) => return Ok(Self { target, temporary, file: Some(io::BufWriter::new(file)), new: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(failed(io::ErrorKind::AlreadyExists.into()))
    }

    /// As [`OutputFile::create`], for a file that does not exist and will not be overwritten, not even if it comes into
    /// being meanwhile.
    ///
    /// # Errors
    /// That it exists ([`FileError::is_there`]), or those of [`OutputFile::create`].
    pub fn create_new(path: &Path) -> Result<Self, FileError> {
        // A symbolic link is there, wherever it leads.
        if fs::symlink_metadata(path).is_ok() {
            let error = io::ErrorKind::AlreadyExists.into();
            return Err(FileError::Io { operation: "write", path: path.to_owned(), error });
        }
        let mut file = Self::create(path)?;
        file.new = true;
        Ok(file)
    }

    fn options() -> OpenOptions {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // Readable for a web server or a collector of another user; the umask may narrow it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
        options
    }

    /// Lets `write` fill the file, and makes that the content of the target.
    ///
    /// # Errors
    /// The operating system's; the target is then as it was before.
    pub fn fill(mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), FileError> {
        match write(&mut self) {
            Ok(()) => self.commit(),
            Err(error) => Err(FileError::Io { operation: "write", path: self.target.clone(), error }),
        }
    }

    /// Makes what was written the content of the target.
    ///
    /// # Errors
    /// The operating system's; the target is then as it was before.
    pub fn commit(mut self) -> Result<(), FileError> {
        let failed = |error| FileError::Io { operation: "write", path: self.target.clone(), error };
        if let Some(writer) = self.file.take() {
            let file = writer.into_inner().map_err(|error| failed(error.into_error()))?;
            if self.temporary.as_os_str().is_empty() {
                return Ok(());
            }
            // Without this a crash soon after the rename could leave an empty file under the name.
            file.sync_all().map_err(failed)?;
        }
        if self.new {
            // Only one process can create the name; who did may put its file there.
            Self::options().open(&self.target).map_err(failed)?;
        }
        fs::rename(&self.temporary, &self.target).map_err(failed)?;
        // Nothing is left to remove.
        self.temporary.clear();
        Ok(())
    }
}

impl OutputFile {
    fn writer(&mut self) -> io::Result<&mut io::BufWriter<File>> {
        self.file.as_mut().ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer()?.flush()
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if !self.temporary.as_os_str().is_empty() {
            // Windows does not remove an open file; what is still in the buffer is not wanted any more.
            if let Some(writer) = self.file.take() {
                drop(writer.into_parts());
            }
            // There is nobody to tell; the worst outcome is a left-over file with a telling name.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

#[cfg(test)]
mod tests;
