//! The files that a run writes beside its report: `--output` and `--save-evidence`.

use std::path::Path;

use super::CommandError;
use crate::base::files::{FileError, OutputFile};
use crate::cli::{OutputSpec, Reporting};
use crate::evidence::{Evidence, file};
use crate::render::{Format, RenderOptions, render};
use crate::report::Report;

/// The files that were asked for. What cannot be written keeps neither the report nor the other files from being written.
pub(super) struct SideFiles {
    evidence: Option<SideFile>,
    outputs: Vec<(Format, SideFile)>,
    failed: Vec<CommandError>,
}

/// One file, and the option that asked for it.
struct SideFile {
    option: String,
    file: OutputFile,
}

impl SideFiles {
    /// Prepares all of them, before anybody is asked: the place of each is held from then on.
    pub(super) fn create(reporting: &Reporting) -> Self {
        Self::prepare(reporting.save_evidence.as_deref(), &reporting.output)
    }

    /// Prepares a file for evidence alone.
    pub(super) fn of_evidence(path: Option<&Path>) -> Self {
        Self::prepare(path, &[])
    }

    fn prepare(save_evidence: Option<&Path>, outputs: &[OutputSpec]) -> Self {
        let mut failed = Vec::new();
        let mut create = |option: String, path| match OutputFile::create(path) {
            Ok(file) => Some(SideFile { option, file }),
            Err(error) => {
                failed.push(failure(option, error));
                None
            }
        };
        let evidence = save_evidence.and_then(|path| create(format!("--save-evidence {}", path.display()), path));
        let outputs = outputs.iter().filter_map(|output| {
            let file = create(format!("--output {output}"), &output.file)?;
            Some((output.format, file))
        });
        let outputs = outputs.collect();
        Self { evidence, outputs, failed }
    }

    /// There is no report: nothing is written. Gives what could not have been written.
    pub(super) fn abandon(self) -> Vec<CommandError> {
        self.failed
    }

    /// Writes the evidence alone. Gives what could not be written.
    pub(super) fn save(self, evidence: &Evidence) -> Vec<CommandError> {
        let Self { evidence: saved, mut failed, .. } = self;
        let saved = saved.map(|SideFile { option, file: saved }| {
            saved.fill(|out| file::write(evidence, out)).map_err(|error| failure(option, error))
        });
        failed.extend(saved.and_then(Result::err));
        failed
    }

    /// Writes all of them. Gives what could not be written.
    pub(super) fn write(mut self, evidence: &Evidence, report: &Report) -> Vec<CommandError> {
        let outputs = std::mem::take(&mut self.outputs);
        let mut failed = self.save(evidence);
        for (format, SideFile { option, file }) in outputs {
            if let Err(error) = file.fill(|out| render(format, report, &RenderOptions::default(), out)) {
                failed.push(failure(option, error));
            }
        }
        failed
    }
}

fn failure(option: String, error: FileError) -> CommandError {
    CommandError::SideFile { option, error: error.into_reason() }
}
