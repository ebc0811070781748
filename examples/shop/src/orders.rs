//! The orders, in a SQLite file of the shop.

use std::{
    fmt::Display,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{
    error::{BlockingError, ErrorInternalServerError},
    web,
};
use diesel::{
    connection::SimpleConnection as _, dsl::count_star, prelude::*, sqlite::SqliteConnection,
};
use serde::{Deserialize, Serialize};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY NOT NULL,
    customer TEXT NOT NULL,
    item TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_by_customer ON orders (customer);";

diesel::table! {
    orders (id) {
        id -> Integer,
        customer -> Text,
        item -> Text,
    }
}

/// An order of a customer.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Queryable, Selectable, Serialize)]
pub struct Order {
    /// The number of the order.
    pub id: i32,
    /// The ordered item.
    pub item: String,
}

/// The data of an order that a customer places.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct NewOrder {
    /// The ordered item.
    pub item: String,
}

/// The number of orders of one item.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Queryable, Serialize)]
pub struct Sales {
    /// The ordered item.
    pub item: String,
    /// The number of orders.
    pub orders: i64,
}

/// The orders of all customers. A clone uses the same connection.
#[derive(Clone)]
pub struct Orders(Arc<Mutex<SqliteConnection>>);

impl Orders {
    /// Opens a SQLite file, and creates the table if it is missing.
    ///
    /// # Errors
    /// The file cannot be opened or is not a database.
    pub fn open(path: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let mut connection = SqliteConnection::establish(path)?;
        connection.batch_execute(TABLE)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Returns the orders of a customer, newest first.
    ///
    /// # Errors
    /// A failure of the database.
    pub async fn of(&self, customer: impl Display) -> actix_web::Result<Vec<Order>> {
        let customer = customer.to_string();
        self.run(|connection| {
            orders::table
                .filter(orders::customer.eq(customer))
                .order(orders::id.desc())
                .select(Order::as_select())
                .load(connection)
        })
        .await
    }

    /// Places an order.
    ///
    /// # Errors
    /// A failure of the database.
    pub async fn place(&self, customer: impl Display, new: NewOrder) -> actix_web::Result<Order> {
        let customer = customer.to_string();
        self.run(|connection| {
            diesel::insert_into(orders::table)
                .values((orders::customer.eq(customer), orders::item.eq(new.item)))
                .returning(Order::as_returning())
                .get_result(connection)
        })
        .await
    }

    /// Cancels all orders of a customer.
    ///
    /// # Errors
    /// A failure of the database.
    pub async fn cancel_all(&self, customer: impl Display) -> actix_web::Result<usize> {
        let customer = customer.to_string();
        self.run(|connection| {
            let of_customer = orders::table.filter(orders::customer.eq(customer));
            diesel::delete(of_customer).execute(connection)
        })
        .await
    }

    /// Returns the sales of each item.
    ///
    /// # Errors
    /// A failure of the database.
    pub async fn sales(&self) -> actix_web::Result<Vec<Sales>> {
        self.run(|connection| {
            orders::table
                .group_by(orders::item)
                .select((orders::item, count_star()))
                .order((count_star().desc(), orders::item))
                .load(connection)
        })
        .await
    }

    /// Runs a query on a thread for blocking work.
    async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut SqliteConnection) -> QueryResult<T> + Send + 'static,
    ) -> actix_web::Result<T> {
        let connection = Arc::clone(&self.0);
        let result: Result<_, BlockingError> = web::block(move || {
            query(&mut connection.lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await;
        result?.map_err(ErrorInternalServerError)
    }
}
