# The series that all detectors are compared on: Poisson and negative binomial counts with trend, season, weekday,
# zeros and outbreaks, made by the random numbers of a named generator. Nobody's data.
RNGkind("Mersenne-Twister", "Inversion", "Rejection")

outbreak <- function(counts, at, extra) {
  counts[at] <- counts[at] + extra
  counts
}

make_series <- function() {
  set.seed(20240229)
  weeks <- 1:420
  season <- function(height) height * sin(2 * pi * weeks / 52.18)
  days <- 1:130
  weekday <- rep(c(1, 1.1, 1.05, 1, 1.2, 0.6, 0.5), length.out = 130)
  weekly <- function(counts, total = NULL) list(kind = "isoweek", counts = counts, total = total)
  daily <- function(counts, total = NULL) list(kind = "day", counts = counts, total = total)
  growing <- round(20000 * exp(0.003 * weeks))
  swinging <- round(8000 * exp(0.3 * sin(weeks / 9)))
  busy <- round(5000 * weekday)
  series <- list(
    w_poisson = weekly(rpois(420, 25)),
    w_season = weekly(rpois(420, 40 * exp(season(0.5)))),
    w_trend = weekly(rpois(420, 15 * exp(0.004 * weeks))),
    w_falling = weekly(rpois(420, 60 * exp(-0.005 * weeks))),
    w_overdispersed = weekly(rnbinom(420, mu = 30 * exp(season(0.4) + 0.001 * weeks), size = 4)),
    w_sparse = weekly(rpois(420, 0.7)),
    w_very_sparse = weekly(rpois(420, 0.05)),
    w_half_zero = weekly(ifelse(weeks %% 52 < 26, 0, rpois(420, 12))),
    w_outbreaks = weekly(outbreak(rnbinom(420, mu = 20, size = 10), c(100:105, 210:213, 322:326, 405:408), 60)),
    w_large = weekly(rnbinom(420, mu = 9000 * exp(season(0.2)), size = 50)),
    w_growing_feed = weekly(rbinom(420, growing, 0.004), growing),
    w_swinging_feed = weekly(outbreak(rbinom(420, swinging, 0.02 * exp(season(0.2))), 400:404, 90), swinging),
    d_poisson = daily(rpois(130, 12)),
    d_weekday = daily(rpois(130, 80 * weekday)),
    d_weekday_strong = daily(rpois(130, 900 * weekday)),
    d_trend = daily(rpois(130, 10 * exp(0.015 * days))),
    d_overdispersed = daily(rnbinom(130, mu = 25, size = 3)),
    d_sparse = daily(rpois(130, 0.4)),
    d_zeros = daily(outbreak(rep(0, 130), c(60, 61, 90), c(1, 4, 2))),
    d_constant = daily(outbreak(rep(7, 130), c(70, 100:103), c(3, 5, 6, 7, 8))),
    d_outbreak = daily(outbreak(rpois(130, 20 * weekday), 95:101, c(10, 20, 40, 60, 40, 20, 10))),
    d_level_shift = daily(rpois(130, ifelse(days > 80, 30, 15))),
    d_feed = daily(rbinom(130, busy, 0.03), busy),
    d_feed_outbreak = daily(outbreak(rbinom(130, busy, 0.03), 90:94, 60), busy)
  )
  long <- 1:1300
  series$d_years <- daily(rnbinom(1300, mu = 30 * exp(0.4 * sin(2 * pi * long / 365.25)), size = 8))
  twice <- 0.3 * sin(4 * pi * weeks / 52.18)
  shrinking <- round(30000 * exp(-0.004 * weeks))
  c(series, list(
    w_two_seasons = weekly(rpois(420, 35 * exp(season(0.3) + twice))),
    w_season_trend = weekly(rpois(420, 20 * exp(season(0.4) + 0.003 * weeks))),
    w_level_shift = weekly(rpois(420, ifelse(weeks > 250, 45, 25))),
    w_drop = weekly(rpois(420, ifelse(weeks %in% 380:392, 4, 30))),
    w_late_start = weekly(ifelse(weeks < 120, 0, rpois(420, 18))),
    w_wild = weekly(rnbinom(420, mu = 50 * exp(season(0.6)), size = 1.2)),
    w_small_feed = weekly(rbinom(420, 300, 0.03), rep(300, 420)),
    w_shrinking_feed = weekly(outbreak(rbinom(420, shrinking, 0.006 * exp(season(0.3))), 396:401, 70), shrinking)
  ))
}

# The first day of each series: weeks start on Monday; 2012, 2016 and 2020 are leap years, 2015 and 2020 have 53 weeks.
first_day <- c(isoweek = as.Date("2013-12-30"), day = as.Date("2019-09-02"))

# One line per group of `by`: the first index, and every other column as its values in order, separated by spaces.
write_golden <- function(name, what, table, by) {
  digits <- function(x) if (is.double(x)) formatC(x, digits = 12, format = "g", width = 1) else x
  number <- function(x) ifelse(is.na(x), "NA", digits(x))
  group <- interaction(table[by], drop = TRUE, lex.order = FALSE)
  lines <- lapply(split(table, factor(group, unique(group))), function(part) {
    rest <- setdiff(names(part), c(by, "index"))
    stopifnot(all(diff(part$index) == 1))
    joined <- vapply(part[rest], function(column) paste(number(column), collapse = " "), "")
    paste(c(unlist(part[1, by]), part$index[1], joined), collapse = ",")
  })
  made <- paste0("# ", what, " Made by tests/parity with ", R.version.string, ", surveillance ",
    packageVersion("surveillance"), ".")
  columns <- paste(c(by, "index", setdiff(names(table), c(by, "index"))), collapse = ",")
  writeLines(c(made, columns, unlist(lines)), file.path(golden, paste0(name, ".csv")))
}
