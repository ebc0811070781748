//! Properties of every page: branding, layout, size, accessibility and correct HTML.

mod accessibility;
mod branding;
mod controls;
mod error_page;
mod factor_story;
mod languages;
mod layout;
mod mail_stories;
mod mailed_links;
mod main_story;
mod names;
mod overview;
mod page_weight;
mod pseudo_language;
mod times;
