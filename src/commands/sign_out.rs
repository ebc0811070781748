//! `narthex sign-out`: ends a selection of what can get in as a user.

use super::{Failed, Form, account, credentials, json, output, user::Who};
use crate::{
    activity::Actor,
    context::Context,
    credentials::{
        Class, Kind, Reason, Selection,
        sign_out::{self, Ending, Preview},
    },
    fields::Fields,
    kit::clock::Timestamp,
};

#[derive(clap::Args)]
pub(super) struct SignOut {
    #[command(flatten)]
    who: Who,
    /// Show what would end, and end nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    form: Form,
    // Last: its heading is that of all that follows.
    #[command(flatten)]
    selection: SelectionFlags,
}

/// A selection as flags: one for each field, repeated as the field is. Without any it is everything.
#[derive(clap::Args)]
#[command(
    next_help_heading = "Selection (without any of these, everything; repeat one to name several)"
)]
struct SelectionFlags {
    /// Only sessions or only tokens
    #[arg(long, value_parser = Class::ALL.map(Class::as_str))]
    class: Vec<String>,
    /// Only this kind
    #[arg(long, value_parser = Kind::ALL.map(Kind::as_str))]
    kind: Vec<String>,
    /// Only this one
    #[arg(long)]
    id: Vec<String>,
    /// All but this one
    #[arg(long, value_name = "ID")]
    except: Vec<String>,
    /// Only what was not used for so long (30d), or since this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    unused_since: Option<String>,
    /// Only what was made before this time
    #[arg(long, value_name = "TIME")]
    created_before: Option<String>,
    /// Only what was last used from this network, such as 192.0.2.0/24
    #[arg(long, value_name = "NETWORK")]
    from: Vec<String>,
    /// Only what this credential made
    #[arg(long, value_name = "ID")]
    made_by: Vec<String>,
    /// Only what may do this
    #[arg(long)]
    ability: Vec<String>,
}

impl SelectionFlags {
    fn selection(self, now: Timestamp) -> Result<Selection, Failed> {
        let named = [
            ("class", self.class),
            ("kind", self.kind),
            ("id", self.id),
            ("except", self.except),
            ("unused_since", self.unused_since.into_iter().collect()),
            ("created_before", self.created_before.into_iter().collect()),
            ("from", self.from),
            ("made_by", self.made_by),
            ("ability", self.ability),
        ];
        let named = named
            .into_iter()
            .flat_map(|(name, values)| values.into_iter().map(move |value| (name, value)));
        let mut fields = Fields::new(named);
        let selection = Selection::take(&mut fields, now, None);
        fields.finish().map_err(|errors| Failed::flags(&errors))?;
        Ok(selection)
    }
}

impl SignOut {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failed> {
        let selection = self.selection.selection(context.now())?;
        let email = self.who.email;
        let user = account(context, &email).await?.user.id;
        if self.dry_run {
            let preview = sign_out::preview(context, user, selection).await?;
            return show(context, self.form, &preview);
        }
        let ending = Ending::of(selection, Reason::Operator);
        let receipt = sign_out::end(context, user, ending, Actor::operator()).await?;
        let done = format!("Signed {} out.", email.as_str());
        credentials::receipt(context, self.form, &done, &receipt)
    }
}

fn show(context: &Context, form: Form, preview: &Preview) -> Result<(), Failed> {
    if form.json {
        return output::json(&json::preview(preview));
    }
    let columns = credentials::table(&preview.credentials, context.now());
    if !preview.credentials.is_empty() {
        output::line("This would end:")?;
    }
    columns.print("This would end nothing.")
}
