//! Generates a flag for every setting from the table of settings.

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use crate::config::keys;

/// The heading of the settings in the help.
pub(super) const HEADING: &str =
    "Settings (a flag, else its environment variable, else its key in narthex.toml)";

/// The settings that were given as flags.
#[derive(Default)]
pub struct Overrides {
    pub(super) given: Vec<(&'static str, String)>,
}

impl FromArgMatches for Overrides {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut overrides = Self::default();
        overrides.update_from_arg_matches(matches)?;
        Ok(overrides)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let given = keys().filter_map(|key| {
            let value = matches.try_get_one::<String>(key.env).ok().flatten()?;
            Some((key.env, value.clone()))
        });
        self.given.extend(given);
        Ok(())
    }
}

impl Args for Overrides {
    fn augment_args(command: Command) -> Command {
        // The secret key has no flag, because every user of the machine can see command lines.
        keys()
            .filter(|key| key.env != "NARTHEX_SECRET_KEY")
            .fold(command, |command, key| {
                let default = key
                    .default
                    .map(|value| format!(" [default: {value}]"))
                    .unwrap_or_default();
                command.arg(
                    Arg::new(key.env)
                        .long(key.flag())
                        .value_name("VALUE")
                        .help(format!("{}{default} [env: {}]", key.help, key.env))
                        .help_heading(HEADING)
                        .hide_short_help(true)
                        .global(true),
                )
            })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
