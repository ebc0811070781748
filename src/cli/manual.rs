//! `narthex completions` and `narthex man`: shell completions and manual pages, generated from the
//! definition of the command line.

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
    // `narthex help token` would get a page of its own, which is not useful.
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    match folder {
        None => output::document(&page(command, SettingsSection::Listed)?),
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
            write_pages(folder, command, SettingsSection::Listed)
        }
    }
}

/// Whether a page lists the settings that every command accepts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SettingsSection {
    Listed,
    Referenced,
}

/// Writes a page for the command and for each of its subcommands: `narthex-token-add.1`.
fn write_pages(folder: &Path, command: Command, settings: SettingsSection) -> Result<(), CliError> {
    let subcommands: Vec<Command> = command.get_subcommands().cloned().collect();
    let name = command.get_display_name().unwrap_or(command.get_name());
    let file = folder.join(format!("{name}.1"));
    std::fs::write(&file, page(command, settings)?).map_err(|error| unwritten(&file, &error))?;
    subcommands
        .into_iter()
        .try_for_each(|command| write_pages(folder, command, SettingsSection::Referenced))
}

fn unwritten(path: &Path, error: &std::io::Error) -> CliError {
    CliError::Message(format!("{} cannot be written: {error}", path.display()))
}

fn page(mut command: Command, settings: SettingsSection) -> Result<Vec<u8>, CliError> {
    // The short usage of the help. The default would list each setting.
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    command = command.override_usage(usage).mut_args(|argument| {
        let hidden = settings == SettingsSection::Referenced && argument.is_global_set();
        argument.hide_short_help(false).hide(hidden)
    });
    if settings == SettingsSection::Referenced {
        command = command.after_help("The settings that every command accepts are in narthex(1).");
    }
    let mut page = Vec::new();
    let program = concat!("narthex ", env!("CARGO_PKG_VERSION"));
    Man::new(command).source(program).render(&mut page)?;
    Ok(page)
}
