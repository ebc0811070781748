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
    let inputs = inputs.map(|input| Control {
        name: attribute(input, "name").unwrap_or_default(),
        kind: attribute(input, "type").unwrap_or_else(|| "text".to_owned()),
        value: attribute(input, "value").unwrap_or_default(),
        checked: input.ends_with(" checked"),
    });
    Form {
        controls: inputs.chain(lists_in(form)).collect(),
    }
}

/// The lists of a form, each with its selected option, or with its first one.
fn lists_in(form: &str) -> impl Iterator<Item = Control> {
    let lists = form.split("<select").skip(1);
    let lists = lists.filter_map(|rest| rest.split("</select>").next());
    lists.map(|list| {
        let tags = || {
            list.split("<option")
                .skip(1)
                .filter_map(|rest| rest.split('>').next())
        };
        let selected = tags().find(|tag| tag.ends_with(" selected"));
        let tag = list.split('>').next().unwrap_or_default();
        Control {
            name: attribute(tag, "name").unwrap_or_default(),
            kind: "select".to_owned(),
            value: selected
                .or(tags().next())
                .and_then(|tag| attribute(tag, "value"))
                .unwrap_or_default(),
            checked: false,
        }
    })
}
