//! What ought to be: derived from configuration and evidence, without input or output.
