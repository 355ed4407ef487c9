//! The answer of `guidpost identify` for people.

use std::io::{self, Write};

use super::{Paint, RenderOptions, words, wrap};
use crate::jobs::identify::{
    Conclusion, Facts, Identification, Machine, MachineKind, Presence, ServerSays, Target, TargetKind,
};

/// Where values stand, after their label: two blanks behind the longest, `OS version`.
const REST: &str = "                ";

/// Writes everything.
pub fn render(answer: &Identification, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    for (number, one) in answer.targets.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        target(one, options, out)?;
    }
    if answer.incomplete.is_some() {
        writeln!(
            out,
            "\n{}",
            options.paint(Paint::Unknown, "INCOMPLETE: the run was ended before everything was asked")
        )?;
    }
    writeln!(out)?;
    let (word, paint) = conclusion(answer.result);
    let count = |result| answer.targets.iter().filter(|target| target.result == result).count();
    let parts: Vec<String> = [Conclusion::Identified, Conclusion::Wrong, Conclusion::Unknown]
        .into_iter()
        .filter(|result| count(*result) > 0)
        .map(|result| format!("{} {}", words::grouped(count(result)), phrase(result)))
        .collect();
    let took = words::duration_ms(answer.elapsed_ms);
    writeln!(out, "{}: {}; {took}", options.paint(paint, word), parts.join(", "))
}

fn conclusion(result: Conclusion) -> (&'static str, Paint) {
    match result {
        Conclusion::Identified => ("IDENTIFIED", Paint::Good),
        Conclusion::Unknown => ("UNKNOWN", Paint::Unknown),
        Conclusion::Wrong => ("WRONG", Paint::Bad),
    }
}

fn phrase(result: Conclusion) -> &'static str {
    match result {
        Conclusion::Identified => "identified",
        Conclusion::Unknown => "not established",
        Conclusion::Wrong => "wrong",
    }
}

fn target(target: &Target, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let (word, paint) = conclusion(target.result);
    let what = match target.kind {
        TargetKind::Address => "address",
        TargetKind::Host => "host name",
        TargetKind::Guid => "GUID",
    };
    let title = options.paint(Paint::Strong, format!("{what} {}", options.clean(&target.input)));
    writeln!(out, "{}  {title}", options.paint(paint, word))?;
    if let Some(dc) = target.dc.as_ref().filter(|dc| **dc != target.input) {
        field("DC", dc, options, out)?;
    }
    if let Some(alias) = &target.alias {
        field("alias", alias, options, out)?;
    }
    for server in &target.servers {
        says(server, options, out)?;
    }
    for one in &target.addresses {
        machine(one, target.kind, options, out)?;
    }
    if !target.meaning.is_empty() {
        writeln!(out, "  {}", options.paint(Paint::Strong, "what it means"))?;
        for sentence in &target.meaning {
            lines(wrap::paragraph(&options.clean(sentence), options.width, "    - ", "      "), out)?;
        }
    }
    if !target.commands.is_empty() {
        writeln!(out, "  {}", options.paint(Paint::Strong, "to look further"))?;
        // Command lines are never wrapped: they are there to be copied.
        lines(target.commands.iter().map(|command| format!("      {}", options.clean(command))), out)?;
    }
    Ok(())
}

fn says(server: &ServerSays, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let name = options.clean(&server.server);
    if let Some(trouble) = &server.trouble {
        let trouble = options.paint(Paint::Unknown, options.clean(trouble));
        return lines([format!("  at {name}: {trouble}")], out);
    }
    writeln!(out, "  at {name}")?;
    for seen in &server.records {
        let data = options.clean_all(seen.data.iter().map(String::as_str)).join(", ");
        let arrow = if seen.rtype == "CNAME" { "alias ->" } else { "->" };
        let mut text = match seen.state {
            Presence::Present => format!("{arrow} {data}"),
            Presence::Absent => format!("{} absent", if seen.rtype == "CNAME" { "alias" } else { "addresses" }),
            Presence::Unknown => String::from("unknown"),
        };
        if let Some(detail) = &seen.detail {
            text.push_str(&format!(" ({})", options.clean(detail)));
        }
        let subject = if seen.rtype == "CNAME" { String::new() } else { options.clean(&seen.name) + " " };
        lines([format!("    {subject}{text}")], out)?;
    }
    Ok(())
}

fn machine(machine: &Machine, kind: TargetKind, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let facts = &machine.machine;
    let address = options.clean(&machine.address);
    let (_, paint) = conclusion(machine.result);
    let who = match machine.identity {
        Some(identity) => identity.words(),
        None => kind_words(facts.kind),
    };
    let heading = if kind == TargetKind::Address { String::from("  ") } else { format!("  {address}: ") };
    lines([format!("{heading}{}", options.paint(paint, who))], out)?;
    if let Some(reason) = &machine.not_asked {
        return field("not asked", reason, options, out);
    }
    if let Some(dc) = &machine.dc {
        field("known as", dc, options, out)?;
    }
    describe(facts, options, out)?;
    field("to others", &machine.experience, options, out)?;
    for (number, line) in machine.evidence.iter().enumerate() {
        let label = if number == 0 { "evidence" } else { "" };
        field(label, line, options, out)?;
    }
    Ok(())
}

fn describe(facts: &Facts, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let yes = |flag: bool, yes: &'static str, no: &'static str| if flag { yes } else { no };
    let drsuapi = facts.drsuapi_registered.map(|registered| match (registered, facts.drsuapi_port) {
        (true, Some(port)) => {
            let open =
                facts.drsuapi_port_open.map(|open| yes(open, ", which is reachable", ", which is NOT reachable"));
            format!("registered, port {port}{}", open.unwrap_or_default())
        }
        _ => "not registered: no replication here".into(),
    });
    let clock = facts.clock_ahead_s.map(|seconds| match seconds {
        0 => String::from("as here"),
        ahead if ahead > 0 => format!("{ahead} s ahead of this machine"),
        behind => format!("{} s behind this machine", behind.unsigned_abs()),
    });
    let lost =
        facts.lost_settings.as_ref().map(|guid| format!("its directory has lost its NTDS Settings object {guid}"));
    let ready = facts.ready.filter(|ready| !ready).map(|_| "its directory says that it is not ready".to_owned());
    let roles = (!facts.roles.is_empty()).then(|| facts.roles.join(", "));
    for (label, value) in [
        ("host", &facts.host),
        ("NetBIOS", &facts.netbios_host),
        ("domain", &facts.domain),
        ("NT domain", &facts.netbios_domain),
        ("forest", &facts.forest),
        ("site", &facts.site),
        ("GUID", &facts.guid),
        ("alias", &facts.alias),
        ("roles", &roles),
        ("state", &ready),
        ("state", &lost),
        ("DRSUAPI", &drsuapi),
        ("OS version", &facts.os_version),
        ("clock", &clock),
    ] {
        if let Some(value) = value {
            field(label, value, options, out)?;
        }
    }
    Ok(())
}

fn kind_words(kind: MachineKind) -> &'static str {
    match kind {
        MachineKind::DomainController => "a domain controller",
        MachineKind::NoDomainController => "no domain controller",
        MachineKind::Machine => "a machine that does not say whether it is a domain controller",
        MachineKind::Inconclusive => "answers, identity not established",
        MachineKind::Silent => "nobody answers",
        MachineKind::Unreachable => "unreachable",
        MachineKind::NotAsked => "not asked",
    }
}

fn field(label: &str, value: &str, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let first = wrap::label("    ", label, REST.len());
    lines(wrap::paragraph(&options.clean(value), options.width, &first, REST), out)
}

fn lines(lines: impl IntoIterator<Item = impl AsRef<str>>, out: &mut dyn Write) -> io::Result<()> {
    for line in lines {
        writeln!(out, "{}", line.as_ref().trim_end())?;
    }
    Ok(())
}
