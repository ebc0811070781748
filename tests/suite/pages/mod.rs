//! Properties of every page: branding, frame, size, accessibility and correct HTML.

mod accessibility;
mod branding;
mod controls;
mod error_page;
mod factor_story;
mod frame;
mod languages;
mod mail_stories;
mod mailed_links;
mod main_story;
mod names;
mod overview;
mod page_weight;
mod pseudo_language;
mod times;
