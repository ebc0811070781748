//! Properties of every page: branding and size.

mod branding;
mod page_weight;
