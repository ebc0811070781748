//! The representation of the types of Narthex in columns, the same in both databases.

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    serialize::{self, Output, ToSql},
    sql_types::{BigInt, Binary},
};
use uuid::Uuid;

use crate::{crypto::digest::Digest, types::id::Id, util::clock::Timestamp};

// The derives work through a proxy, so that clocks and ids do not depend on diesel.

#[derive(AsExpression, FromSqlRow)]
#[diesel(foreign_derive, sql_type = BigInt)]
#[expect(dead_code, reason = "names the type for the derives, holds nothing")]
struct TimestampColumn(Timestamp);

#[derive(AsExpression, FromSqlRow)]
#[diesel(foreign_derive, sql_type = Binary)]
#[expect(dead_code, reason = "names the type for the derives, holds nothing")]
struct IdColumn<T: 'static>(Id<T>);

#[derive(AsExpression, FromSqlRow)]
#[diesel(foreign_derive, sql_type = Binary)]
#[expect(dead_code, reason = "names the type for the derives, holds nothing")]
struct DigestColumn(Digest);

/// Microseconds since the Unix epoch, UTC.
impl<DB: Backend> FromSql<BigInt, DB> for Timestamp
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        i64::from_sql(bytes).map(Self::from_micros)
    }
}

impl<DB: Backend> ToSql<BigInt, DB> for Timestamp
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.as_micros().to_sql(out)
    }
}

/// 16 bytes.
impl<T, DB: Backend> FromSql<Binary, DB> for Id<T>
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_uuid(Uuid::from_slice(&Vec::from_sql(bytes)?)?))
    }
}

impl<T: 'static, DB: Backend> ToSql<Binary, DB> for Id<T>
where
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.as_bytes().as_slice().to_sql(out)
    }
}

/// 32 bytes.
impl<DB: Backend> FromSql<Binary, DB> for Digest
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes: Vec<u8> = FromSql::from_sql(bytes)?;
        <[u8; 32]>::try_from(bytes)
            .map(Self::from_stored)
            .map_err(|_| "a digest has 32 bytes".into())
    }
}

impl<DB: Backend> ToSql<Binary, DB> for Digest
where
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.as_bytes().as_slice().to_sql(out)
    }
}
