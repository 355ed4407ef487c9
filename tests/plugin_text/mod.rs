//! What the output of a monitoring plugin may hold.

/// Printable ASCII, but nothing that a notification command decodes, a shell obeys, a web page interprets, or that begins
/// performance data; and no mark that Checkmk turns into a state.
#[track_caller]
pub(crate) fn assert_text(text: &str) {
    let bad = text.chars().find(|&c| !(' '..='~').contains(&c) || r#"\|<>&`$"'"#.contains(c));
    assert_eq!(bad, None, "{text}");
    assert!(!["(!)", "(!!)", "(?)"].iter().any(|mark| text.contains(mark)), "{text}");
}

/// A report: text and performance data in its first line, then text.
#[track_caller]
pub(crate) fn assert_output(output: &str) {
    assert!(output.ends_with('\n'), "{output}");
    let (first, more) = output.split_once('\n').unwrap_or_default();
    let (text, perfdata) = first.split_once('|').unwrap_or_default();
    assert!(text.starts_with("GUIDPOST ") && !text.ends_with(' ') && text.len() < 80, "{first}");
    assert!(perfdata.starts_with("criticals="), "{first}");
    assert_text(text);
    more.lines().for_each(assert_text);
}

/// No report: one line with the reason.
#[track_caller]
pub(crate) fn assert_no_report(output: &str) {
    let line = output.strip_suffix('\n').unwrap_or_else(|| panic!("no line: {output:?}"));
    assert!(line.len() > "GUIDPOST UNKNOWN - ".len() && line.starts_with("GUIDPOST UNKNOWN - "), "{output}");
    assert_text(line);
}

/// The stock notification command of Nagios decodes escapes in what it mails. There has to be nothing to decode.
#[track_caller]
pub(crate) fn assert_mailed_whole(output: &str) {
    if cfg!(unix) {
        let mailed =
            std::process::Command::new("/usr/bin/printf").args(["%b", output]).output().expect("printf starts");
        assert_eq!(String::from_utf8_lossy(&mailed.stderr), "");
        assert_eq!(String::from_utf8_lossy(&mailed.stdout), output);
    }
}
