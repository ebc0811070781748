//! The page of the shop.

use actix_web::{error::ErrorInternalServerError, web::Html};
use askama::Template;
use narthex::{Caller, Narthex, Page};

use crate::Order;

/// The front page: the orders of the customer and a form.
#[derive(Template)]
#[template(path = "front.html")]
pub struct FrontPage {
    orders: Vec<Order>,
    account: Option<AccountLinks>,
}

/// The name of the user, and the paths of the account pages.
struct AccountLinks {
    name: String,
    account: String,
    tokens: String,
    sign_out: String,
}

impl AccountLinks {
    fn of(user: &Caller, narthex: &Narthex) -> Self {
        Self {
            name: user.user().name.clone(),
            account: narthex.path(Page::Account),
            tokens: narthex.path(Page::Tokens),
            sign_out: narthex.path(Page::SignOut),
        }
    }
}

impl FrontPage {
    /// Makes the page of a customer with these orders.
    #[must_use]
    pub const fn new(orders: Vec<Order>) -> Self {
        Self {
            orders,
            account: None,
        }
    }

    /// Adds the name of the user and the links to the account.
    #[must_use]
    pub fn with_account(mut self, user: &Caller, narthex: &Narthex) -> Self {
        self.account = Some(AccountLinks::of(user, narthex));
        self
    }

    /// Returns the page.
    ///
    /// # Errors
    /// None are expected.
    pub fn html(&self) -> actix_web::Result<Html> {
        let text = self.render().map_err(ErrorInternalServerError)?;
        Ok(Html::new(text))
    }
}
