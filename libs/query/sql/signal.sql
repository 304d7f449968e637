-- The latest row of every signal that stands. Read by the doors, the alert role, and people.
SELECT id, kind, source, region, language, marker, first_day, last_day, days, suspect_days, score, reasons,
       issued_at
FROM (
  SELECT *, row_number() OVER (PARTITION BY id ORDER BY issued_at DESC) AS age FROM signals
)
WHERE age = 1 AND NOT is_withdrawn
