-- Every period between a source's first and last day, in every population and marker seen there, as it may be shown: a
-- cell below 11 units shows none of its numbers. Read by the doors, the forecast and alert roles, and people.
-- Days are told by cells and not by posts, which are many and in wide files: this view is asked all the time.
WITH spans AS (
  SELECT source, min(period_end) AS first_day, max(period_end) AS last_day, min(unit) AS unit FROM series_latest
  WHERE period = 'day' AND region = 'all' AND language = 'all' AND n > 0 GROUP BY source
),
populations AS (
  SELECT source, region, language, marker, period FROM series_latest WHERE n > 0
  GROUP BY source, region, language, marker, period
),
spine AS (
  SELECT populations.source, populations.region, populations.language, populations.marker, populations.period,
         spans.unit, unnest(period_ends(populations.period, spans.first_day, spans.last_day)) AS period_end
  FROM populations JOIN spans ON spans.source = populations.source
)
SELECT source, region, language, marker, period, period_end, period_label(period, period_end) AS label, status,
       coalesce(cell_unit, spine_unit) AS unit,
       CASE WHEN status = 'ok' THEN CAST(k AS DOUBLE) / n END AS value,
       CASE WHEN status = 'ok' THEN wilson_lower(k, n) END AS lower,
       CASE WHEN status = 'ok' THEN wilson_upper(k, n) END AS upper,
       CASE WHEN status = 'ok' THEN k END AS k,
       CASE WHEN status = 'ok' THEN n END AS n,
       CASE WHEN status = 'ok' THEN n_posts END AS n_posts,
       model, lexicon, code, issued_at,
       -- Beside the value without them, it would tell of few bots as a small cell tells of few people.
       CASE WHEN status = 'ok' AND (cell_status(n_with_bots - n) = 'ok' OR (n_with_bots = n AND k_with_bots = k))
            THEN CAST(k_with_bots AS DOUBLE) / n_with_bots END AS value_with_bots
FROM (
  SELECT spine.source, spine.region, spine.language, spine.marker, spine.period, spine.period_end,
         spine.unit AS spine_unit, cell.unit AS cell_unit, cell.k, cell.n, cell.n_posts, cell.model, cell.lexicon,
         cell.code, cell.issued_at, cell.k_with_bots, cell.n_with_bots, cell_status(coalesce(cell.n, 0)) AS status
  FROM spine
  LEFT JOIN (SELECT * FROM series_latest WHERE n > 0) AS cell
    ON cell.source = spine.source AND cell.region = spine.region AND cell.language = spine.language
   AND cell.marker = spine.marker AND cell.period = spine.period AND cell.period_end = spine.period_end
)
