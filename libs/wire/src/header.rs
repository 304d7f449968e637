//! What an error may say of a file's columns. A file without a header begins with what somebody wrote, and texts and
//! handles never enter an error.

/// A longer name is no column's, in characters.
const NAME_CHARS_MAX: usize = 40;

/// The columns, quoted; `None` where they may be somebody's words: one is long or holds other signs than names do, or
/// none is among the `expected`, whose case does not matter.
#[must_use]
pub fn listed(names: &[String], expected: &[&str]) -> Option<String> {
    let is_plain = |name: &String| {
        name.chars().count() <= NAME_CHARS_MAX && name.chars().all(|c| c.is_alphanumeric() || "_-. ".contains(c))
    };
    let is_expected = |name: &String| expected.iter().any(|known| name.eq_ignore_ascii_case(known));
    let is_header = names.iter().all(is_plain) && names.iter().any(is_expected);
    is_header.then(|| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
}

/// What an error says of the first line in which it looked for the `expected` columns.
#[must_use]
pub fn describe(names: &[String], expected: &[&str]) -> String {
    match (listed(names, expected), names.len()) {
        (Some(names), _) => format!("the columns are {names}"),
        (None, 0) => "there are no columns".to_owned(),
        (None, 1) => "the first line is no header (1 cell)".to_owned(),
        (None, cells) => format!("the first line is no header ({cells} cells)"),
    }
}

#[cfg(test)]
mod tests {
    use super::describe;

    fn said(names: &[&str]) -> String {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        describe(&names, &["date", "value"])
    }

    #[test]
    fn a_header_is_told_by_a_name_that_is_expected() {
        assert_eq!(said(&["Date", "val_1", "año.x", ""]), "the columns are `Date`, `val_1`, `año.x`, ``");
        assert_eq!(said(&["day", "val"]), "the first line is no header (2 cells)");
        assert_eq!(said(&[]), "there are no columns");
    }

    #[test]
    fn words_that_somebody_wrote_are_never_repeated() {
        assert_eq!(said(&["so tired of it all"]), "the first line is no header (1 cell)");
        let long = "nobody writes back and nobody calls and so";
        for cell in ["so tired!", "@ana", "see http://x.example", long] {
            assert_eq!(said(&["date", cell]), "the first line is no header (2 cells)", "{cell}");
        }
    }
}
