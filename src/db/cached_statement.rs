//! Queries whose text is written once.
//!
//! Run on an [`AnyConnection`](super::AnyConnection) itself, a query has its text written anew two to
//! four times whenever it runs; and diesel prepares every `UPDATE` anew, for one may set another column
//! than the last of its type. Together that was more than half of what making a token took. What runs
//! often goes by these two instead.

/// Runs a query on the connection inside of an [`AnyConnection`](super::AnyConnection), where diesel
/// knows a query by its type and has it prepared:
///
/// ```ignore
/// on!(connection => users::table.find(user).select(users::name).first(connection))
/// ```
macro_rules! with_backend {
    ($connection:ident => $query:expr) => {
        match $connection {
            $crate::db::AnyConnection::Postgres($connection) => $query,
            $crate::db::AnyConnection::Sqlite($connection) => $query,
        }
    };
}

/// A statement that always has the same text, with places for values, as a type that diesel runs as any
/// other query:
///
/// ```ignore
/// statement! {
///     Rename { name: String as Text, user: UserId as Binary } =
///         "UPDATE users SET name = " name " WHERE id = " user
/// }
/// on!(connection => Rename::new(name, user).execute(connection))
/// ```
///
/// With `-> BigInt` after the braces it returns rows of that type.
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
