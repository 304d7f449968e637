-- What alert rules did on their series' own past, as it was last computed: all of it together, so that a rule which can no
-- longer be judged has no number. Read by the doors, the program's keeper of track records, and people.
SELECT rule, source, region, language, marker, period, first_day, last_day, judged_days, episodes, episodes_right, spells,
       spells_foreseen, lead_days, basis, issued_at
FROM (
  SELECT *, rank() OVER (ORDER BY issued_at DESC) AS age FROM track_records
)
WHERE age = 1
