//! QR codes as the path of an SVG.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

use crate::error::{Error, Result};

/// The empty margin that a scanner needs, in modules (ISO/IEC 18004, section 5.3.8).
const MARGIN: i32 = 4;

/// A QR code: the path of its dark modules, and the width of its square view box.
pub(super) struct QrPath {
    pub(super) path: String,
    pub(super) width: i32,
}

/// Draws `text` as a QR code.
///
/// # Errors
/// Fails if the text is longer than a QR code can be.
pub(super) fn draw(text: &str) -> Result<QrPath> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(Error::internal)?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let start = x;
            while x < size && code.get_module(x, y) {
                x += 1;
            }
            if x > start {
                let (left, top, run) = (start + MARGIN, y + MARGIN, x - start);
                write!(path, "M{left} {top}h{run}v1h-{run}z").map_err(Error::internal)?;
            }
            x += 1;
        }
    }
    Ok(QrPath {
        path,
        width: size + 2 * MARGIN,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_draws_each_dark_module_once() {
        let text = "otpauth://totp/Shop:ada?secret=GEZDGNBVGY3TQOJQ";
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
        let drawn = draw(text).unwrap();
        let runs = drawn.path.split('M').skip(1).map(|run| {
            let (_, rest) = run.split_once('h').unwrap();
            rest.split('v').next().unwrap().parse::<i32>().unwrap()
        });
        let dark = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark = dark.filter(|(x, y)| code.get_module(*x, *y)).count();
        assert_eq!(usize::try_from(runs.sum::<i32>()).unwrap(), dark);
        assert!(drawn.path.starts_with("M4 4h7v1h-7z"), "{}", drawn.path);
    }
}
