-- The latest issue of every cell, uncensored. Internal: read by the view series and by changed_cells.
SELECT source, region, language, marker, period, period_end, label, k, n, n_posts, unit, model, lexicon, code, issued_at,
       k_with_bots, n_with_bots
FROM (
  SELECT *, row_number() OVER (
    PARTITION BY source, region, language, marker, period, period_end ORDER BY issued_at DESC) AS age
  FROM series_cells
)
WHERE age = 1
