-- One row per source, day, author, region and language, with the markers present and answered.
-- Read by people; the prevalence query joins an author's posts over a whole period in the same way, and leaves out copies,
-- too, which only a period can tell.
SELECT source, day, author, region, language, count(*) AS n_posts,
       marker_names(bits_union(present)) AS present, marker_names(bits_union(answered)) AS answered
FROM (
  SELECT source, day, author, region, language, markers_present(present) AS present,
         markers_answered({scores}) AS answered
  FROM annotated
  WHERE author IS NOT NULL AND NOT is_bot_hint AND coalesce(wording, '') NOT IN ('repost', 'link')
)
GROUP BY source, day, author, region, language
