-- Cells whose numbers or versions differ from what was last issued; a cell that emptied is issued with zeros.
-- Read by the aggregate role. In: `computed` (the prevalence query's cells) and `series_latest`.
SELECT coalesce(c.source, s.source) AS source, coalesce(c.region, s.region) AS region,
       coalesce(c.language, s.language) AS language, coalesce(c.marker, s.marker) AS marker,
       coalesce(c.period, s.period) AS period, coalesce(c.period_end, s.period_end) AS period_end,
       coalesce(c.label, s.label) AS label, coalesce(c.k, 0) AS k, coalesce(c.n, 0) AS n,
       coalesce(c.n_posts, 0) AS n_posts, coalesce(c.unit, s.unit) AS unit, coalesce(c.model, s.model) AS model,
       coalesce(c.lexicon, s.lexicon) AS lexicon, coalesce(c.code, s.code) AS code,
       coalesce(c.k_with_bots, 0) AS k_with_bots, coalesce(c.n_with_bots, 0) AS n_with_bots
FROM computed AS c
FULL OUTER JOIN (
  SELECT stored.* FROM series_latest AS stored
  JOIN asked_periods ON asked_periods.asked_period = stored.period AND asked_periods.asked_end = stored.period_end
  WHERE stored.period_end BETWEEN DATE '{first}' AND DATE '{last}'
) AS s
  ON s.source = c.source AND s.region = c.region AND s.language = c.language AND s.marker = c.marker
 AND s.period = c.period AND s.period_end = c.period_end
WHERE s.source IS NULL
   OR (c.source IS NULL AND s.n > 0)
   OR c.k <> s.k OR c.n <> s.n OR c.n_posts <> s.n_posts OR c.unit <> s.unit
   OR c.model <> s.model OR c.lexicon <> s.lexicon OR c.code <> s.code
   -- What was issued before bots were counted says nothing of them; an emptied cell is not computed, and no change.
   OR (c.source IS NOT NULL
       AND ((c.k_with_bots IS DISTINCT FROM s.k_with_bots) OR (c.n_with_bots IS DISTINCT FROM s.n_with_bots)))
ORDER BY marker, source, region, language, period, period_end
