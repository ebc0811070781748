//! The forms of a page, as a browser fills them in and sends them.

use super::answer::{Answer, attribute};

/// A form and its inputs, in the order of the page.
#[derive(Debug)]
pub struct Form {
    pub controls: Vec<Control>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    pub name: String,
    pub kind: String,
    pub value: String,
    pub checked: bool,
}

impl Control {
    /// Returns whether a browser sends this control.
    pub fn is_sent(&self) -> bool {
        let ticked = ["checkbox", "radio"].contains(&&*self.kind);
        !self.name.is_empty() && (!ticked || self.checked)
    }
}

/// The form of a page that is sent to `action`.
#[track_caller]
pub fn form_in(page: &Answer, action: &str) -> Form {
    let forms = page.text.split("<form").skip(1);
    let mut forms = forms.filter_map(|rest| rest.split("</form>").next());
    let form = forms
        .find(|form| {
            let tag = form.split('>').next().unwrap_or_default();
            attribute(tag, "action").as_deref() == Some(action)
                && attribute(tag, "method").as_deref() == Some("post")
        })
        .unwrap_or_else(|| panic!("no form is sent to {action}: {page}"));
    let inputs = form.split("<input").skip(1);
    let inputs = inputs.filter_map(|rest| rest.split('>').next());
    let controls = inputs.map(|input| Control {
        name: attribute(input, "name").unwrap_or_default(),
        kind: attribute(input, "type").unwrap_or_else(|| "text".to_owned()),
        value: attribute(input, "value").unwrap_or_default(),
        checked: input.ends_with(" checked"),
    });
    Form {
        controls: controls.collect(),
    }
}
