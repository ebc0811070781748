//! The parts that the shops with and without accounts share.

mod orders;
mod page;

pub use self::{
    orders::{NewOrder, Order, Orders, Sales},
    page::FrontPage,
};
