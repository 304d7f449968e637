# Runs the detectors of the R package surveillance over the series of series.R and writes what they say.
# From the repository's root: Rscript tests/parity/surveillance.R
suppressMessages(library(surveillance))
golden <- "libs/surveillance/tests/golden"
source("tests/parity/series.R")
series <- make_series()

lines <- do.call(rbind, lapply(names(series), function(name) {
  one <- series[[name]]
  total <- if (is.null(one$total)) rep(NA_integer_, length(one$counts)) else as.integer(one$total)
  data.frame(series = name, kind = one$kind, first = format(first_day[[one$kind]]),
    index = seq_along(one$counts) - 1L, count = as.integer(one$counts), total = total)
}))
write_golden("series", "The series.", lines, c("series", "kind", "first"))

as_sts <- function(one, dates = FALSE) {
  frequency <- if (one$kind == "day") 365 else 52
  population <- matrix(if (is.null(one$total)) rep(1, length(one$counts)) else one$total, ncol = 1)
  counts <- matrix(one$counts, ncol = 1)
  if (!dates) {
    return(sts(observed = counts, frequency = frequency, start = c(2014, 1), population = population))
  }
  step <- if (one$kind == "day") 1 else 7
  epoch <- seq(first_day[[one$kind]], by = step, length.out = length(one$counts))
  sts(observed = counts, frequency = frequency, epoch = epoch, population = population)
}

# EARS: all three methods, plus a long baseline with a floor of the standard deviation.
ears <- list()
for (name in setdiff(names(series), "d_years")) {
  observed <- as_sts(series[[name]])
  last <- nrow(observed)
  first <- if (last > 200) last - 59 else 20
  for (method in c("C1", "C2", "C3")) {
    for (setting in c("default", "floor")) {
      control <- list(range = first:last, method = method)
      if (setting == "floor") control <- c(control, list(baseline = 9, minSigma = 0.5, alpha = 0.01))
      judged <- suppressWarnings(earsC(observed, control))
      ears[[length(ears) + 1]] <- data.frame(series = name, method = method, setting = setting,
        index = (first:last) - 1L, upper = as.double(upperbound(judged)), alarm = as.integer(alarms(judged)))
    }
  }
}
write_golden("ears", "earsC.", do.call(rbind, ears), c("series", "method", "setting"))

# CUSUM: every transformation, calibrated on what lies before the range.
cusums <- list()
for (name in setdiff(names(series), c("d_years", "d_zeros", "w_late_start"))) { # nothing to calibrate on
  counts <- series[[name]]$counts
  range <- 81:130
  for (transformation in c("standard", "rossi", "anscombe", "anscombe2nd", "pearsonNegBin")) {
    data <- structure(list(observed = counts, state = 0 * counts, freq = 52, start = c(2014, 1)), class = "disProg")
    judged <- algo.cusum(data, list(range = range, k = 1.04, h = 2.26, m = NULL, trans = transformation, alpha = 0.1))
    cusums[[length(cusums) + 1]] <- data.frame(series = name, transformation = transformation, index = range - 1L,
      cusum = as.double(judged$cusum), upper = as.double(judged$upperbound), alarm = as.integer(judged$alarm))
  }
}
write_golden("cusum", "cusum.", do.call(rbind, cusums), c("series", "transformation"))

# Farrington Flexible: settings that differ in every switch there is.
improved <- list(noPeriods = 10, pastWeeksNotIncluded = 26, pThresholdTrend = 1)
settings <- list(
  default = list(),
  improved = improved,
  plugin = c(improved, thresholdMethod = "nbPlugin"),
  muan = c(improved, thresholdMethod = "muan"),
  short = list(b = 3, w = 2, noPeriods = 4, reweight = FALSE, alpha = 0.01),
  two_years = list(b = 2, w = 4, noPeriods = 7, pastWeeksNotIncluded = 0, weightsThreshold = 1, limit54 = c(3, 2)),
  level = list(trend = FALSE, weightsThreshold = 1),
  rate = list(populationOffset = TRUE),
  rate_improved = c(improved, populationOffset = TRUE, thresholdMethod = "nbPlugin"),
  calendar = c(improved, dates = TRUE),
  days = list(b = 3, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26, pThresholdTrend = 1, dates = TRUE)
)
farrington <- list()
for (name in names(series)) {
  for (setting in names(settings)) {
    one <- series[[name]]
    control <- settings[[setting]]
    daily <- setting == "days"
    if (daily != (name == "d_years") || (!daily && one$kind == "day")) next
    if (startsWith(setting, "rate") && is.null(one$total)) next
    observed <- as_sts(one, dates = isTRUE(control$dates))
    control$dates <- NULL
    range <- (nrow(observed) - (if (daily) 19 else 29)):nrow(observed)
    judged <- suppressWarnings(farringtonFlexible(observed, c(list(range = range, glmWarnings = FALSE), control)))
    said <- judged@control
    farrington[[length(farrington) + 1]] <- data.frame(series = name, setting = setting, index = range - 1L,
      expected = as.double(said$expected), upper = as.double(upperbound(judged)), score = as.double(said$score),
      p = as.double(said$pvalue), alarm = as.integer(alarms(judged)))
  }
}
write_golden("farrington", "farringtonFlexible.", do.call(rbind, farrington), c("series", "setting"))

# Run lengths of CUSUM charts on binomial counts that are compared with k, by the exact chain on their lattice.
charts <- list(c(50, 0.10, 6.3, 5.2), c(200, 0.05, 12.4, 9.6), c(400, 0.02, 9.7, 12.1))
runs <- do.call(rbind, lapply(charts, function(x) {
  run <- arlCusum(h = x[4], k = x[3], theta = x[2], distr = "binomial", digits = 1, n = x[1])
  data.frame(n = as.integer(x[1]), p0 = x[2], k = x[3], h = x[4], index = 0L, run_length = run$ARL)
}))
write_golden("run_length", "arlCusum.", runs, c("n", "p0", "k", "h"))
