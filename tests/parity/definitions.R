# Worked examples of detectors that have no implementation to compare with here, from their definitions, in base R:
# ears_t_reweighted (epitweetr user documentation, annex I) and the ESSENCE switch (Burkom 2007; constants as in CDC's
# Rnssp, Apache-2.0). Linear models are R's own, so nothing is shared with the Rust code.
# From the repository's root: Rscript tests/parity/definitions.R
golden <- "libs/surveillance/tests/golden"
suppressMessages(library(surveillance))
source("tests/parity/series.R")
series <- make_series()
daily <- Filter(function(one) one$kind == "day" && length(one$counts) == 130, series)

reweighted <- function(y, today, alpha, alpha_outlier, decay) {
  n <- length(y)
  without <- vapply(seq_len(n), function(i) sd(y[-i]), 0)
  r <- (y - mean(y)) / (without * sqrt(1 - 1 / n))
  # No residual and no variance: no outlier.
  r[is.nan(r)] <- 0
  threshold <- qt(1 - alpha_outlier, n - 2)
  w <- ifelse(r > threshold, (threshold / r)^decay, 1)
  w <- n * w / sum(w)
  fit <- lm(y ~ 1, weights = w)
  mean <- unname(coef(fit))
  s <- sqrt(sum(w * (y - mean)^2) / (n - 1)) * sqrt(1 + 1 / n)
  c(mean, mean + qt(1 - alpha, n - 1) * s, pt((today - mean) / s, n - 1, lower.tail = FALSE))
}

rows <- list()
for (name in setdiff(names(daily), c("d_zeros", "d_constant"))) {
  y <- daily[[name]]$counts
  for (setting in c("default", "weekday", "steep")) {
    for (t in 71:130) {
      past <- if (setting == "weekday") t - 7 * (1:7) else t - (1:(if (setting == "steep") 10 else 7))
      alpha <- if (setting == "steep") 0.05 / 8 else 0.025
      said <- reweighted(y[past], y[t], alpha, if (setting == "steep") 0.2 else 0.05, if (setting == "steep") 2 else 4)
      rows[[length(rows) + 1]] <- data.frame(series = name, setting = setting, index = t - 1L,
        expected = said[1], upper = said[2], p = said[3])
    }
  }
}
write_golden("reweighted", "ears_t_reweighted from its definition.", do.call(rbind, rows),
  c("series", "setting"))

switch_series <- function(y, guard = 2, longest = 28, shortest = 11) {
  weekday <- factor(seq_along(y) %% 7)
  weights <- c(0.4, 0.9)
  z <- rep(y[1], 2)
  said <- matrix(NA, length(y), 3)
  for (t in seq_along(y)) {
    z <- weights * y[t] + (1 - weights) * z
    known <- seq_len(max(0, t - guard - 1))
    known <- tail(known, longest)
    B <- length(known)
    if (B < shortest) next
    # Averages.
    red <- qt(0.99, B - 1)
    yellow <- qt(0.95, B - 1)
    rest <- 1 - weights
    correction <- sqrt(weights / (2 - weights) + 1 / B - 2 * rest^(guard + 1) * (1 - rest^B) / B)
    constant <- (0.1289 - (0.2414 - 0.1826 * rest^4) * log(10 * 0.05)) * weights / yellow
    floor <- weights / yellow * (1 + 0.5 * rest^2)
    error <- pmax(floor, sd(y[known]) * correction + constant)
    m <- mean(y[known])
    statistic <- (z - m) / error
    z <- ifelse(abs(statistic) > red, m + sign(statistic) * red * error, z)
    said[t, ] <- c(m, pt(max(statistic), B - 1, lower.tail = FALSE), 0)
    # Regression.
    past <- data.frame(y = y[known], day = known, weekday = weekday[known])
    fit <- lm(y ~ day + weekday, past)
    r2 <- suppressWarnings(summary(fit)$adj.r.squared)
    if (is.finite(r2) && r2 >= 0.6) {
      ahead <- predict(fit, data.frame(day = t, weekday = weekday[t]), se.fit = TRUE)
      df <- fit$df.residual
      error <- max(sqrt(ahead$se.fit^2 + ahead$residual.scale^2), 1.01 / qt(0.95, df))
      m <- max(0, ahead$fit)
      said[t, ] <- c(m, pt((y[t] - m) / error, df, lower.tail = FALSE), 1)
    }
  }
  said
}

rows <- list()
for (name in names(daily)) {
  said <- switch_series(daily[[name]]$counts)
  rows[[length(rows) + 1]] <- data.frame(series = name, index = seq_len(nrow(said)) - 1L, expected = said[, 1],
    p = said[, 2], regression = as.integer(said[, 3]))
}
write_golden("switch", "The ESSENCE switch from its definition.", do.call(rbind, rows), "series")
