-- The periods on which a source's feed changed and not the people, with why: days that a data-quality signal which stands
-- calls suspect, and the weeks that hold one. Every series of the source is suspect then. A period of several signals has
-- the reasons of the earliest. Read by series_baseline and people; the doors say the same of the points that they hold.
SELECT source, period, period_end, first_value(why ORDER BY day, first_day, id) AS reasons
FROM (
  SELECT days.source, kinds.period, days.day, days.first_day, days.id, days.why,
         unnest(period_ends(kinds.period, days.day, days.day)) AS period_end
  FROM (
    SELECT source, id, first_day, array_to_string(reasons, '; ') AS why, unnest(suspect_days) AS day
    FROM signal
    WHERE kind = 'data_quality' AND suspect_days IS NOT NULL
  ) AS days
  CROSS JOIN (VALUES ('day'), ('epiweek'), ('isoweek')) AS kinds(period)
) AS placed
GROUP BY source, period, period_end
