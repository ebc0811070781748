//! Properties of every page: branding, layout, size, accessibility and correct HTML.

mod accessibility;
mod branding;
mod controls;
mod error_page;
mod factor_end_to_end;
mod languages;
mod layout;
mod mail_end_to_end;
mod mailed_links;
mod main_end_to_end;
mod names;
mod overview;
mod page_weight;
mod pseudo_language;
mod times;
