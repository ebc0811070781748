//! Pages as a whole.

mod branding;
mod page_weight;
