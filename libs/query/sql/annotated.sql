-- The latest revision of every post that is not deleted, without wall-clock readings.
-- Read by the prevalence query, author_days, feed_health, and people.
-- {scores} is the list of score columns.
SELECT e.post_key, e.source, e.run_id, e.day, e.created_at, e.author, e.region, e.language, e.community,
       e.n_tokens, e.is_bot_hint, e.revision, e.present, e.model, e.lexicon, e.code, e.wording{scores}
FROM events AS e
WHERE e.disposition = 'accepted'
  AND e.operation IN ('create', 'update')
  -- Few posts are ever edited or deleted, so that the set to look up stays small.
  AND NOT EXISTS (
    SELECT 1 FROM (
      SELECT post_key, max(revision) AS latest FROM events
      WHERE disposition = 'accepted' AND revision > 0 GROUP BY post_key
    ) AS superseded
    WHERE superseded.post_key = e.post_key AND superseded.latest > e.revision)
  -- An author's deletion covers what was written until then, whichever of the two was read first.
  AND NOT EXISTS (
    SELECT 1 FROM (
      SELECT source, author, max(created_at) AS until FROM events
      WHERE disposition = 'accepted' AND operation = 'delete_author' GROUP BY source, author
    ) AS erased
    WHERE erased.source = e.source AND erased.author = e.author AND erased.until >= e.created_at)
