// @generated automatically by Diesel CLI.

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
        last_used_ip -> Nullable<Text>,
        remembered -> Bool,
        paused -> Bool,
        made_by -> Nullable<Binary>,
        form_key -> Nullable<Binary>,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>,
        idle_limit -> Nullable<BigInt>,
        confirmed_until -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
        receipt_id -> Nullable<Binary>,
    }
}

diesel::table! {
    events (id) {
        id -> Binary,
        user_id -> Binary,
        at -> BigInt,
        kind -> Text,
        by_credential -> Nullable<Binary>,
        ip -> Nullable<Text>,
        credential_id -> Nullable<Binary>,
        receipt_id -> Nullable<Binary>,
        detail -> Text,
    }
}

diesel::table! {
    receipts (id) {
        id -> Binary,
        user_id -> Binary,
        at -> BigInt,
        reason -> Text,
        by_credential -> Nullable<Binary>,
        ip -> Nullable<Text>,
        sessions_ended -> BigInt,
        tokens_ended -> BigInt,
    }
}

diesel::table! {
    secrets (digest) {
        digest -> Binary,
        credential_id -> Binary,
        hint -> Text,
        created_at -> BigInt,
        valid_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    users (id) {
        id -> Binary,
        email -> Text,
        email_canonical -> Text,
        name -> Text,
        password -> Text,
        changes -> BigInt,
        created_at -> BigInt,
        disabled_at -> Nullable<BigInt>,
    }
}

diesel::joinable!(credentials -> receipts (receipt_id));
diesel::joinable!(credentials -> users (user_id));
diesel::joinable!(events -> users (user_id));
diesel::joinable!(receipts -> users (user_id));
diesel::joinable!(secrets -> credentials (credential_id));

diesel::allow_tables_to_appear_in_same_query!(credentials, events, receipts, secrets, users,);
