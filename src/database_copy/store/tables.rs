//! The tables that are copied, and their rows.
//!
//! A row has every column of its table: a column that a migration adds does not compile until it is
//! listed here.
//!
//! These tables are not copied, because they describe one database or the processes on it:
//!
//! - `nodes`: no node runs on the target.
//! - `invalidations`, `invalidation_sequence`: a node that joins the target begins with an empty
//!   cache, so no earlier invalidation concerns it.
//! - `account_change_sequence`: its only row exists in the target, and gets the position of the
//!   source.
//! - `database_identity`: the target has its own, which its first node records.
//! - `migration_checksums` and diesel's list: the migrations of the target write them.
//! - `sign_in_attempts`, `pending_authenticator_apps`, `passkey_challenges`: steps of a flow, which
//!   the user begins again.
//! - `write_probe`: a counter without a meaning.

use diesel::{QueryResult, connection::DefaultLoadingMode, pg::PgRowByRowLoadingMode, prelude::*};
use serde::Serialize;

use super::{CopiedRow, CopiedTable, for_each_batch};
use crate::db::{AnyConnection, with_backend};

/// Defines the type of a row for each table, and the list of all tables.
macro_rules! copied_tables {
    ($($table:ident => $row:ident { $($column:ident: $type:ty),+ $(,)? })+) => {
        $(
            #[derive(Insertable, Queryable, Serialize)]
            #[diesel(table_name = crate::schema::$table, treat_none_as_default_value = false)]
            struct $row {
                $($column: $type),+
            }

            impl CopiedRow for $row {
                fn read_batches<E: From<diesel::result::Error>>(
                    connection: &mut AnyConnection,
                    work: impl FnMut(Vec<Self>) -> Result<(), E>,
                ) -> Result<(), E> {
                    use crate::schema::$table::table;
                    match connection {
                        AnyConnection::Sqlite(sqlite) => {
                            for_each_batch(table.load_iter::<Self, DefaultLoadingMode>(sqlite)?, work)
                        }
                        AnyConnection::Postgres(postgres) => {
                            for_each_batch(table.load_iter::<Self, PgRowByRowLoadingMode>(postgres)?, work)
                        }
                    }
                }

                fn insert(connection: &mut AnyConnection, rows: &[Self]) -> QueryResult<()> {
                    use crate::schema::$table::table;
                    with_backend!(connection => diesel::insert_into(table)
                        .values(rows)
                        .execute(connection))
                    .map(drop)
                }

                fn exists(connection: &mut AnyConnection) -> QueryResult<bool> {
                    use crate::schema::$table::table;
                    with_backend!(connection => table.limit(1).load::<Self>(connection))
                        .map(|rows| !rows.is_empty())
                }
            }
        )+

        /// All tables that are copied. A table comes after the tables that it references.
        pub(in crate::database_copy) const TABLES: &[CopiedTable] = &[
            $(CopiedTable::of::<$row>(
                stringify!($table),
                concat!("LOCK TABLE ", stringify!($table), " IN SHARE MODE"),
            )),+
        ];
    };
}

copied_tables! {
    users => User {
        id: Vec<u8>,
        email: String,
        email_canonical: String,
        name: String,
        password_hash: String,
        created_at: i64,
        disabled_at: Option<i64>,
        language: Option<String>,
        email_unverified_since: Option<i64>,
        notice_email: Option<String>,
        notice_email_verified_at: Option<i64>,
    }
    receipts => Receipt {
        id: Vec<u8>,
        user_id: Vec<u8>,
        at: i64,
        reason: String,
        actor_credential_id: Option<Vec<u8>>,
        ip: Option<String>,
        sessions_ended: i64,
        tokens_ended: i64,
        trusted_browsers_ended: i64,
    }
    credentials => Credential {
        id: Vec<u8>,
        user_id: Vec<u8>,
        class: String,
        kind: String,
        name: String,
        abilities: String,
        user_agent: Option<String>,
        ip: Option<String>,
        remembered: bool,
        paused: bool,
        made_by: Option<Vec<u8>>,
        form_key: Option<Vec<u8>>,
        created_at: i64,
        expires_at: Option<i64>,
        idle_limit: Option<i64>,
        confirmed_until: Option<i64>,
        ended_at: Option<i64>,
        receipt_id: Option<Vec<u8>>,
        amr: String,
        auth_time: Option<i64>,
        second_factor_until: Option<i64>,
    }
    authenticator_apps => AuthenticatorApp {
        id: Vec<u8>,
        user_id: Vec<u8>,
        sealed_secret: Vec<u8>,
        sealed_with: Vec<u8>,
        created_at: i64,
        last_used_at: Option<i64>,
        last_step: i64,
        failures: i64,
    }
    recovery_codes => RecoveryCode {
        user_id: Vec<u8>,
        locator: String,
        hash: String,
    }
    recovery_code_sets => RecoveryCodeSet {
        user_id: Vec<u8>,
        created_at: i64,
        last_used_at: Option<i64>,
    }
    passkeys => Passkey {
        id: Vec<u8>,
        user_id: Vec<u8>,
        credential_id: Vec<u8>,
        public_key: String,
        name: String,
        aaguid: Vec<u8>,
        transports: String,
        counter: i64,
        backup_eligible: bool,
        backed_up: bool,
        created_at: i64,
        last_used_at: Option<i64>,
        copy_suspected_at: Option<i64>,
        user_verified: bool,
    }
    passkey_user_handles => PasskeyUserHandle {
        user_id: Vec<u8>,
        handle: Vec<u8>,
    }
    trusted_browsers => TrustedBrowser {
        id: Vec<u8>,
        user_id: Vec<u8>,
        digest: Vec<u8>,
        created_at: i64,
        last_used_at: Option<i64>,
        expires_at: i64,
        user_agent: Option<String>,
        ip: Option<String>,
    }
    last_uses => LastUse {
        credential_id: Vec<u8>,
        at: i64,
        ip: Option<String>,
    }
    secrets => Secret {
        digest: Vec<u8>,
        credential_id: Vec<u8>,
        hint: String,
        created_at: i64,
        valid_until: Option<i64>,
        revoked_at: Option<i64>,
        form: String,
        accepted_until: Option<i64>,
    }
    rotations => Rotation {
        secret_digest: Vec<u8>,
        request_digest: Vec<u8>,
        salt: Vec<u8>,
        overlap: i64,
    }
    events => Event {
        id: Vec<u8>,
        user_id: Option<Vec<u8>>,
        at: i64,
        kind: String,
        actor_credential_id: Option<Vec<u8>>,
        ip: Option<String>,
        credential_id: Option<Vec<u8>>,
        receipt_id: Option<Vec<u8>>,
        detail: String,
        times: i64,
    }
    imported => Imported {
        source: String,
        kind: String,
        foreign_id: String,
        id: Vec<u8>,
        imported_at: i64,
    }
    attempt_counters => AttemptCounter {
        key: Vec<u8>,
        clear_at: i64,
        blocked_until: i64,
    }
    jobs => Job {
        id: Vec<u8>,
        kind: String,
        payload: String,
        user_id: Option<Vec<u8>>,
        group_key: Option<Vec<u8>>,
        created_at: i64,
        due_at: i64,
        give_up_at: i64,
        attempts: i64,
        claim_id: Option<Vec<u8>>,
        failed_at: Option<i64>,
        last_error: Option<String>,
    }
    one_time_links => OneTimeLink {
        id: Vec<u8>,
        digest: Vec<u8>,
        salt: Vec<u8>,
        purpose: String,
        user_id: Option<Vec<u8>>,
        email: String,
        email_canonical: String,
        created_at: i64,
        expires_at: i64,
        code_expires_at: Option<i64>,
        wrong_codes: i64,
        detail: String,
    }
    mail_requests => MailRequest {
        key: Vec<u8>,
        id: Vec<u8>,
        at: i64,
    }
    known_browsers => KnownBrowser {
        digest: Vec<u8>,
        user_id: Vec<u8>,
        created_at: i64,
        last_seen_at: i64,
    }
    token_networks => TokenNetwork {
        credential_id: Vec<u8>,
        network: String,
        first_used_at: i64,
    }
    expiry_warnings => ExpiryWarning {
        credential_id: Vec<u8>,
        expires_at: i64,
        days: i16,
    }
    account_changes => AccountChange {
        position: i64,
        at: i64,
        kind: String,
        user_id: Vec<u8>,
        receipt_id: Option<Vec<u8>>,
    }
}
