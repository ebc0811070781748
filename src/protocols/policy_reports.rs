//! Where browsers report what broke the policy of a page (CSP 3, section 5.3; Reporting API).
//!
//! Anybody can send here, so what is sent is bounded in length, in number by client and in all, and in
//! what is told of it; it is counted, said once a minute in the log, and never kept.

use actix_web::{HttpRequest, HttpResponse, web::Data};

use crate::{
    context::Context,
    error::{Error, Result},
    kit::network,
    web::{address::client_address, policy_report::Reports},
};

/// Takes what a browser reports.
///
/// # Errors
/// [`Error::Throttled`] where this client, or everybody, sent too many in this minute;
/// [`Error::Malformed`], [`Error::TooLarge`], [`Error::WrongMediaType`].
pub async fn take(
    request: HttpRequest,
    context: Data<Context>,
    reports: Reports,
) -> Result<HttpResponse> {
    let (now, minute) = (context.now(), &context.policy_reports);
    let client = client_address(&request).map(network::of_one_client);
    minute.listen(now, client).map_err(Error::Throttled)?;
    for report in reports.violations()? {
        metrics::counter!("narthex_policy_reports_total").increment(1);
        let thing = format!("{report:?}");
        if minute.is_news(now, &thing) {
            let (directive, blocked, page) = (report.directive, report.blocked, report.page);
            tracing::warn!(
                directive,
                blocked,
                page,
                "a browser says that a page broke its policy"
            );
        }
    }
    Ok(HttpResponse::NoContent().finish())
}
