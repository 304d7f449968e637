-- THE prevalence query. Read by the aggregate role, `tidemark series`, and questions as of a time.
-- In: `posts` (shaped like the view annotated; the sets of markers made from its columns) and `asked` (day, period,
-- period_end: which days make up which periods). Out: a row per source, period, region and language (each also 'all'),
-- with a list over the markers for n_posts, and for n and k of people and of posts without an author; and for both once
-- more with likely bots among them. Nothing else is of bots: not n_posts, not the versions, not whether there are authors.
-- Where a source's posts of a period have authors, only those are counted: the program chooses the list.
-- A person counts once per period in every population they appear in, however much they write.
-- Reposts and posts of links alone never count; of a source's posts of one wording, the earliest of the period does (its key
-- breaks ties), whoever wrote the others. A wording is null where it was not told: such posts count.
WITH written AS (
  SELECT source, author, period, period_end, region, language, is_bot, answered, present, made_at, made_by,
         wording, written_at
  FROM (
    SELECT source, author, day, coalesce(region, 'unknown') AS region, language, is_bot_hint AS is_bot,
           markers_answered({scores}) AS answered, markers_present(present) AS present,
           -- The latest post's versions stand for the cell; its key breaks ties. A bot's come before everybody's.
           CASE WHEN is_bot_hint THEN ''
                ELSE concat(CAST(CAST(created_at AS BIGINT) AS VARCHAR), ' ', post_key) END AS made_at,
           concat_ws(' ', model, lexicon, code) AS made_by, wording,
           CASE WHEN wording IS NOT NULL
                THEN concat(lpad(CAST(CAST(created_at AS BIGINT) AS VARCHAR), 20, '0'), ' ', post_key) END AS written_at
    FROM posts
    WHERE day BETWEEN DATE '{first}' AND DATE '{last}' AND coalesce(wording, '') NOT IN ('repost', 'link')
  ) AS post
  JOIN asked ON asked.asked_day = post.day
),
-- Few wordings come twice, so that the set to look up stays small.
originals AS (
  SELECT source, period, period_end, wording, min(written_at) AS earliest
  FROM written
  WHERE wording IS NOT NULL
  GROUP BY source, period, period_end, wording
  HAVING count(*) > 1
),
votes AS (
  SELECT source, author, period, period_end, region, language, is_bot, answered, present, made_at, made_by
  -- In this order: the join holds its left side in memory, and the posts stream past it.
  FROM originals
  RIGHT ANTI JOIN written
    ON originals.source = written.source AND originals.period = written.period
   AND originals.period_end = written.period_end AND originals.wording = written.wording
   AND originals.earliest < written.written_at
),
by_post AS (
  SELECT source, period, period_end, coalesce(votes.region, 'all') AS region,
         coalesce(votes.language, 'all') AS language,
         bits_count(answered) FILTER (WHERE NOT is_bot) AS n_posts,
         bits_count(answered) FILTER (WHERE author IS NULL AND NOT is_bot) AS n,
         bits_count(present) FILTER (WHERE author IS NULL AND NOT is_bot) AS k,
         bits_count(answered) FILTER (WHERE author IS NULL) AS n_with_bots,
         bits_count(present) FILTER (WHERE author IS NULL) AS k_with_bots,
         bool_or(author IS NOT NULL AND NOT is_bot) AS has_authors,
         last_value(made_by ORDER BY made_at) AS made_by
  FROM votes
  GROUP BY GROUPING SETS (
    (source, period, period_end, votes.region, votes.language),
    (source, period, period_end, votes.region),
    (source, period, period_end, votes.language),
    (source, period, period_end))
),
people AS (
  SELECT source, period, period_end, author, coalesce(votes.region, 'all') AS region,
         coalesce(votes.language, 'all') AS language,
         bits_union(votes.answered) FILTER (WHERE NOT votes.is_bot) AS answered,
         bits_union(votes.present) FILTER (WHERE NOT votes.is_bot) AS present,
         bits_union(votes.answered) AS answered_with_bots, bits_union(votes.present) AS present_with_bots
  FROM votes
  WHERE author IS NOT NULL
  GROUP BY GROUPING SETS (
    (source, period, period_end, author, votes.region, votes.language),
    (source, period, period_end, author, votes.region),
    (source, period, period_end, author, votes.language),
    (source, period, period_end, author))
),
by_author AS (
  SELECT source, period, period_end, region, language, bits_count(answered) AS n, bits_count(present) AS k,
         bits_count(answered_with_bots) AS n_with_bots, bits_count(present_with_bots) AS k_with_bots
  FROM people
  GROUP BY source, period, period_end, region, language
)
SELECT by_post.source, by_post.period, by_post.period_end, by_post.region, by_post.language,
       by_post.n_posts, by_post.n AS n_of_posts, by_post.k AS k_of_posts,
       by_author.n AS n_of_authors, by_author.k AS k_of_authors,
       by_post.n_with_bots AS n_of_posts_with_bots, by_post.k_with_bots AS k_of_posts_with_bots,
       by_author.n_with_bots AS n_of_authors_with_bots, by_author.k_with_bots AS k_of_authors_with_bots,
       has_authors, made_by
FROM by_post
LEFT JOIN by_author
  ON by_author.source = by_post.source AND by_author.period = by_post.period
 AND by_author.period_end = by_post.period_end AND by_author.region = by_post.region
 AND by_author.language = by_post.language
ORDER BY by_post.source, by_post.region, by_post.language, by_post.period, by_post.period_end
