-- The latest issue of every origin's forecast. Internal: read by the look back at what was forecast.
SELECT source, region, language, marker, period, model_id, origin, horizon_days, target, quantiles, issued_at,
       ranks
FROM (
  SELECT *, rank() OVER (
    PARTITION BY source, region, language, marker, period, model_id, origin ORDER BY issued_at DESC) AS age
  FROM forecasts
)
WHERE age = 1
