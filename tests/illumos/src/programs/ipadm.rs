//! ipadm (facts §1): subcommands, options, messages.
//!
//! Not simulated: set-prop and its kin, properties other than `standby` and `deprecated`, host names as addresses,
//! point-to-point addresses, prefixes from router advertisements.

pub(crate) mod address;
pub(crate) mod interface;
mod ipmp;
pub(crate) mod object;
mod property;
mod show;

use super::getopt::{OptionError, Parsed, Spec};
use crate::dialect::Dialect;
use crate::layout::Table;
use crate::output::Output;
use crate::state::State;

/// What a subcommand ends with when it fails: the text after `ipadm: `.
type Done = Result<Output, String>;

/// Runs ipadm.
pub(crate) fn run(state: &mut State, words: &[&str]) -> Output {
    let Some((subcommand, rest)) = words.split_first() else {
        // Since 2021-10 no arguments are show-addr, before they are an error (facts §1.1, §10.12).
        return match state.dialect {
            Dialect::IllumosOld => usage(state, 1),
            Dialect::Solaris11 => show::everything(state),
            _ => run(state, &["show-addr"]),
        };
    };
    if *subcommand == "help" && state.dialect != Dialect::IllumosOld {
        return usage(state, 0);
    }
    let Some(usage_line) = subcommands(state.dialect).find(|(name, _)| name == subcommand).map(|(_, usage)| usage)
    else {
        let mut output = usage(state, 1);
        let mut stderr = format!("ipadm: unknown subcommand '{subcommand}'\n").into_bytes();
        stderr.append(&mut output.stderr);
        return Output { stderr, ..output };
    };
    let done = match *subcommand {
        "create-if" | "create-ip" => interface::create(state, rest, usage_line),
        "delete-if" | "delete-ip" => interface::delete(state, rest, usage_line),
        "enable-if" => interface::enable_command(state, rest, usage_line),
        "disable-if" => interface::disable_command(state, rest, usage_line),
        "create-ipmp" => ipmp::create(state, rest, usage_line),
        "delete-ipmp" => ipmp::delete(state, rest, usage_line),
        "add-ipmp" => ipmp::update(state, rest, usage_line, true),
        "remove-ipmp" => ipmp::update(state, rest, usage_line, false),
        "set-ifprop" => property::set(state, rest, usage_line),
        "reset-ifprop" => property::reset(state, rest, usage_line),
        "show-ifprop" => property::show(state, rest, usage_line),
        "create-addr" => address::create_command(state, rest, usage_line),
        "delete-addr" => address::delete_command(state, rest, usage_line),
        "up-addr" => address::mark_command(state, rest, usage_line, true),
        "down-addr" => address::mark_command(state, rest, usage_line, false),
        "enable-addr" => address::enable_command(state, rest, usage_line),
        "disable-addr" => address::disable_command(state, rest, usage_line),
        "refresh-addr" => address::refresh_command(state, rest, usage_line),
        "set-addrprop" => property::set_address(state, rest, usage_line),
        "reset-addrprop" => property::reset_address(state, rest, usage_line),
        "show-addrprop" => property::show_address(state, rest, usage_line),
        "show-if" => show::interfaces(state, rest, usage_line),
        "show-addr" => show::addresses(state, rest, usage_line),
        _ => Err("Operation not supported".to_owned()),
    };
    done.unwrap_or_else(Output::ipadm_failure)
}

/// Names and usage of the subcommands (facts §1.2). Those with IPMP and the aliases create-ip, delete-ip came with
/// issue 2554.
fn subcommands(dialect: Dialect) -> impl Iterator<Item = (&'static str, &'static str)> {
    const ALL: [(&str, &str); 24] = [
        ("create-if", "create-if\t[-t] <interface>"),
        ("create-ip", "create-ip\t[-t] <interface>"),
        ("delete-if", "delete-if\t<interface>"),
        ("delete-ip", "delete-ip\t<interface>"),
        ("disable-if", "disable-if\t-t <interface>"),
        ("enable-if", "enable-if\t-t <interface>"),
        ("show-if", "show-if\t\t[[-p] -o <field>,...] [<interface>]"),
        ("set-ifprop", "set-ifprop\t[-t] -p <prop>=<value[,...]> -m <protocol> <interface>"),
        ("reset-ifprop", "reset-ifprop\t[-t] -p <prop> -m <protocol> <interface>"),
        ("show-ifprop", "show-ifprop\t[[-c] -o <field>,...] [-p <prop>,...] [-m <protocol>] [interface]"),
        ("create-ipmp", "create-ipmp\t[-t] [-i <interface>[,<interface>]+] <ipmp-interface>"),
        ("delete-ipmp", "delete-ipmp\t<ipmp-interface>"),
        ("add-ipmp", "add-ipmp\t[-t] -i <interface>[,<interface>]+ <ipmp-interface>"),
        ("remove-ipmp", "remove-ipmp\t[-t] -i <interface>[,<interface>]+ <ipmp-interface>"),
        ("create-addr", "create-addr\t[-t] -T static [-d] -a{local|remote}=addr[/prefixlen] <addrobj>"),
        ("down-addr", "down-addr\t[-t] <addrobj>"),
        ("up-addr", "up-addr\t\t[-t] <addrobj>"),
        ("disable-addr", "disable-addr\t-t <addrobj>"),
        ("enable-addr", "enable-addr\t-t <addrobj>"),
        ("refresh-addr", "refresh-addr\t[-i] <addrobj>"),
        ("delete-addr", "delete-addr\t[-r] <addrobj>"),
        ("show-addr", "show-addr\t[[-p] -o <field>,...] [<addrobj>]"),
        ("set-addrprop", "set-addrprop\t[-t] -p <prop>=<value[,...]> <addrobj>"),
        ("reset-addrprop", "reset-addrprop\t[-t] -p <prop> <addrobj>"),
    ];
    let show_addrprop = ("show-addrprop", "show-addrprop\t[[-c] -o <field>,...] [-p <prop>,...] [<addrobj>]");
    ALL.into_iter().chain([show_addrprop]).filter(move |(name, _)| {
        dialect.has_ipadm_ipmp() || !(name.ends_with("-ipmp") || matches!(*name, "create-ip" | "delete-ip"))
    })
}

/// The usage goes to standard error, also when it was asked for (facts §1.2).
fn usage(state: &State, status: u8) -> Output {
    let mut text = String::from("usage:  ipadm <subcommand> <args> ...\n");
    for (_, line) in subcommands(state.dialect) {
        text.push('\t');
        text.push_str(line);
        text.push('\n');
    }
    Output { stderr: text.into_bytes(), ending: crate::Ending::Exit(status), ..Output::default() }
}

/// Parses options; a mistake is told with the usage of the subcommand (facts §1.6).
fn options<'a>(spec: &Spec, words: &[&'a str], usage: &str) -> Result<Parsed<'a>, String> {
    spec.parse(words).map_err(|error| match error {
        OptionError::NoValue(option) => format!("option '-{option}' requires a value\nusage: {usage}"),
        OptionError::Unknown(option) => format!("unrecognized option '-{option}'\nusage: {usage}"),
    })
}

/// The one operand that most subcommands take (facts §1.6, arity).
fn operand<'a>(parsed: &Parsed<'a>, usage: &str) -> Result<&'a str, String> {
    match parsed.operands[..] {
        [one] => Ok(one),
        _ => Err(format!("Usage: {usage}")),
    }
}

/// Lays out a table of ipadm.
fn table(table: &Table, fields: Option<&str>, parsable: bool) -> Done {
    let laid = table.lay(fields, parsable).map_err(|error| error.to_string())?;
    let mut output = Output::of(laid.text);
    for field in laid.ignored {
        output = output.warned(format!("ipadm: warning: ignoring unknown output field: `{field}'"));
    }
    Ok(output)
}
