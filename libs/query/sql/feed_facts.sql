-- What a source's feed brought on each day, told without reading a post: what says whether the feed changed rather than
-- the people. Posts accepted (an edit is no further post, and a deletion takes none back), their distinct authors (NULL
-- where the source tells none), duplicates and rejects, posts of likely bots, hours of the day without any post (of
-- created_at in UTC, which names the 24 hours of any zone's day), posts by language (two lists, in step), and what
-- measured them (model, lexicon and code of the day's latest post). region is 'all': a feed is a source as a whole.
-- A record without a day cannot be placed and is left out; the ledger keeps none of rejects and duplicates so far.
-- Every day has a row, from a source's first to its last, or to the last that has ended where that is within four weeks
-- (as in feed_health: a source that stops is silent, a file of old posts is over).
-- The ledger is scanned once, and only the days that are asked: a silent day is told by the day before it.
-- Read by the alert and forecast roles, and people.
WITH counted AS (
  SELECT source, day, coalesce(entry.language, 'all') AS language,
         count(*) FILTER (WHERE disposition = 'accepted') AS posts,
         count(DISTINCT author) AS authors,
         count(*) FILTER (WHERE disposition = 'duplicate') AS duplicates,
         count(*) FILTER (WHERE disposition = 'rejected') AS rejected,
         count(*) FILTER (WHERE is_bot_hint) AS bots,
         count(DISTINCT hour_of_day) AS busy_hours,
         last_value(made_by ORDER BY made_at) AS instrument
  FROM (
    -- Nothing of a record that was not accepted is kept but its day: it has neither author, hour nor versions.
    SELECT source, day, coalesce(language, 'unknown') AS language, disposition, author, is_bot_hint,
           date_part('hour', created_at) AS hour_of_day,
           -- The latest post's versions stand for the day; its key breaks ties.
           concat(CAST(CAST(created_at AS BIGINT) AS VARCHAR), ' ', post_key) AS made_at,
           concat_ws(' ', model, lexicon, code) AS made_by
    FROM events
    WHERE {days} AND (disposition IN ('duplicate', 'rejected') OR (disposition = 'accepted' AND operation = 'create'))
  ) AS entry
  GROUP BY GROUPING SETS ((source, day, entry.language), (source, day))
),
told AS (
  SELECT source, day,
         max(posts) FILTER (WHERE language = 'all') AS posts,
         max(authors) FILTER (WHERE language = 'all') AS authors,
         max(duplicates) FILTER (WHERE language = 'all') AS duplicates,
         max(rejected) FILTER (WHERE language = 'all') AS rejected,
         max(bots) FILTER (WHERE language = 'all') AS bots,
         max(busy_hours) FILTER (WHERE language = 'all') AS busy_hours,
         max(instrument) FILTER (WHERE language = 'all') AS instrument,
         array_agg(language ORDER BY language) FILTER (WHERE language <> 'all' AND posts > 0) AS languages,
         array_agg(posts ORDER BY language) FILTER (WHERE language <> 'all' AND posts > 0) AS posts_by_language
  FROM counted
  GROUP BY source, day
),
placed AS (
  SELECT source, day, posts, authors, duplicates, rejected, bots, busy_hours, instrument, languages, posts_by_language,
         -- The last of the silent days behind it; itself where there are none.
         CAST(coalesce(
           lead(day) OVER (PARTITION BY source ORDER BY day) - INTERVAL '1 day',
           CASE WHEN day < {yesterday} AND day >= {yesterday} - INTERVAL '28 days' THEN {yesterday} ELSE day END
         ) AS DATE) AS until
  FROM told
),
spread AS (
  SELECT source, day, posts, authors, duplicates, rejected, bots, busy_hours, instrument, languages, posts_by_language,
         unnest(period_ends('day', day, until)) AS each_day
  FROM placed
)
SELECT source, 'all' AS region, each_day AS day,
       CASE WHEN each_day = day THEN posts ELSE 0 END AS posts,
       CASE WHEN each_day = day AND authors > 0 THEN authors END AS authors,
       CASE WHEN each_day = day THEN duplicates ELSE 0 END AS duplicates,
       CASE WHEN each_day = day THEN rejected ELSE 0 END AS rejected,
       CASE WHEN each_day = day THEN bots ELSE 0 END AS bots,
       CASE WHEN each_day = day THEN 24 - busy_hours ELSE 24 END AS silent_hours,
       CASE WHEN each_day = day THEN languages END AS languages,
       CASE WHEN each_day = day THEN posts_by_language END AS posts_by_language,
       CASE WHEN each_day = day AND posts > 0 THEN instrument END AS instrument
FROM spread
