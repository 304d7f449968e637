-- The latest row of every episode. Read by the doors, the alert role, and people.
SELECT id, rule, source, region, language, marker, period, state, threshold, probability, peak_day, origin,
       raised_origin, issued_at
FROM (
  SELECT *, row_number() OVER (PARTITION BY id ORDER BY issued_at DESC) AS age FROM alerts
)
WHERE age = 1
