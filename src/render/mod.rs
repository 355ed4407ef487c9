//! One file per output format, and the escaping of foreign text.
