//! From posts to people: which author-days and author-weeks show a marker.
//!
//! The unit is the author in a period: `y(u, t) = 1` if any of the author's posts shows the marker, or a share of them
//! does. Posts are capped first. Without a cap, whoever writes a hundred posts is nearly sure to show any marker once, by
//! a false alarm if by nothing else. Which posts a cap keeps depends on their keys alone, which are digests: a sample that
//! knows neither time nor text, and is the same however posts arrive.
//!
//! The prevalence query of the lake (`libs/query/sql/prevalence.sql`) answers the same for the rule *any*, without a cap:
//! it unites the sets of markers of an author's posts over the period's days. A week's author is then one who showed the
//! marker on any of its days, as [`AuthorPeriod::shows`] with [`Rule::Any`] here.

use super::{Error, share};
use jiff::civil::Date;
use std::collections::BTreeMap;
use tidemark_domain::{AuthorKey, Period, PeriodKind, PostKey, Proportion};

/// Posts of an author that count on one day: more say little more, and nine in ten author-days hold one.
pub const POSTS_PER_AUTHOR_DAY: usize = 10;

/// One post, as far as one marker is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vote {
    /// Who wrote it.
    pub author: AuthorKey,
    /// Which post.
    pub post: PostKey,
    /// The civil day of its region.
    pub day: Date,
    /// Whether the marker is present; `None` where it could not be answered. Such a post counts nowhere.
    pub present: Option<bool>,
}

/// When a person shows the marker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// In any post.
    Any,
    /// In at least this share of posts.
    Share(f64),
}

/// What an author said on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorDay {
    /// Who.
    pub author: AuthorKey,
    /// When.
    pub day: Date,
    /// Posts kept that show the marker, of posts kept.
    pub posts: Proportion,
    /// Answered posts before the cap.
    pub written: u64,
}

/// What an author said in one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorPeriod {
    /// Who.
    pub author: AuthorKey,
    /// When.
    pub period: Period,
    /// Posts kept that show the marker, of posts kept.
    pub posts: Proportion,
    /// Days on which any post kept showed the marker, of days with a post: a cluster of author-days.
    pub days: Proportion,
}

impl AuthorPeriod {
    /// Whether the author shows the marker. Nobody shows it in no post.
    ///
    /// # Errors
    /// [`Error::NotAShare`] for a rule's share that is none.
    pub fn shows(&self, rule: Rule) -> Result<bool, Error> {
        match rule {
            Rule::Any => Ok(self.posts.k > 0),
            Rule::Share(least) => {
                share("share of posts", least)?;
                Ok(self.posts.k > 0 && self.posts.value().is_some_and(|value| value >= least))
            }
        }
    }
}

/// The author-days of posts in any order, by author and day, each of at most `cap` posts. A post given twice counts once,
/// as present if either time it was.
#[must_use]
pub fn author_days(votes: &[Vote], cap: usize) -> Vec<AuthorDay> {
    let mut posts: BTreeMap<(AuthorKey, Date), BTreeMap<PostKey, bool>> = BTreeMap::new();
    for vote in votes {
        if let Some(present) = vote.present {
            *posts.entry((vote.author, vote.day)).or_default().entry(vote.post).or_default() |= present;
        }
    }
    let author_day = |((author, day), posts): ((AuthorKey, Date), BTreeMap<PostKey, bool>)| {
        let kept = posts.values().take(cap);
        let n = kept.len() as u64;
        let k = kept.filter(|present| **present).count() as u64;
        AuthorDay { author, day, posts: Proportion { k, n }, written: posts.len() as u64 }
    };
    posts.into_iter().map(author_day).collect()
}

/// The author-periods of author-days in any order, by period and author.
#[must_use]
pub fn author_periods(days: &[AuthorDay], kind: PeriodKind) -> Vec<AuthorPeriod> {
    let mut periods: BTreeMap<(Period, AuthorKey), AuthorPeriod> = BTreeMap::new();
    for day in days.iter().filter(|day| day.posts.n > 0) {
        let (period, author) = (Period::holding(kind, day.day), day.author);
        let empty = AuthorPeriod { author, period, posts: Proportion::default(), days: Proportion::default() };
        let sum = periods.entry((period, author)).or_insert(empty);
        sum.posts = Proportion { k: sum.posts.k + day.posts.k, n: sum.posts.n + day.posts.n };
        sum.days = Proportion { k: sum.days.k + u64::from(day.posts.k > 0), n: sum.days.n + 1 };
    }
    periods.into_values().collect()
}

/// People who show the marker, of people, in each period.
///
/// # Errors
/// [`Error::NotAShare`] for a rule's share that is none.
pub fn people(periods: &[AuthorPeriod], rule: Rule) -> Result<BTreeMap<Period, Proportion>, Error> {
    let mut people: BTreeMap<Period, Proportion> = BTreeMap::new();
    for author in periods {
        let cell = people.entry(author.period).or_default();
        cell.k += u64::from(author.shows(rule)?);
        cell.n += 1;
    }
    Ok(people)
}

/// How many people have one post, two posts, and so on: what [`super::misclassification::Accuracy::of_authors`] asks.
#[must_use]
pub fn posts_per_author(periods: &[AuthorPeriod]) -> Vec<u64> {
    let mut counts = Vec::new();
    for author in periods {
        let Some(further) = author.posts.n.checked_sub(1).and_then(|further| usize::try_from(further).ok()) else {
            continue;
        };
        if counts.len() <= further {
            counts.resize(further + 1, 0);
        }
        counts[further] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::{Rule, Vote, author_days, author_periods, people, posts_per_author};
    use jiff::civil::{Date, date};
    use tidemark_domain::{AuthorKey, Period, PeriodKind, PostKey, Proportion};

    fn vote(author: u8, post: u8, day: Date, present: Option<bool>) -> Vote {
        Vote { author: AuthorKey([author; 16]), post: PostKey([post; 16]), day, present }
    }

    /// Author 1 writes three posts on Monday, one on Tuesday; author 2 one that cannot be answered and one on Sunday.
    fn votes() -> Vec<Vote> {
        let (monday, tuesday, sunday) = (date(2024, 5, 6), date(2024, 5, 7), date(2024, 5, 12));
        vec![
            vote(1, 3, monday, Some(true)),
            vote(1, 1, monday, Some(false)),
            vote(1, 2, monday, Some(false)),
            vote(1, 4, tuesday, Some(false)),
            vote(2, 5, monday, None),
            vote(2, 6, sunday, Some(true)),
        ]
    }

    #[test]
    fn a_person_counts_once_however_much_they_write() {
        let days = author_days(&votes(), 10);
        assert_eq!(days.iter().map(|day| (day.posts.k, day.posts.n)).collect::<Vec<_>>(), [(1, 3), (0, 1), (1, 1)]);
        let weeks = author_periods(&days, PeriodKind::Isoweek);
        assert_eq!((weeks[0].days, weeks[0].posts), (Proportion { k: 1, n: 2 }, Proportion { k: 1, n: 4 }));
        let week = Period::holding(PeriodKind::Isoweek, date(2024, 5, 6));
        assert_eq!(people(&weeks, Rule::Any).expect("lawful"), [(week, Proportion { k: 2, n: 2 })].into());
        assert_eq!(people(&weeks, Rule::Share(0.5)).expect("lawful"), [(week, Proportion { k: 1, n: 2 })].into());
        // An epiweek ends on Saturday: author 2's Sunday is in the next.
        let epiweeks = people(&author_periods(&days, PeriodKind::Epiweek), Rule::Any).expect("lawful");
        assert_eq!(epiweeks.values().map(|cell| cell.n).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(posts_per_author(&weeks), [1, 0, 0, 1]);
        assert!(people(&weeks, Rule::Share(f64::NAN)).is_err());
    }

    #[test]
    fn the_cap_keeps_the_same_posts_in_any_order_and_repeats_count_once() {
        let mut votes = votes();
        let capped = author_days(&votes, 2);
        assert_eq!((capped[0].posts, capped[0].written), (Proportion { k: 0, n: 2 }, 3));
        votes.reverse();
        votes.extend_from_within(..3);
        assert_eq!(author_days(&votes, 2), capped);
        assert!(author_days(&[], 2).is_empty() && author_periods(&[], PeriodKind::Day).is_empty());
        assert!(author_periods(&author_days(&votes, 0), PeriodKind::Day).is_empty());
    }
}
