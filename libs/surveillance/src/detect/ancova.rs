//! Analysis of covariance: a level for each group and one common slope, by weighted least squares in closed form.
//!
//! R. A. Fisher, *Statistical Methods for Research Workers*, 4th ed. (1932), section 49.1; any text on linear models.
//! The regression of the ESSENCE switch (a level per weekday) and each step of Farrington's model (a level per season)
//! are of this form. The slope comes from the variation *within* groups, so nothing has to be inverted, nothing is
//! ill-conditioned, and the cost is linear in the observations.

/// One observation: its group, its covariate, its weight and its response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) group: usize,
    pub(crate) x: f64,
    pub(crate) weight: f64,
    pub(crate) y: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Group {
    weight: f64,
    x: f64,
    y: f64,
}

/// A fit.
#[derive(Debug, Clone)]
pub(crate) struct Ancova {
    groups: Vec<Group>,
    /// Weighted variation of the covariate within groups; 0 where there is no slope.
    within: f64,
    pub(crate) slope: f64,
    /// Parameters that the data determine.
    pub(crate) rank: usize,
}

/// A covariate whose variation within groups is below this share of its square does not vary.
const LEAST_VARIATION: f64 = 1e-12;

impl Ancova {
    /// Fits `groups` levels, and a slope if one is asked for. `None` where it is asked for and the data hold none.
    pub(crate) fn fit(rows: &[Row], groups: usize, with_slope: bool) -> Option<Self> {
        let mut means = vec![Group::default(); groups];
        for row in rows {
            let group = &mut means[row.group];
            group.weight += row.weight;
            group.x += row.weight * row.x;
            group.y += row.weight * row.y;
        }
        for group in means.iter_mut().filter(|group| group.weight > 0.0) {
            group.x /= group.weight;
            group.y /= group.weight;
        }
        let mut rank = means.iter().filter(|group| group.weight > 0.0).count();
        let (mut within, mut slope) = (0.0, 0.0);
        if with_slope {
            let (mut together, mut scale) = (0.0, 0.0);
            for row in rows {
                let group = means[row.group];
                let x = row.x - group.x;
                within += row.weight * x * x;
                together += row.weight * x * (row.y - group.y);
                scale += row.weight * row.x * row.x;
            }
            if within <= LEAST_VARIATION * scale || !within.is_finite() {
                return None;
            }
            slope = together / within;
            rank += 1;
        }
        Some(Self { groups: means, within, slope, rank })
    }

    /// Whether the data hold anything of this group.
    pub(crate) fn knows(&self, group: usize) -> bool {
        self.groups.get(group).is_some_and(|group| group.weight > 0.0)
    }

    /// The fitted value.
    pub(crate) fn at(&self, group: usize, x: f64) -> f64 {
        let group = self.groups[group];
        group.y + self.slope * (x - group.x)
    }

    /// The variance of the fitted value, in units of the dispersion. Times a row's weight it is the row's leverage.
    pub(crate) fn variance_at(&self, group: usize, x: f64) -> f64 {
        let group = self.groups[group];
        let x = x - group.x;
        1.0 / group.weight + if self.within > 0.0 { x * x / self.within } else { 0.0 }
    }

    /// The variance of the slope, in units of the dispersion.
    pub(crate) fn slope_variance(&self) -> f64 {
        1.0 / self.within
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Ancova, Row};

    fn rows() -> Vec<Row> {
        let y = [1.0, 3.0, 2.0, 5.0, 8.0];
        let group = [0, 0, 0, 1, 1];
        let weight = [1.0, 2.0, 1.0, 1.0, 3.0];
        (0..5).map(|i| Row { group: group[i], x: i as f64, weight: weight[i], y: y[i] }).collect()
    }

    #[test]
    fn residuals_are_orthogonal_to_levels_and_covariate() {
        let fit = Ancova::fit(&rows(), 3, true).unwrap();
        let residual = |row: &Row| row.weight * (row.y - fit.at(row.group, row.x));
        for group in 0..2 {
            assert!(rows().iter().filter(|row| row.group == group).map(residual).sum::<f64>().abs() < 1e-12);
        }
        assert!(rows().iter().map(|row| residual(row) * row.x).sum::<f64>().abs() < 1e-12);
        assert!(fit.rank == 3 && fit.knows(1) && !fit.knows(2) && !fit.knows(3));
    }

    #[test]
    fn leverages_add_up_to_the_rank() {
        let fit = Ancova::fit(&rows(), 2, true).unwrap();
        let leverage = |row: &Row| row.weight * fit.variance_at(row.group, row.x);
        assert!((rows().iter().map(leverage).sum::<f64>() - 3.0).abs() < 1e-12);
    }

    #[test]
    fn there_is_no_slope_where_nothing_varies() {
        let same: Vec<Row> = rows().into_iter().map(|row| Row { x: 4.0, ..row }).collect();
        assert!(Ancova::fit(&same, 2, true).is_none() && Ancova::fit(&same, 2, false).is_some());
    }
}
