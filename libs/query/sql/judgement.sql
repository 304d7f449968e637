-- How far the days of each source were judged, as it was said last: no signal on later days says nothing yet. Read by the
-- doors, the alert role, and people.
SELECT source, last_day, issued_at
FROM (
  SELECT *, row_number() OVER (PARTITION BY source ORDER BY issued_at DESC) AS age FROM judgements
)
WHERE age = 1
