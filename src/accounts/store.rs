//! The queries about users.

use diesel::{QueryResult, prelude::*};

use super::{Profile, notice_email::NoticeEmail};
use crate::{
    app_state::Invalidation,
    credentials::store::UserRow,
    crypto::password_hash::StoredHash,
    db::AnyConnection,
    schema::users,
    types::user::User,
    types::{email::Email, ids::UserId, language_tag::LanguageTag},
    util::clock::Timestamp,
};

/// An account, for the account pages and for operators.
#[derive(Clone)]
pub struct Account {
    /// The data that every credential of the user may read.
    pub user: User,
    /// The time since which the account is disabled.
    pub disabled_at: Option<Timestamp>,
    /// The time since which the address waits for its verification.
    pub email_unverified_since: Option<Timestamp>,
}

/// The accounts that a list shows, and their maximum number.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    /// A part of the address or of the name. Letter case is ignored.
    pub search: Option<String>,
    /// The maximum number of accounts. `None` is no limit.
    pub limit: Option<u32>,
}

/// The result of a search.
pub struct AccountPage {
    /// The accounts, up to the filter's limit.
    pub accounts: Vec<Account>,
    /// The number of matching accounts without the limit.
    pub total: i64,
}

diesel::define_sql_function! {
    /// Converts the text to lower case.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct Row {
    #[diesel(embed)]
    user: UserRow,
    disabled_at: Option<Timestamp>,
}

impl From<Row> for Account {
    fn from(row: Row) -> Self {
        Self {
            disabled_at: row.disabled_at,
            email_unverified_since: row.user.email_unverified_since,
            user: row.user.into_user(),
        }
    }
}

pub(super) fn insert(
    connection: &mut AnyConnection,
    user: &User,
    email: &Email,
    password: &StoredHash,
    unverified_since: Option<Timestamp>,
) -> QueryResult<()> {
    diesel::insert_into(users::table)
        .values((
            users::id.eq(user.id),
            users::email.eq(&user.email),
            users::email_canonical.eq(email.canonical()),
            users::name.eq(&user.name),
            users::password_hash.eq(password.as_str()),
            users::created_at.eq(user.created_at),
            users::language.eq(user.language.as_ref().map(LanguageTag::to_string)),
            users::email_unverified_since.eq(unverified_since),
        ))
        .execute(connection)
        .map(drop)
}

pub(super) fn find(connection: &mut AnyConnection, id: UserId) -> QueryResult<Option<Account>> {
    let row: Option<Row> = users::table
        .find(id)
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    Ok(row.map(Account::from))
}

pub(super) fn by_email(
    connection: &mut AnyConnection,
    canonical: &str,
) -> QueryResult<Option<Account>> {
    let row: Option<Row> = users::table
        .filter(users::email_canonical.eq(canonical))
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    Ok(row.map(Account::from))
}

pub(super) fn all(connection: &mut AnyConnection) -> QueryResult<Vec<Account>> {
    let rows: Vec<Row> = users::table
        .order(users::id.asc())
        .select(Row::as_select())
        .load(connection)?;
    Ok(rows.into_iter().map(Account::from).collect())
}

pub(super) fn search(
    connection: &mut AnyConnection,
    filter: &AccountFilter,
) -> QueryResult<AccountPage> {
    let pattern = contains_pattern(filter.search.as_deref().unwrap_or_default());
    let matches = users::email_canonical
        .like(pattern.clone())
        .escape('\\')
        .or(lower(users::name).like(pattern).escape('\\'));
    let rows: Vec<Row> = users::table
        .filter(matches.clone())
        .order(users::id.asc())
        .limit(filter.limit.map_or(i64::MAX, i64::from))
        .select(Row::as_select())
        .load(connection)?;
    let total = users::table.filter(matches).count().first(connection)?;
    Ok(AccountPage {
        accounts: rows.into_iter().map(Account::from).collect(),
        total,
    })
}

/// Returns the `LIKE` pattern for texts that contain `part`.
fn contains_pattern(part: &str) -> String {
    let mut pattern = String::from("%");
    for c in part.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

pub(super) fn set_profile(
    connection: &mut AnyConnection,
    _: Invalidation,
    id: UserId,
    profile: &Profile,
) -> QueryResult<()> {
    let language = profile.language.as_ref();
    diesel::update(users::table.find(id))
        .set((
            users::name.eq(profile.name.as_str()),
            users::language.eq(language.map(LanguageTag::to_string)),
        ))
        .execute(connection)
        .map(drop)
}

pub(super) fn set_email(
    connection: &mut AnyConnection,
    _: Invalidation,
    id: UserId,
    email: &Email,
) -> QueryResult<()> {
    diesel::update(users::table.find(id))
        .set((
            users::email.eq(email.as_str()),
            users::email_canonical.eq(email.canonical()),
        ))
        .execute(connection)
        .map(drop)
}

pub(super) fn notice_email(
    connection: &mut AnyConnection,
    id: UserId,
) -> QueryResult<Option<NoticeEmail>> {
    let row: Option<(Option<String>, Option<Timestamp>)> = users::table
        .find(id)
        .select((users::notice_email, users::notice_email_verified_at))
        .first(connection)
        .optional()?;
    let (address, verified_at) = row.unwrap_or_default();
    Ok(address.map(|address| NoticeEmail {
        address,
        is_verified: verified_at.is_some(),
    }))
}

/// Sets or removes the second address. It is not verified. No cached credential has it, so nothing
/// is invalidated.
pub(super) fn set_notice_email(
    connection: &mut AnyConnection,
    id: UserId,
    address: Option<&str>,
) -> QueryResult<()> {
    diesel::update(users::table.find(id))
        .set((
            users::notice_email.eq(address),
            users::notice_email_verified_at.eq(None::<Timestamp>),
        ))
        .execute(connection)
        .map(drop)
}

/// Marks the second address as verified, if it is still this one.
pub(super) fn set_notice_email_verified(
    connection: &mut AnyConnection,
    id: UserId,
    address: &str,
    now: Timestamp,
) -> QueryResult<bool> {
    diesel::update(
        users::table
            .find(id)
            .filter(users::notice_email.eq(address)),
    )
    .set(users::notice_email_verified_at.eq(now))
    .execute(connection)
    .map(|rows| rows == 1)
}

pub(super) fn set_disabled(
    connection: &mut AnyConnection,
    _: Invalidation,
    id: UserId,
    disabled_at: Option<Timestamp>,
) -> QueryResult<()> {
    diesel::update(users::table.find(id))
        .set(users::disabled_at.eq(disabled_at))
        .execute(connection)
        .map(drop)
}

pub(super) fn delete(
    connection: &mut AnyConnection,
    _: Invalidation,
    id: UserId,
) -> QueryResult<()> {
    diesel::delete(users::table.find(id))
        .execute(connection)
        .map(drop)
}
