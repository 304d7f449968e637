-- The latest issue of every series' and model's latest origin. Read by the doors, the alert role, and people.
SELECT source, region, language, marker, period, model_id, origin, horizon_days, target, quantiles, issued_at,
       ranks
FROM (
  SELECT *, rank() OVER (
    PARTITION BY source, region, language, marker, period, model_id ORDER BY origin DESC, issued_at DESC) AS age
  FROM forecasts
)
WHERE age = 1
