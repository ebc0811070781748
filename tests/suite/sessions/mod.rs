//! Browser sessions: sign-in, cookies, devices.

mod api;
mod api_sign_in;
mod cookie_header;
mod cookies;
mod detail;
mod devices;
mod login;
mod logout;
mod new_devices;
mod page;
