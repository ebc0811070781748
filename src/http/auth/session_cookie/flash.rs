//! The message that a request leaves for the next page.

use super::{MESSAGE, SessionCookie};
use crate::{
    error::Result,
    http::response::components::{Toast, Tone},
    types::ids::ReceiptId,
};

const RECEIPT: &str = "e";
/// Its value says that the message reports no success. A message without it is a success.
const ATTENTION: &str = "w";

impl SessionCookie {
    /// Stores a message for the next page. It replaces a message that no page has shown, and the
    /// receipt of that message.
    ///
    /// # Errors
    /// The errors of [`SessionCookie::sign_in`].
    pub fn set_flash_message(&self, message: &Toast) -> Result<()> {
        self.session.remove(RECEIPT);
        match message.tone {
            Tone::Success => drop(self.session.remove(ATTENTION)),
            Tone::Attention => self.put(ATTENTION, "1")?,
        }
        self.put(MESSAGE, &message.text)
    }

    /// Stores the id of the receipt that the message for the next page refers to.
    ///
    /// # Errors
    /// The errors of [`SessionCookie::sign_in`].
    pub fn set_flash_receipt(&self, receipt: ReceiptId) -> Result<()> {
        self.put(RECEIPT, &receipt.to_string())
    }

    /// Takes the id of the receipt that the message of an earlier page refers to.
    #[must_use]
    pub fn take_flash_receipt(&self) -> Option<ReceiptId> {
        let receipt = self.session.get::<String>(RECEIPT).ok().flatten()?;
        self.session.remove(RECEIPT);
        receipt.parse().ok()
    }

    /// Takes the message of an earlier page.
    #[must_use]
    pub fn take_flash_message(&self) -> Option<Toast> {
        let text = self.session.get::<String>(MESSAGE).ok().flatten()?;
        self.session.remove(MESSAGE);
        let tone = match self.session.remove(ATTENTION) {
            Some(_) => Tone::Attention,
            None => Tone::Success,
        };
        Some(Toast { text, tone })
    }
}
