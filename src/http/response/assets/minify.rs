//! Shortens the stylesheet: the source has comments and one declaration after another with spaces,
//! which a browser does not need.

/// Returns the stylesheet without comments, and without spaces beside punctuation. Strings stay as
/// they are.
pub(super) fn stylesheet(source: &str) -> String {
    let mut short = String::with_capacity(source.len());
    let mut rest = source;
    let mut has_space = false;
    while let Some(next) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else if next.is_whitespace() {
            has_space = true;
            rest = rest.trim_start();
        } else {
            let before = short.chars().next_back();
            let is_bare = before.is_none_or(|before| "{};,:>(".contains(before));
            if has_space && !is_bare && !"{};,>)".contains(next) {
                short.push(' ');
            }
            has_space = false;
            if next == '}' && short.ends_with(';') {
                short.pop();
            }
            let length = if next == '"' {
                let string = rest.char_indices().skip(1);
                let mut ends = string.filter(|(_, character)| *character == '"');
                ends.next().map_or(rest.len(), |(end, _)| end + 1)
            } else {
                next.len_utf8()
            };
            let (kept, after) = rest.split_at(length);
            short.push_str(kept);
            rest = after;
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stylesheet_loses_comments_and_spaces() {
        let source = "/* One; two. */\n.a > .b, .c {\n  margin: 0 auto;\n  color: red;\n}\n";
        assert_eq!(stylesheet(source), ".a>.b,.c{margin:0 auto;color:red}");
    }

    #[test]
    fn stylesheet_keeps_spaces_with_a_meaning() {
        for kept in [
            ".a :is(.b .c){width:calc(1rem + 2px)}",
            "@media (width<44rem) and (scripting:none){a+b{top:0}}",
            "a::before{content:\" ; {  \" attr(data-label) \" \"}",
        ] {
            assert_eq!(stylesheet(kept), kept);
        }
    }

    #[test]
    fn stylesheet_ends_with_an_open_comment_or_string() {
        assert_eq!(stylesheet("a{top:0}/* open"), "a{top:0}");
        assert_eq!(stylesheet("a{content:\"ö  "), "a{content:\"ö  ");
    }
}
