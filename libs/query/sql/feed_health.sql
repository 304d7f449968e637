-- Posts per source, region ('all' too) and day beside the mean of the same weekday in the four weeks before: an outage
-- shows here and not in the prevalence. Every day has a row, from a source's first post to its last, or to yesterday
-- where that is within the four weeks that are compared: a source that stops is silent, a file of old posts is over.
-- Read by the doors and people.
WITH counted AS (
  SELECT source, coalesce(region, 'unknown') AS region, day, count(*) AS posts
  FROM annotated GROUP BY source, coalesce(region, 'unknown'), day
),
feeds AS (
  SELECT source, region, day, posts FROM counted
  UNION ALL
  SELECT source, 'all' AS region, day, sum(posts) AS posts FROM counted GROUP BY source, day
),
spans AS (
  SELECT source, min(day) AS first_day,
         CASE WHEN max(day) < {yesterday} AND max(day) >= {yesterday} - INTERVAL '28 days' THEN {yesterday}
              ELSE max(day) END AS last_day
  FROM counted GROUP BY source
),
spine AS (
  SELECT regions.source, regions.region, unnest(period_ends('day', spans.first_day, spans.last_day)) AS day
  FROM (SELECT DISTINCT source, region FROM feeds) AS regions
  JOIN spans ON spans.source = regions.source
),
daily AS (
  SELECT spine.source, spine.region, spine.day, coalesce(feeds.posts, 0) AS posts
  FROM spine
  LEFT JOIN feeds ON feeds.source = spine.source AND feeds.region = spine.region AND feeds.day = spine.day
),
beside AS (
  SELECT source, region, day, posts,
         lag(posts, 7) OVER same AS week_1, lag(posts, 14) OVER same AS week_2,
         lag(posts, 21) OVER same AS week_3, lag(posts, 28) OVER same AS week_4
  FROM daily
  WINDOW same AS (PARTITION BY source, region ORDER BY day)
),
expecting AS (
  SELECT source, region, day, posts,
         CAST(coalesce(week_1, 0) + coalesce(week_2, 0) + coalesce(week_3, 0) + coalesce(week_4, 0) AS DOUBLE)
         / nullif(CAST(week_1 IS NOT NULL AS INT) + CAST(week_2 IS NOT NULL AS INT)
                + CAST(week_3 IS NOT NULL AS INT) + CAST(week_4 IS NOT NULL AS INT), 0) AS expected
  FROM beside
)
SELECT source, region, day, posts, expected,
       CASE WHEN expected > 0 THEN posts / expected END AS ratio,
       CASE WHEN expected IS NULL OR expected = 0 THEN 'unknown'
            WHEN posts = 0 THEN 'silent'
            WHEN posts < 0.5 * expected THEN 'low'
            WHEN posts > 2.0 * expected THEN 'high'
            ELSE 'ok' END AS status
FROM expecting
