//! Queries whose SQL text is generated once.
//!
//! A query that runs on an [`AnyConnection`](super::AnyConnection) itself generates its text two to
//! four times per run. diesel also prepares every `UPDATE` again, because the next one of the same
//! type may set another column. Together these took more than half of the time of creating a token.
//! Frequent queries therefore use the two macros of this file.

/// Runs a query on the connection inside an [`AnyConnection`](super::AnyConnection). There diesel
/// identifies a query by its type and reuses the prepared statement:
///
/// ```ignore
/// with_backend!(connection => users::table.find(user).select(users::name).first(connection))
/// ```
macro_rules! with_backend {
    ($connection:ident => $query:expr) => {
        match $connection {
            #[cfg(feature = "postgres")]
            $crate::db::AnyConnection::Postgres($connection) => $query,
            #[cfg(feature = "sqlite")]
            $crate::db::AnyConnection::Sqlite($connection) => $query,
        }
    };
}

/// Defines a statement with constant text and placeholders for values. The resulting type runs like
/// any other diesel query:
///
/// ```ignore
/// cached_statement! {
///     Rename { name: String as Text, user: UserId as Binary } =
///         "UPDATE users SET name = " name " WHERE id = " user
/// }
/// with_backend!(connection => Rename::new(name, user).execute(connection))
/// ```
///
/// With `-> BigInt` after the braces, the statement returns rows of that type.
macro_rules! cached_statement {
    (
        $name:ident { $($field:ident: $type:ty as $sql:ty),* $(,)? } $(-> $row:ty)? = $($part:tt)+
    ) => {
        struct $name {
            $($field: diesel::dsl::AsExprOf<$type, $sql>,)*
        }

        impl $name {
            fn new($($field: $type),*) -> Self {
                Self {
                    $($field: diesel::IntoSql::into_sql::<$sql>($field),)*
                }
            }
        }

        impl diesel::query_builder::QueryId for $name {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl<DB: diesel::backend::Backend> diesel::query_builder::QueryFragment<DB> for $name
        where
            $(diesel::dsl::AsExprOf<$type, $sql>: diesel::query_builder::QueryFragment<DB>,)*
        {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, DB>,
            ) -> diesel::QueryResult<()> {
                $($crate::db::cached_statement!(@part self out $part);)+
                Ok(())
            }
        }

        impl<Conn> diesel::query_dsl::RunQueryDsl<Conn> for $name {}

        $(impl diesel::query_builder::Query for $name {
            type SqlType = $row;
        })?
    };
    (@part $self:ident $out:ident $text:literal) => {
        $out.push_sql($text)
    };
    (@part $self:ident $out:ident $field:ident) => {
        diesel::query_builder::QueryFragment::walk_ast(&$self.$field, $out.reborrow())?
    };
}

pub(crate) use {cached_statement, with_backend};
