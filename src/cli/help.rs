//! The command line as the program parses it. Only `narthex --help` and `narthex serve --help` list
//! the settings, although every command accepts them.

use clap::{Command, CommandFactory as _, Error, FromArgMatches as _};

use super::Cli;

/// Reads the arguments of the process.
///
/// # Errors
/// Wrong usage, or the help that was asked for.
pub(super) fn parse() -> Result<Cli, Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(std::env::args_os())?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

fn command() -> Command {
    let mut command = Cli::command();
    // The settings are arguments of the program. Subcommands get them here.
    command.build();
    command.mut_subcommands(|one| match one.get_name() {
        "serve" => one,
        _ => without_settings(one),
    })
}

fn without_settings(command: Command) -> Command {
    command
        .mut_args(|argument| {
            let is_setting = argument.is_global_set() && argument.is_hide_short_help_set();
            argument.hide_long_help(is_setting)
        })
        .mut_subcommands(without_settings)
        .after_help("The settings that every command accepts: narthex --help")
}
