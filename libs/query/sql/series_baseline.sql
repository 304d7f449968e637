-- The view series with what stands beside each number that may be shown: how reliable a share of so many people is
-- (low, moderate, high), what the series usually is then, and by how much it differs. A cell that is not shown is a gap,
-- in baselines too. Read by people.
-- {earlier} are the values of earlier periods, columns earlier_1 to earlier_8.
SELECT source, region, language, marker, period, period_end, label, status, unit, value, lower, upper, k, n, n_posts,
       model, lexicon, code, issued_at, value_with_bots,
       CASE WHEN unit = 'author' THEN reliability(n) END AS reliability,
       baseline_mean(value, n, earlier_1, earlier_2, earlier_3, earlier_4, earlier_5, earlier_6, earlier_7,
                     earlier_8) AS baseline,
       baseline_z(value, n, earlier_1, earlier_2, earlier_3, earlier_4, earlier_5, earlier_6, earlier_7, earlier_8) AS z,
       baseline_ratio(value, n, earlier_1, earlier_2, earlier_3, earlier_4, earlier_5, earlier_6, earlier_7,
                      earlier_8) AS ratio
FROM (
  SELECT *, {earlier}
  FROM series
  WINDOW own AS (PARTITION BY source, region, language, marker, period ORDER BY period_end)
)
