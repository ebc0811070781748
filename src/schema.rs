// @generated automatically by Diesel CLI.

diesel::table! {
    account_change_sequence (id) {
        id -> Int2,
        position -> Int8,
    }
}

diesel::table! {
    account_changes (position) {
        position -> Int8,
        at -> Int8,
        kind -> Text,
        user_id -> Binary,
        receipt_id -> Nullable<Binary>,
    }
}

diesel::table! {
    attempt_counters (key) {
        key -> Binary,
        clear_at -> Int8,
        blocked_until -> Int8,
    }
}

diesel::table! {
    authenticator_apps (id) {
        id -> Binary,
        user_id -> Binary,
        sealed_secret -> Binary,
        sealed_with -> Binary,
        created_at -> Int8,
        last_used_at -> Nullable<Int8>,
        last_step -> Int8,
        failures -> Int8,
    }
}

diesel::table! {
    credentials (id) {
        id -> Binary,
        user_id -> Binary,
        class -> Text,
        kind -> Text,
        name -> Text,
        abilities -> Text,
        user_agent -> Nullable<Text>,
        ip -> Nullable<Text>,
        remembered -> Bool,
        paused -> Bool,
        made_by -> Nullable<Binary>,
        form_key -> Nullable<Binary>,
        created_at -> Int8,
        expires_at -> Nullable<Int8>,
        idle_limit -> Nullable<Int8>,
        confirmed_until -> Nullable<Int8>,
        ended_at -> Nullable<Int8>,
        receipt_id -> Nullable<Binary>,
        amr -> Text,
        auth_time -> Nullable<Int8>,
        second_factor_until -> Nullable<Int8>,
    }
}

diesel::table! {
    database_identity (id) {
        id -> Int2,
        identity -> Text,
    }
}

diesel::table! {
    events (id) {
        id -> Binary,
        user_id -> Nullable<Binary>,
        at -> Int8,
        kind -> Text,
        actor_credential_id -> Nullable<Binary>,
        ip -> Nullable<Text>,
        credential_id -> Nullable<Binary>,
        receipt_id -> Nullable<Binary>,
        detail -> Text,
        times -> Int8,
    }
}

diesel::table! {
    expiry_warnings (credential_id, expires_at, days) {
        credential_id -> Binary,
        expires_at -> Int8,
        days -> Int2,
    }
}

diesel::table! {
    imported (source, kind, foreign_id) {
        source -> Text,
        kind -> Text,
        foreign_id -> Text,
        id -> Binary,
        imported_at -> Int8,
    }
}

diesel::table! {
    invalidation_sequence (id) {
        id -> Int2,
        position -> Int8,
        settled_server -> Text,
    }
}

diesel::table! {
    invalidations (position) {
        position -> Int8,
        key -> Binary,
        published_by -> Nullable<Binary>,
        created_at -> Int8,
        identity -> Int8,
    }
}

diesel::table! {
    jobs (id) {
        id -> Binary,
        kind -> Text,
        payload -> Text,
        user_id -> Nullable<Binary>,
        group_key -> Nullable<Binary>,
        created_at -> Int8,
        due_at -> Int8,
        give_up_at -> Int8,
        attempts -> Int8,
        claim_id -> Nullable<Binary>,
        failed_at -> Nullable<Int8>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    known_browsers (digest, user_id) {
        digest -> Binary,
        user_id -> Binary,
        created_at -> Int8,
        last_seen_at -> Int8,
    }
}

diesel::table! {
    last_uses (credential_id) {
        credential_id -> Binary,
        at -> Int8,
        ip -> Nullable<Text>,
    }
}

diesel::table! {
    mail_requests (key, id) {
        key -> Binary,
        id -> Binary,
        at -> Int8,
    }
}

diesel::table! {
    migration_checksums (version) {
        version -> Text,
        checksum -> Text,
    }
}

diesel::table! {
    nodes (id) {
        id -> Binary,
        heartbeat -> Int8,
        applied_position -> Int8,
        joined_at -> Int8,
        heartbeat_at -> Int8,
        signing_key_digest -> Text,
        accepted_key_digests -> Text,
        token_prefix -> Text,
        server -> Text,
        foreign_tokens -> Text,
    }
}

diesel::table! {
    one_time_links (id) {
        id -> Binary,
        digest -> Binary,
        salt -> Binary,
        purpose -> Text,
        user_id -> Nullable<Binary>,
        email -> Text,
        email_canonical -> Text,
        created_at -> Int8,
        expires_at -> Int8,
        code_expires_at -> Nullable<Int8>,
        wrong_codes -> Int8,
        detail -> Text,
    }
}

diesel::table! {
    passkey_challenges (digest) {
        digest -> Binary,
        holder -> Binary,
        created_at -> Int8,
    }
}

diesel::table! {
    passkey_user_handles (user_id) {
        user_id -> Binary,
        handle -> Binary,
    }
}

diesel::table! {
    passkeys (id) {
        id -> Binary,
        user_id -> Binary,
        credential_id -> Binary,
        public_key -> Text,
        name -> Text,
        aaguid -> Binary,
        transports -> Text,
        counter -> Int8,
        backup_eligible -> Bool,
        backed_up -> Bool,
        created_at -> Int8,
        last_used_at -> Nullable<Int8>,
        copy_suspected_at -> Nullable<Int8>,
        user_verified -> Bool,
    }
}

diesel::table! {
    pending_authenticator_apps (session_id) {
        session_id -> Binary,
        sealed_secret -> Binary,
        created_at -> Int8,
    }
}

diesel::table! {
    receipts (id) {
        id -> Binary,
        user_id -> Binary,
        at -> Int8,
        reason -> Text,
        actor_credential_id -> Nullable<Binary>,
        ip -> Nullable<Text>,
        sessions_ended -> Int8,
        tokens_ended -> Int8,
        trusted_browsers_ended -> Int8,
    }
}

diesel::table! {
    recovery_code_sets (user_id) {
        user_id -> Binary,
        created_at -> Int8,
        last_used_at -> Nullable<Int8>,
    }
}

diesel::table! {
    recovery_codes (user_id, locator) {
        user_id -> Binary,
        locator -> Text,
        hash -> Text,
    }
}

diesel::table! {
    rotations (secret_digest) {
        secret_digest -> Binary,
        request_digest -> Binary,
        salt -> Binary,
        overlap -> Int8,
    }
}

diesel::table! {
    secrets (digest) {
        digest -> Binary,
        credential_id -> Binary,
        hint -> Text,
        created_at -> Int8,
        valid_until -> Nullable<Int8>,
        revoked_at -> Nullable<Int8>,
        form -> Text,
        accepted_until -> Nullable<Int8>,
    }
}

diesel::table! {
    sign_in_attempts (digest) {
        digest -> Binary,
        user_id -> Binary,
        password_digest -> Binary,
        remembered -> Bool,
        tried -> Int8,
        created_at -> Int8,
        session_id -> Nullable<Binary>,
        passkey_id -> Nullable<Binary>,
    }
}

diesel::table! {
    token_networks (credential_id, network) {
        credential_id -> Binary,
        network -> Text,
        first_used_at -> Int8,
    }
}

diesel::table! {
    trusted_browsers (id) {
        id -> Binary,
        user_id -> Binary,
        digest -> Binary,
        created_at -> Int8,
        last_used_at -> Nullable<Int8>,
        expires_at -> Int8,
        user_agent -> Nullable<Text>,
        ip -> Nullable<Text>,
    }
}

diesel::table! {
    users (id) {
        id -> Binary,
        email -> Text,
        email_canonical -> Text,
        name -> Text,
        password_hash -> Text,
        created_at -> Int8,
        disabled_at -> Nullable<Int8>,
        language -> Nullable<Text>,
        email_unverified_since -> Nullable<Int8>,
        notice_email -> Nullable<Text>,
        notice_email_verified_at -> Nullable<Int8>,
    }
}

diesel::table! {
    write_probe (id) {
        id -> Int2,
        probes -> Int8,
    }
}

diesel::joinable!(authenticator_apps -> users (user_id));
diesel::joinable!(credentials -> receipts (receipt_id));
diesel::joinable!(credentials -> users (user_id));
diesel::joinable!(events -> users (user_id));
diesel::joinable!(expiry_warnings -> credentials (credential_id));
diesel::joinable!(jobs -> users (user_id));
diesel::joinable!(known_browsers -> users (user_id));
diesel::joinable!(last_uses -> credentials (credential_id));
diesel::joinable!(one_time_links -> users (user_id));
diesel::joinable!(passkey_user_handles -> users (user_id));
diesel::joinable!(passkeys -> users (user_id));
diesel::joinable!(pending_authenticator_apps -> credentials (session_id));
diesel::joinable!(receipts -> users (user_id));
diesel::joinable!(recovery_code_sets -> users (user_id));
diesel::joinable!(recovery_codes -> users (user_id));
diesel::joinable!(rotations -> secrets (secret_digest));
diesel::joinable!(secrets -> credentials (credential_id));
diesel::joinable!(sign_in_attempts -> users (user_id));
diesel::joinable!(token_networks -> credentials (credential_id));
diesel::joinable!(trusted_browsers -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    account_change_sequence,
    account_changes,
    attempt_counters,
    authenticator_apps,
    credentials,
    database_identity,
    events,
    expiry_warnings,
    imported,
    invalidation_sequence,
    invalidations,
    jobs,
    known_browsers,
    last_uses,
    mail_requests,
    migration_checksums,
    nodes,
    one_time_links,
    passkey_challenges,
    passkey_user_handles,
    passkeys,
    pending_authenticator_apps,
    receipts,
    recovery_code_sets,
    recovery_codes,
    rotations,
    secrets,
    sign_in_attempts,
    token_networks,
    trusted_browsers,
    users,
    write_probe,
);
