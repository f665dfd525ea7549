"""A drawn table of borrowers: the columns of Give Me Some Credit, for where that is not at hand.

Nothing in it comes from real borrowers: parameters of single columns are near the real ones. It has
what makes the real table hard: spikes and heavy tails, codes among counts, debt ratios that mean
another thing where the income is missing, and few delinquents, whom no column tells alone.
"""

import numpy as np
import pandas as pd

from genjax.errors import InputError

TARGET = "SeriousDlqin2yrs"
LATE = (
    "NumberOfTime30-59DaysPastDueNotWorse",
    "NumberOfTimes90DaysLate",
    "NumberOfTime60-89DaysPastDueNotWorse",
)
COLUMNS = (
    "RevolvingUtilizationOfUnsecuredLines",
    "age",
    LATE[0],
    "DebtRatio",
    "MonthlyIncome",
    "NumberOfOpenCreditLinesAndLoans",
    LATE[1],
    "NumberRealEstateLoansOrLines",
    LATE[2],
    "NumberOfDependents",
)
_FULL = 0.9999999  # a limit that is used up
_INTERCEPT = -4.635  # of the log odds, so that 6.7 % are delinquent
_OF_CODES = 0.55  # probability of delinquency where the counts are codes


def draw_credit(n: int = 30_000, *, seed: int = 0) -> pd.DataFrame:
    """Return drawn borrowers: `TARGET` and `COLUMNS`, as the real file has them.

    Two hidden numbers join the columns of a borrower: strain, which falls with age, raises the
    utilization and the counts of late payments; wealth raises the income and the counts of loans.
    A borrower is delinquent with a probability whose logarithmic odds are a sum of terms in the
    columns, so that a logistic regression on the columns' ranks has an AUC of about .85.
    Two seeds are two samples of one distribution.

    Args:
        n: rows, 1 or more.
        seed: the same one gives the same table; its rows depend on n, too.

    Returns:
        (n, 11). MonthlyIncome is missing in 20 % of the rows, where DebtRatio is the debt itself,
        an integer; NumberOfDependents in 13 % of these. The three counts of late payments are 98,
        or 96, in .2 % of the rows, and age is 0 in .01 %.

    Raises:
        InputError: n out of its range.

    Example:
        >>> table = draw_credit(1000)
        >>> table.shape, bool(table["MonthlyIncome"].isna().any()), int(table["age"].isna().sum())
        ((1000, 11), True, 0)
    """
    if n < 1:
        raise InputError(f"draw 1 or more borrowers, not {n}")
    rng = np.random.default_rng(seed)
    age = np.round(21 + 88 * rng.beta(2.5, 4.5, n))
    strain = -0.35 * (age - 52) / 15 + 0.94 * rng.standard_normal(n)
    wealth = 0.15 * (age - 52) / 15 + rng.standard_normal(n)
    used = _draw_utilization(rng, strain)
    late = _draw_late(rng, strain)
    # Gamma rates make the counts wider than Poisson's.
    lines = rng.poisson(8.2 * np.exp(0.22 * wealth - 0.02) * rng.gamma(5, 1 / 5, n))
    estate = rng.poisson(1.05 * np.exp(0.35 * wealth - 0.06) * np.sqrt(lines / 8))
    estate += (rng.random(n) < 0.001) * rng.geometric(0.1, n)
    income, ratio, dependents = _draw_budget(rng, age, wealth, estate)

    odds = _INTERCEPT + 2.6 * np.minimum(used, 1.2) - 0.02 * (age - 52)
    odds += 1.05 * np.log1p(late[0]) + 1.7 * np.log1p(late[1]) + 1.35 * np.log1p(late[2])
    odds += -0.15 * wealth + 0.12 * np.maximum(estate - 1, 0) + 0.07 * np.nan_to_num(dependents)
    coded = rng.random(n) < 0.0019
    chance = np.where(coded, _OF_CODES, 1 / (1 + np.exp(-odds)))
    delinquent = rng.random(n) < chance
    late = np.where(coded, np.where(rng.random(n) < 0.03, 96, 98), late)
    age[rng.random(n) < 1e-4] = 0

    columns = (used, age, late[0], ratio, income, lines, late[1], estate, late[2], dependents)
    named = {TARGET: delinquent, **dict(zip(COLUMNS, columns, strict=True))}
    counts = [TARGET, "age", *(name for name in COLUMNS[:-1] if name.startswith("Number"))]
    return pd.DataFrame(named).astype(dict.fromkeys(counts, np.int64))


def _draw_utilization(rng: np.random.Generator, strain: np.ndarray) -> np.ndarray:
    """Return shares of the limits that are used: of none, of all, and far above for a few."""
    n = len(strain)
    level = 0.8 * strain + 0.6 * rng.standard_normal(n)
    used = 1 / (1 + np.exp(1.7 - 2.6 * level))
    used[rng.random(n) < 0.072] = 0
    top = level + 0.5 * rng.standard_normal(n) > 1.5
    used[top] = np.where(rng.random(n) < 0.75, _FULL, 1 + rng.exponential(0.25, n))[top]
    amount = rng.random(n) < 0.0016  # a balance that no limit divided
    used[amount] = np.round(np.exp(rng.normal(7, 1, n)))[amount]
    return np.round(used, 9)


def _draw_late(rng: np.random.Generator, strain: np.ndarray) -> np.ndarray:
    """Return counts of payments 30 to 59, 90 and more, and 60 to 89 days late: (3, n)."""
    habit = 0.7 * strain + 0.714 * rng.standard_normal(len(strain))
    level, steepness = np.array([[-2.5], [-4.5], [-4.4]]), np.array([[1.4], [2.0], [1.8]])
    # No one is late more often than the months allow.
    return np.minimum(rng.poisson(np.exp(level + steepness * habit)), 17)


def _draw_budget(
    rng: np.random.Generator, age: np.ndarray, wealth: np.ndarray, estate: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return incomes, debt ratios and numbers of dependents, (n,) each; missing ones are NaN."""
    n = len(age)
    earned = 5400 * np.exp(0.5 * wealth + 0.4 * rng.standard_normal(n))
    earned *= np.where(rng.random(n) < 0.002, 1 + rng.pareto(1.2, n), 1)
    # Many people name a round number.
    unit = rng.choice([500, 100, 1], size=n, p=[0.25, 0.25, 0.5])
    income = np.round(earned / unit) * unit
    income = np.where(rng.random(n) < 0.019, rng.random(n) < 0.27, income)  # none, or 1
    missing = rng.random(n) < 0.2

    share = np.exp(-1.6 + 0.35 * np.minimum(estate, 3) + 0.65 * rng.standard_normal(n))
    share *= np.where(rng.random(n) < 0.0005, 1 + rng.pareto(1.2, n), 1)
    # The poor owe a larger part, the rich a smaller one.
    debt = np.round(share * earned**0.7 * 5400**0.3)
    debt[rng.random(n) < np.where(estate == 0, 0.1, 0.01)] = 0
    ratio = np.where(missing, debt, np.round(debt / (income + 1), 9))

    family = rng.random(n) < 0.12 + 0.62 * np.exp(-(((age - 43) / 17) ** 2))
    dependents = (family * rng.poisson(1.5, n)).astype(np.float64)
    dependents[missing & (rng.random(n) < 0.13)] = np.nan
    return np.where(missing, np.nan, income), ratio, dependents
