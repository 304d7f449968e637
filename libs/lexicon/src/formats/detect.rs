//! Which format a file has, told from its first lines and, where they leave it open, from its extension.

use super::{Format, cells, liwc_table, weighted};
use crate::error::LexiconError;
use std::collections::HashSet;

/// Bytes that are looked at; enough for hundreds of lines.
const LOOKED_AT_BYTES: usize = 65_536;

/// The share of lines whose second column must be a number, well written or not, for a file to be a list of valences:
/// those that are none are then told. Few categories have numbers for terms.
const NUMERIC_SHARE: f64 = 0.5;

/// The share of lines with several terms for a file to have a category a line.
const WIDE_SHARE: f64 = 0.5;

impl Format {
    /// The format of the file `file` that begins with `bytes`. Only names the format: reading still checks every line.
    ///
    /// A file that shows its format keeps it whatever its extension; a malformed file is taken for what its extension
    /// says, so that reading it names the line to mend.
    ///
    /// # Errors
    /// [`LexiconError::UnknownFormat`] lists what was looked for.
    pub fn of_file(file: &str, bytes: &[u8]) -> Result<Self, LexiconError> {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT_BYTES)]);
        let head = head.trim_start_matches('\u{FEFF}');
        // A line cut in the middle would have too few columns.
        let whole =
            if bytes.len() > LOOKED_AT_BYTES { head.rsplit_once('\n').map_or(head, |(whole, _)| whole) } else { head };
        let lines: Vec<&str> = whole.lines().filter(|line| !line.trim().is_empty()).collect();
        let extension = file.rsplit_once('.').map_or(String::new(), |(_, extension)| extension.to_ascii_lowercase());
        let found = by_header(&lines).or_else(|| match extension.as_str() {
            "dic" => Some(Self::Liwc),
            "dicx" => Some(Self::LiwcTable),
            "csv" => Some(Self::Weighted),
            "tsv" | "txt" => Some(by_columns(&lines, extension == "txt").unwrap_or(Self::Tsv)),
            _ => by_columns(&lines, false),
        });
        found.ok_or_else(|| LexiconError::UnknownFormat { file: file.to_owned() })
    }
}

/// Formats that say in their first line what they are.
fn by_header(lines: &[&str]) -> Option<Format> {
    let first = lines.first()?;
    if first.trim() == "%" {
        return Some(Format::Liwc);
    }
    let fields = cells::fields(first).ok()?;
    if liwc_table::is_header(&fields) {
        return Some(Format::LiwcTable);
    }
    weighted::header(&fields).ok().map(|_| Format::Weighted)
}

/// Formats of tab-separated columns, and the plain list.
fn by_columns(lines: &[&str], may_be_list: bool) -> Option<Format> {
    let has_comments = lines.iter().any(|line| line.starts_with('#') && !line.contains('\t'));
    let rows: Vec<Vec<&str>> =
        lines.iter().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect()).collect();
    if rows.is_empty() {
        return None;
    }
    let is_number = |cell: &str| cell.trim().replace(',', ".").parse::<f32>().is_ok();
    let is_most = |share: f64, count: usize| count as f64 >= share * rows.len() as f64;
    if rows.iter().all(|row| row.len() == 1) {
        // A list of valences without its tabs is one whose lines say so, and no list of words that end in numbers.
        let ends_in_number = |row: &&Vec<&str>| row[0].trim().rsplit_once(' ').is_some_and(|(_, last)| is_number(last));
        return if is_most(NUMERIC_SHARE, rows.iter().filter(ends_in_number).count()) {
            Some(Format::Valence)
        } else {
            may_be_list.then_some(Format::Words("words"))
        };
    }
    if is_most(NUMERIC_SHARE, rows.iter().filter(|row| row.get(1).is_some_and(|cell| is_number(cell))).count()) {
        return Some(Format::Valence);
    }
    // One line a category is Empath's shape; a category named on many lines is ours. A file with both a category to a
    // line and no more than a term and a weight reads the same in either.
    let mut seen = HashSet::new();
    let one_line_each = rows.iter().all(|row| seen.insert(row[0].trim()));
    let has_many = |row: &&Vec<&str>| row.len() > 3 || (row.len() == 3 && !is_number(row[2]));
    let many_terms = rows.iter().filter(has_many).count();
    let is_wide = (one_line_each && many_terms > 0) || (rows.len() > 1 && is_most(WIDE_SHARE, many_terms));
    Some(if is_wide && !has_comments { Format::Wide } else { Format::Tsv })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::{Format, LexiconError};

    #[test]
    fn files_are_known_by_what_they_hold_and_then_by_their_names() {
        let of = |file: &str, text: &str| Format::of_file(file, text.as_bytes()).unwrap();
        assert_eq!(of("my.dic", "\u{FEFF}%\r\n1\tcalm\r\n%\r\n"), Format::Liwc);
        assert_eq!(of("my.txt", "\n%\n1\tcalm\n%\n"), Format::Liwc);
        assert_eq!(of("broken.dic", "1\tcalm\n%\n"), Format::Liwc);
        assert_eq!(of("my.dicx", "DicTerm,calm\n"), Format::LiwcTable);
        assert_eq!(of("my.csv", "\"DicTerm\",calm\n"), Format::LiwcTable);
        assert_eq!(of("my.csv", "id,Category,weight,term\n"), Format::Weighted);
        assert_eq!(of("my.tsv", "calm\tserene\ncalm\tat ease\t2\n"), Format::Tsv);
        assert_eq!(of("my.tsv", "# a note\ncalm\tserene\tquiet\tslow\n"), Format::Tsv);
        assert_eq!(of("categories.tsv", "calm\tserene\tquiet\tslow\nstorm\twind\n"), Format::Wide);
        assert_eq!(of("vader_lexicon.txt", ":)\t2.0\t1.1\t[1, 2]\ngood\t1.9\t0.9\t[2, 2]\n"), Format::Valence);
        assert_eq!(of("words.txt", "always\nnever\n"), Format::Words("words"));
        assert_eq!(of("v.tsv", "good\t1,9\nbad\t-2,5\n"), Format::Valence);
        assert_eq!(of("v.tsv", "good\t1.9\nbad\tx\nugly\t-1\n"), Format::Valence);
        assert_eq!(of("v.txt", "good 1.9\nbad -2\n"), Format::Valence);
        assert_eq!(of("twice.tsv", "calm\ta\tb\tc\nstorm\td\te\ncalm\tf\tg\n"), Format::Wide);
        assert_eq!(of("my.csv", "word,score\na,1\n"), Format::Weighted);
        assert_eq!((of("my.tsv", ""), of("my.tsv", "one\ntwo\n")), (Format::Tsv, Format::Tsv));
        let bundled = [
            (include_bytes!("../../lexica/mh/en.tsv").as_slice(), Format::Tsv),
            (include_bytes!("../../lexica/vader/lexicon.tsv"), Format::Valence),
            (include_bytes!("../../lexica/afinn/es.tsv"), Format::Valence),
            (include_bytes!("../../lexica/absolutist/en.txt"), Format::Words("words")),
        ];
        for (index, (bytes, format)) in bundled.into_iter().enumerate() {
            let extension = if index == 3 { "txt" } else { "tsv" };
            assert_eq!(Format::of_file(&format!("x.{extension}"), bytes).unwrap(), format);
        }
    }

    #[test]
    fn what_is_not_known_is_told_with_what_was_looked_for() {
        for (file, text) in [("my.list", ""), ("my.list", "one\ntwo\n")] {
            let error = Format::of_file(file, text.as_bytes()).unwrap_err();
            assert!(matches!(error, LexiconError::UnknownFormat { .. }));
            assert!(error.to_string().contains("`DicTerm`") && error.to_string().starts_with(file));
        }
    }
}
