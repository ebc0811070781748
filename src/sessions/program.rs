//! Recognises programs by their user agents: libraries, command lines, crawlers and monitors.

/// The longest name of a program. A client can send any name.
const MAX_NAME_LENGTH: usize = 40;

/// The first words of browsers. Every browser sends one of them, because sites once refused others
/// (RFC 9110, section 10.1.5). Libraries and apps send their own names.
const FIRST_WORDS_OF_BROWSERS: &[&str] = &["Mozilla/", "Opera/"];

/// Words of programs that begin with the first word of a browser, and the name of each program.
const NAMED: &[(&str, &str)] = &[
    ("PowerShell/", "PowerShell"),
    ("Lighthouse", "Lighthouse"),
    ("facebookexternalhit", "facebookexternalhit"),
    ("Baiduspider", "Baiduspider"),
];

/// The ends of the names of crawlers, before their version or the end of their comment.
const CRAWLERS: &[&str] = &["bot", "Bot", "crawler", "Crawler", "spider", "Spider"];

/// Returns whether `user_agent` is not that of a browser. The empty one counts as a program's.
pub(super) fn is_program(user_agent: &str) -> bool {
    let mut words = FIRST_WORDS_OF_BROWSERS.iter();
    let is_browser = words.any(|word| user_agent.starts_with(word));
    !is_browser
        || user_agent.contains("+http")
        || NAMED.iter().any(|(word, _)| user_agent.contains(word))
        || crawler(user_agent).is_some()
}

/// Returns the name of the program, such as `curl` or `Googlebot`.
pub(super) fn name(user_agent: &str) -> Option<String> {
    let mut named = NAMED.iter();
    let known = named.find_map(|(word, name)| user_agent.contains(word).then_some(*name));
    let name = known
        .or_else(|| crawler(user_agent))
        .or_else(|| first_product(user_agent))?;
    Some(name.to_owned())
}

/// Returns the name of the crawler, such as `Googlebot` in `compatible; Googlebot/2.1`. The name has
/// a version or stands alone, because a telephone can be a `Cubot Note 20`.
fn crawler(user_agent: &str) -> Option<&str> {
    let parts = || user_agent.split([';', '(', ')', ',']).map(str::trim);
    let with_version =
        parts().flat_map(|part| part.split(' ').filter_map(|word| word.split_once('/')));
    let names = with_version.map(|(name, _)| name).chain(parts());
    let mut names = names.filter(|name| is_name(name));
    names.find(|name| CRAWLERS.iter().any(|end| name.ends_with(end)))
}

/// Returns the name of the product with which `user_agent` begins, without its version.
fn first_product(user_agent: &str) -> Option<&str> {
    let name = user_agent.split(['/', ' ', ';', '(']).next()?;
    let mut of_browsers = FIRST_WORDS_OF_BROWSERS.iter();
    let is_of_browser = of_browsers.any(|word| word.trim_end_matches('/') == name);
    (is_name(name) && !is_of_browser).then_some(name)
}

/// Returns whether `word` is a token (RFC 9110, section 5.6.2) with a letter, of a length that a
/// list can show.
fn is_name(word: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._+!".contains(&byte);
    word.len() <= MAX_NAME_LENGTH
        && word.bytes().all(is_token)
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}
