//! `narthex completions` and `narthex man`: what shells and `man` want to know of the command line, made
//! from the same table that reads it.

use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Cli, CliError, output};

pub(super) fn completions(shell: Shell) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "narthex", &mut script);
    output::document(&script)
}

pub(super) fn man(folder: Option<&Path>) -> Result<(), CliError> {
    // `narthex help token` would have a page of its own; nobody looks for it.
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    match folder {
        None => output::document(&page(command, Settings::Told)?),
        Some(folder) => {
            std::fs::create_dir_all(folder)?;
            write_pages(folder, command, Settings::Told)
        }
    }
}

/// Whether a page tells what every command may be given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settings {
    Told,
    Elsewhere,
}

/// A page for the command and for each below it: `narthex-token-add.1`.
fn write_pages(folder: &Path, command: Command, settings: Settings) -> Result<(), CliError> {
    let below: Vec<Command> = command.get_subcommands().cloned().collect();
    let name = command.get_display_name().unwrap_or(command.get_name());
    let file = folder.join(format!("{name}.1"));
    std::fs::write(file, page(command, settings)?)?;
    below
        .into_iter()
        .try_for_each(|command| write_pages(folder, command, Settings::Elsewhere))
}

fn page(mut command: Command, settings: Settings) -> Result<Vec<u8>, CliError> {
    // As the help has it, short; left to itself the page would list each of the settings.
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    command = command.override_usage(usage).mut_args(|argument| {
        let elsewhere = settings == Settings::Elsewhere && argument.is_global_set();
        argument.hide_short_help(false).hide(elsewhere)
    });
    if settings == Settings::Elsewhere {
        command = command.after_help("The settings, which every command takes, are in narthex(1).");
    }
    let mut page = Vec::new();
    let program = concat!("narthex ", env!("CARGO_PKG_VERSION"));
    Man::new(command).source(program).render(&mut page)?;
    Ok(page)
}
