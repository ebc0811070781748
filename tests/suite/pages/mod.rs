//! Properties of every page: branding, frame, size, accessibility and correct HTML.

mod accessibility;
mod branding;
mod frame;
mod overview;
mod page_weight;
