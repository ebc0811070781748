//! XPath expressions that find an element by its visible text.

/// The field with this label.
pub fn field_called(label: &str) -> String {
    let words = quoted(label);
    let label = format!("//label[normalize-space() = {words}]");
    let fields = ["input", "select", "textarea"].map(|kind| format!("{label}//{kind}"));
    let fields = fields.join(" | ");
    format!("//*[@id = {label}/@for] | {fields} | //input[@aria-label = {words}]")
}

/// An option in the list with this label.
pub fn option_called(label: &str, choice: &str) -> String {
    let list = field_called(label);
    format!("({list})/option[normalize-space() = {}]", quoted(choice))
}

/// The button or link with this text.
pub fn pressable(words: &str) -> String {
    pressable_in("", words)
}

/// The same in the innermost row, card or section that contains these words.
pub fn pressable_in_row(row: &str, words: &str) -> String {
    let rows = "self::li or self::tr or self::article or self::section or self::fieldset";
    let has = format!("[{rows}][contains(normalize-space(), {})]", quoted(row));
    pressable_in(&format!("//*{has}[not(.//*{has})]"), words)
}

fn pressable_in(place: &str, words: &str) -> String {
    let words = quoted(words);
    let has_text = format!("[normalize-space() = {words} or @aria-label = {words}]");
    let kinds = ["button", "a", "summary"].map(|kind| format!("{place}//{kind}{has_text}"));
    kinds.join(" | ")
}

fn quoted(words: &str) -> String {
    assert!(!words.contains('"'), "XPath has no way to write {words}");
    format!("\"{words}\"")
}
