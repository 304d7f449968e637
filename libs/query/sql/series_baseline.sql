-- The view series with what stands beside each number that may be shown: how reliable a share of so many people is
-- (low, moderate, high), what the series usually is then, by how much it differs, and why the source's feed is suspect in
-- the period. A cell that is not shown is a gap, in baselines too; one that is suspect is a gap in baselines, and is held
-- against none. Read by people.
-- {earlier} are the trusted values of earlier periods, columns earlier_1 to earlier_8.
SELECT source, region, language, marker, period, period_end, label, status, unit, value, lower, upper, k, n, n_posts,
       model, lexicon, code, issued_at, value_with_bots,
       CASE WHEN unit = 'author' THEN reliability(n) END AS reliability,
       baseline_mean(trusted, n, earlier_1, earlier_2, earlier_3, earlier_4, earlier_5, earlier_6, earlier_7,
                     earlier_8) AS baseline,
       baseline_z(trusted, n, earlier_1, earlier_2, earlier_3, earlier_4, earlier_5, earlier_6, earlier_7,
                  earlier_8) AS z,
       baseline_ratio(trusted, n, earlier_1, earlier_2, earlier_3, earlier_4, earlier_5, earlier_6, earlier_7,
                      earlier_8) AS ratio,
       suspect
FROM (
  SELECT *, {earlier}
  FROM (
    SELECT series.*, suspect.reasons AS suspect, CASE WHEN suspect.reasons IS NULL THEN series.value END AS trusted
    FROM series
    LEFT JOIN suspect
      ON suspect.source = series.source AND suspect.period = series.period
     AND suspect.period_end = series.period_end
  )
  WINDOW own AS (PARTITION BY source, region, language, marker, period ORDER BY period_end)
)
